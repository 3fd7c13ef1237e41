/** Stand-in commands of the machine: everything that is not Proxmox VE. */
import type { CommandTable } from "../../types";
import { packageCommands } from "../packages";
import { aptCommands } from "./apt";
import { aptStateCommands } from "./aptState";
import { checkCommands } from "./checks";
import { diskCommands } from "./disks";
import { downloadCommands } from "./download";
import { dpkgCommands } from "./dpkg";
import { hostCommands } from "./host";
import { journalCommands } from "./journalctl";
import { kernelCommands } from "./kernel";
import { networkCommands } from "./network";
import { powerCommands } from "./power";
import { refusedCommands } from "./refused";
import { systemctlCommands } from "./systemctl";
import { timeCommands } from "./time";
import { zfsCommand } from "./zfs/zfs";
import { zpoolCommand } from "./zfs/zpool";

export const commands: CommandTable = {
  ...refusedCommands,
  ...checkCommands,
  ...diskCommands,
  ...downloadCommands,
  ...hostCommands,
  ...aptCommands,
  ...aptStateCommands,
  ...dpkgCommands,
  ...journalCommands,
  ...kernelCommands,
  ...networkCommands,
  ...powerCommands,
  ...systemctlCommands,
  ...timeCommands,
  ...packageCommands,
  zfs: { run: zfsCommand },
  zpool: { run: zpoolCommand },
};
