/** Settings that every step of an existing machine has. */
import type { Reported } from "../../plan/values";

export interface OfMachine {
  /** VMID of the machine: what the provider gave it. */
  vmid: number | Reported;
  /** Host name, which the machine of that VMID has. */
  name: string;
  /** Tag by which the stack knows its own guests. */
  tag: string;
}
