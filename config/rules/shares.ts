/** NFS exports and Samba shares. */
export { nfsExports } from "./nfs";
export { samba } from "./samba";
