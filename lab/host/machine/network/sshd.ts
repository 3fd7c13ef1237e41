/** The ssh unit: while it is stopped, nobody can log in; sessions that are open stay. */
import type { Host } from "../../types";
import type { Unit } from "../packages/types";

interface Door {
  open(): Promise<void>;
  close(): void;
}

const doors = new WeakMap<Host, Door>();

/** Connects the unit with the lab's SSH server. */
export function attachDoor(host: Host, door: Door): void {
  doors.set(host, door);
}

export const sshd: Pick<Unit, "started" | "stopped"> = {
  started: (host) => doors.get(host)?.open(),
  stopped: (host) => doors.get(host)?.close(),
};
