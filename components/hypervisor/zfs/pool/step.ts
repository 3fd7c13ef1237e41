/** A pool. It is destroyed with the step only when it says so itself. */
import type { PoolSpec, StorageSpec } from "../../../../config/model";
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";
import { removedWith } from "../removed-with";

export interface Settings {
  /** Name of the pool. */
  name: string;
  /** Its parts, in the order of the file. */
  vdevs: {
    /** Redundancy of the part's disks. */
    raidLevel: "single" | "mirror" | "raidz1" | "raidz2" | "raidz3";
    /** Paths below /dev/disk, sorted. */
    disks: string[];
  }[];
  /** Properties of the root dataset, as zfsprops(7) has them. */
  properties: Record<string, string>;
  /** The pool's property. */
  autotrim: "on" | "off";
  /** When it is scrubbed; absent leaves the node's own job as it is. */
  scrub?: "weekly" | "monthly" | "off";
  /** Paths of disks that may be wiped when the pool has to be created, sorted; absent for none. */
  wipeDisks?: string[];
  /** Name or hostid of the system that used the pool last; absent imports none of another system's. */
  takeOverFrom?: string;
  /** Whether disks of a part may differ in size; absent for no. */
  unequalDisks?: true;
}

export function poolStep(pool: PoolSpec, storages: StorageSpec[] = []): StepBody<Settings> {
  const { destroyOnTeardown, ...settings } = pool;
  return { ...removedWith(roomScripts(__dirname), pool.name, destroyOnTeardown, storages), settings };
}
