/** Which disks of a machine are gone; in a file of its own, as the disks themselves ask it. */
import type { Machine } from "../types";

const lost = new WeakMap<Machine, Set<string>>();

/** Kernel names of the lost disks of a machine. */
export function lostDisks(machine: Machine): Set<string> {
  const found = lost.get(machine) ?? new Set();
  lost.set(machine, found);
  return found;
}

/** Whether a disk, by its kernel name, is gone. */
export const isLost = (machine: Machine, device: string): boolean => lostDisks(machine).has(device);
