/** The first process of a lab's host, seen from the machine: its number, its work so far, its end. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Layout } from "./layout";
import { asRoot } from "./privilege";

/** The number of the host's first process, if it lives and is this lab's. */
export function firstProcess(lab: Layout): number | undefined {
  if (!existsSync(lab.pid)) return undefined;
  const pid = Number(readFileSync(lab.pid, "utf8"));
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return words.includes(lab.dir) ? pid : undefined;
  } catch {
    return undefined;
  }
}

export function kill(pid: number, signal: string): void {
  const [program, ...args] = asRoot("kill", `-${signal}`, String(pid));
  spawnSync(program, args);
}

/** CPU time of a process, of all below it and of those that they have waited for, in clock ticks of 10 ms. */
export function cpuTicks(pid: number): number {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // proc_pid_stat(5), behind the name in brackets: state, ppid, … utime, stime, cutime, cstime from the 12th on.
        const fields = readFileSync(`/proc/${name}/stat`, "utf8")
          .replace(/^.*\) /s, "")
          .split(" ");
        const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
        return [{ pid: Number(name), parent: Number(fields[1]), ticks }];
      } catch {
        return []; // It has ended meanwhile.
      }
    });
  const below = (parent: number): number =>
    processes
      .filter((found) => found.parent === parent)
      .reduce((sum, found) => sum + found.ticks + below(found.pid), 0);
  return below(pid) + (processes.find((found) => found.pid === pid)?.ticks ?? 0);
}
