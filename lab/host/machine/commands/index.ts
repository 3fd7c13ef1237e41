/** Stand-in commands of the machine: everything that is not Proxmox VE. */
import type { CommandTable } from "../../types";
import { diskCommands } from "./disks";
import { hostCommands } from "./host";
import { packageCommands } from "./packages";
import { refusedCommands } from "./refused";
import { zfsCommand } from "./zfs/zfs";
import { zpoolCommand } from "./zfs/zpool";

export const commands: CommandTable = {
  ...refusedCommands,
  ...diskCommands,
  ...hostCommands,
  ...packageCommands,
  zfs: { run: zfsCommand },
  zpool: { run: zpoolCommand },
};
