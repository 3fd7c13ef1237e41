import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { UserError } from "../errors";
import type { Backend } from "./backend";
import { readIfPresent, writeAtomically } from "./files";

interface LockContent {
  pid: number;
  username: string;
  hostname: string;
  timestamp: string;
}

export interface Lock {
  release(): void;
}

/**
 * Takes the stack's lock, in the form Pulumi's own file backend writes and honours.
 * One left behind by a process of this machine that is gone is taken over, with a warning.
 * @throws UserError naming the holders, in Pulumi's wording.
 */
export function takeLock(backend: Backend, stack: string, warn: (message: string) => void): Lock {
  const dir = backend.lockDir(stack);
  const path = join(dir, `${randomUUID()}.json`);
  for (const [other, content] of others(dir, path)) {
    if (content.hostname !== hostname() || isHeld(content)) continue;
    warn(
      `taking over the lock of ${content.username}@${content.hostname} (pid ${content.pid}) ` +
        `at ${content.timestamp}: that process is gone`,
    );
    rmSync(other, { force: true });
  }
  refuseIfLocked(backend, dir, path);
  const mine: LockContent = {
    pid: process.pid,
    username: userInfo().username,
    hostname: hostname(),
    timestamp: new Date().toISOString(),
  };
  writeAtomically(path, JSON.stringify(mine));
  try {
    refuseIfLocked(backend, dir, path);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
  const release = (): void => rmSync(path, { force: true });
  // The second interrupt ends the process where it stands.
  process.once("exit", release);
  return { release };
}

/** `pulumi cancel`: removes every lock and says how many there were. */
export function removeLocks(backend: Backend, stack: string): number {
  const found = others(backend.lockDir(stack), "");
  for (const [path] of found) rmSync(path, { force: true });
  return found.length;
}

function refuseIfLocked(backend: Backend, dir: string, mine: string): void {
  const found = others(dir, mine);
  if (found.length === 0) return;
  const lines = found.map(
    ([path, c]) =>
      `\n  file://${path}: created by ${c.username}@${c.hostname} (pid ${c.pid}) at ${c.timestamp.replace(/\.\d+/, "")}`,
  );
  throw new UserError(
    `the stack is currently locked by ${found.length} lock(s). Either wait for the other process(es) to end ` +
      `or delete the lock file with \`pulumi cancel\`.${lines.join("")}`,
  );
}

function others(dir: string, mine: string): [string, LockContent][] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((f) => f.endsWith(".json") && join(dir, f) !== mine)
    .map((f): [string, LockContent] => [
      join(dir, f),
      JSON.parse(readFileSync(join(dir, f), "utf8")) as LockContent,
    ]);
}

/** Whether the process that took the lock still runs; one of its number that began later is another. */
function isHeld({ pid, timestamp }: LockContent): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const [state, began] = stateAndBeginOf(pid);
  // One that was killed keeps its number until its parent, or init, has asked for its end.
  if (state === "Z" || state === "X") return false;
  return began === undefined || began <= Date.parse(timestamp) + CLOCK_MS;
}

/** /proc counts from the boot in hundredths of a second, and the boot's time is known to the second. */
const CLOCK_MS = 2_000;

/** A process's state, and its begin in milliseconds since 1970; undefined where there is no /proc. */
function stateAndBeginOf(pid: number): [state?: string, began?: number] {
  const stat = readIfPresent(`/proc/${pid}/stat`);
  const boot = /^btime (\d+)$/m.exec(readIfPresent("/proc/stat") ?? "")?.[1];
  // The name in brackets may hold anything; the state is the first field behind it, and the begin the twentieth.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  const [state, ticks] = [fields[0], fields[19]];
  return [state, boot && ticks ? Number(boot) * 1000 + Number(ticks) * 10 : undefined];
}
