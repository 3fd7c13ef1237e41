/** The host file of a lab's node for virtual machines: one pool, a storage for their disks and one for what they are made of. */
export function dataset(name: string, type: "zfspool" | "dir", content: string) {
  return {
    ...{ name, pool: "tank", properties: "" },
    ...{ proxmox_storage_type: type, proxmox_content_type: content },
  };
}

export const vmHost = {
  timezone: "Etc/UTC",
  initial_setup: { upgrade: "never", ufw: false },
  network: {
    interfaces: { name: "vmbr0", address: "10.0.0.13/24", gateway: "10.0.0.1", dns_nameservers: "10.0.0.1" },
    default_subnet: "10.0.0.0/24",
  },
  zfs: {
    pools: [
      {
        name: "tank",
        raid_level: "single",
        disks: ["/dev/disk/by-id/nvme-Samsung_SSD_990_EVO_Plus_4TB_S7U8NJ0Y402334Y"],
      },
    ],
    datasets: [
      dataset("guests", "zfspool", "images,rootdir"),
      dataset("library", "dir", "vztmpl,import,snippets"),
    ],
  },
};
