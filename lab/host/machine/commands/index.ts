/** Stand-in commands of the machine: everything that is not Proxmox VE. */
import type { CommandTable } from "../../types";
import { packageCommands } from "../packages";
import { aptCommands } from "./apt";
import { aptStateCommands } from "./aptState";
import { diskCommands } from "./disks";
import { dpkgCommands } from "./dpkg";
import { hostCommands } from "./host";
import { journalCommands } from "./journalctl";
import { networkCommands } from "./network";
import { powerCommands } from "./power";
import { refusedCommands } from "./refused";
import { systemctlCommands } from "./systemctl";
import { timeCommands } from "./time";
import { zfsCommand } from "./zfs/zfs";
import { zpoolCommand } from "./zfs/zpool";

export const commands: CommandTable = {
  ...refusedCommands,
  ...diskCommands,
  ...hostCommands,
  ...aptCommands,
  ...aptStateCommands,
  ...dpkgCommands,
  ...journalCommands,
  ...networkCommands,
  ...powerCommands,
  ...systemctlCommands,
  ...timeCommands,
  ...packageCommands,
  zfs: { run: zfsCommand },
  zpool: { run: zpoolCommand },
};
