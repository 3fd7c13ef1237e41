/** How well pools are: states of disks, vdevs and pools, as `zpool status` and `zpool import` tell them. */
import { isLost } from "../../faults/lostDisks";
import type { Machine } from "../../types";
import type { Leaf, Pool, Vdev } from "./state";

export type Health = "ONLINE" | "DEGRADED" | "OFFLINE" | "REMOVED" | "UNAVAIL" | "SUSPENDED";

export function leafHealth(machine: Machine, leaf: Leaf): Health {
  if (leaf.gone || leaf.absent) return "UNAVAIL";
  if (isLost(machine, leaf.device)) return "REMOVED";
  return leaf.offline ? "OFFLINE" : "ONLINE";
}

/** Disks that a vdev can lose. */
function spare({ type, leaves }: Vdev): number {
  if (type === "disk") return 0;
  return type === "mirror" ? leaves.length - 1 : Number(type.slice(-1));
}

export function vdevHealth(machine: Machine, vdev: Vdev): Health {
  const bad = vdev.leaves.filter((leaf) => leafHealth(machine, leaf) !== "ONLINE").length;
  if (bad === 0) return "ONLINE";
  return bad <= spare(vdev) ? "DEGRADED" : "UNAVAIL";
}

/** State of a pool; one in use that lost too much is suspended, one that is not cannot be imported. */
export function poolHealth(machine: Machine, pool: Pool): Health {
  const all = pool.vdevs.map((vdev) => vdevHealth(machine, vdev));
  if (all.includes("UNAVAIL")) return pool.state === "ACTIVE" ? "SUSPENDED" : "UNAVAIL";
  return all.includes("DEGRADED") ? "DEGRADED" : "ONLINE";
}

/** Why a pool is not well (libzfs_status.c), and what `zpool status` says about it (zpool_main.c). */
export interface Reason {
  status: string;
  action: string;
  /** Page of the message. */
  id?: string;
}

export function reasonOf(machine: Machine, pool: Pool): Reason | undefined {
  const states = pool.vdevs.flatMap((vdev) => vdev.leaves.map((leaf) => leafHealth(machine, leaf)));
  if (poolHealth(machine, pool) === "SUSPENDED") {
    return {
      status: "One or more devices are faulted in response to IO failures.",
      action: "Make sure the affected devices are connected, then run 'zpool clear'.",
      id: "ZFS-8000-HC",
    };
  }
  if (states.includes("UNAVAIL")) {
    return {
      status:
        "One or more devices could not be opened.  Sufficient replicas exist for\n\tthe pool to continue functioning in a degraded state.",
      action: "Attach the missing device and online it using 'zpool online'.",
      id: "ZFS-8000-2Q",
    };
  }
  if (states.includes("REMOVED")) {
    return {
      status:
        "One or more devices have been removed.\n\tSufficient replicas exist for the pool to continue functioning in a\n\tdegraded state.",
      action: "Online the device using zpool online' or replace the device with\n\t'zpool replace'.",
    };
  }
  if (states.includes("OFFLINE")) {
    return {
      status:
        "One or more devices has been taken offline by the administrator.\n\tSufficient replicas exist for the pool to continue functioning in a\n\tdegraded state.",
      action: "Online the device using 'zpool online' or replace the device with\n\t'zpool replace'.",
    };
  }
  return undefined;
}

/** The same for `zpool import`. */
export function importReason(machine: Machine, pool: Pool): Reason {
  const byName = "The pool can be imported using its name or numeric identifier.";
  if (pool.state === "ELSEWHERE") {
    return {
      status: "The pool was last accessed by another system.",
      action: "The pool can be imported using its name or numeric identifier and\n\tthe '-f' flag.",
      id: "ZFS-8000-EY",
    };
  }
  switch (poolHealth(machine, pool)) {
    case "DEGRADED":
      return {
        status: "One or more devices are missing from the system.",
        action:
          "The pool can be imported despite missing or damaged devices.  The\n\tfault tolerance of the pool may be compromised if imported.",
        id: "ZFS-8000-2Q",
      };
    case "UNAVAIL":
      return {
        status: "One or more devices are missing from the system.",
        action: "The pool cannot be imported. Attach the missing\n\tdevices and try again.",
        id: "ZFS-8000-3C",
      };
    default:
      return { status: "", action: byName };
  }
}

/** A disk's number when its name says nothing. */
export function leafGuid(leaf: Leaf, pool: Pool): string {
  return leaf.guid ?? pool.guid;
}
