/** Devices of the host for a machine: bound to vfio-pci, and mapped. */
import type { VmSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";

export interface Settings {
  /** Host name of the machine. */
  name: string;
  /** Tag by which the stack knows its own guests. */
  tag: string;
  /** The mappings that the machine uses. */
  devices: {
    /** Name of the mapping in Proxmox VE. */
    mapping: string;
    /** PCI address with domain, lower case; absent where the mapping must be there already. */
    address?: string;
  }[];
}

export const devicesStep = ({ name, passthrough }: VmSpec, tag: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { name, tag, devices: passthrough.map(({ mapping, address }) => ({ mapping, address })) },
});
