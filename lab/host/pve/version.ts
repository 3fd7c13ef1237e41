/** Versions of Proxmox VE that the lab's messages were recorded on. */
export const VERSIONS = { 9: "9.2.11", 8: "8.4.21" } as const;
