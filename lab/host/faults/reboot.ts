/** The parts of a reset of the machine: everything that runs ends, what is in memory is gone. */
import { mkdirSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { killWorkers } from "../machine/workers";

/** Kills every process of the host but the daemon and the first one. */
export function powerOff(): void {
  // The machine's /proc counts otherwise than we do just when we have process numbers of our own.
  if (Number(readlinkSync("/proc/self")) === process.pid)
    throw new Error("the daemon is not in a process namespace of its own: nothing was killed");
  killWorkers();
  try {
    process.kill(-1, "SIGKILL");
  } catch (error) {
    // Nothing but the daemon and the first process runs.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** What lies in memory is gone; the daemon's own folder stays. */
export function clearMemory(root: string): void {
  for (const folder of ["run", "tmp"]) {
    for (const name of readdirSync(join(root, folder))) {
      if (name !== "phoenix-lab") rmSync(join(root, folder, name), { recursive: true, force: true });
    }
  }
  mkdirSync(join(root, "run/lock/lxc"), { recursive: true });
}
