/** Which guests run: first processes of their namespaces, lost with the daemon as with a node's power. */
import { existsSync } from "node:fs";
import { inHost } from "../paths";
import type { GuestFile } from "../config/guest-file";
import type { Host } from "../../types";

export interface Running {
  /** First process of the guest, as the host numbers it. */
  pid: number;
  /** The process that holds the guest's mounts on the node's side, and ends with the guest. */
  monitor: number;
  /** Whether it lives in a user namespace of its own. */
  mapped: boolean;
  /** Milliseconds since the epoch. */
  since: number;
  /** A virtual machine's system, as if it were a container's configuration; a container's is read from its file. */
  shape?: GuestFile;
  /** Called once it is known to have ended. */
  ended?: () => void;
}

const states = new WeakMap<Host, Map<number, Running>>();

function of(host: Host): Map<number, Running> {
  const found = states.get(host) ?? new Map<number, Running>();
  states.set(host, found);
  return found;
}

/** The running guest, or undefined; a guest whose first process ended is stopped. */
export function running(host: Host, vmid: number): Running | undefined {
  const state = of(host).get(vmid);
  if (state === undefined) return undefined;
  if (existsSync(inHost(host, `/proc/${state.pid}`))) return state;
  setStopped(host, vmid);
  return undefined;
}

export const isRunning = (host: Host, vmid: number): boolean => running(host, vmid) !== undefined;

export function setRunning(host: Host, vmid: number, state: Running): void {
  of(host).set(vmid, state);
}

export function setStopped(host: Host, vmid: number): void {
  const state = of(host).get(vmid);
  of(host).delete(vmid);
  state?.ended?.();
}
