import { execFileSync } from "node:child_process";

/** Ids of all processes below one, itself last. */
export function family(pid: number): number[] {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const children = rows
    .map((row) => row.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid);
  return [...children.flatMap(([child]) => family(child as number)), pid];
}

/** Ends a process and everything it started, without a word; one that ended by itself is no error. */
export function killFamily(pid: number): void {
  for (const member of family(pid)) {
    try {
      process.kill(member, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
