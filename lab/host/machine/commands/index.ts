/** Stand-in commands of the machine: everything that is not Proxmox VE. */
import type { CommandTable } from "../../types";

export const commands: CommandTable = {};
