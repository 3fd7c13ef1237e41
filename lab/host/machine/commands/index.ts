/** Stand-in commands of the machine: everything that is not Proxmox VE. */
import type { CommandTable } from "../../types";
import { zfsCommand } from "./zfs/zfs";
import { zpoolCommand } from "./zfs/zpool";

export const commands: CommandTable = {
  zfs: { run: zfsCommand },
  zpool: { run: zpoolCommand },
};
