import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { UserError } from "../errors";
import type { Backend } from "./backend";
import { writeAtomically } from "./files";

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
    if (content.hostname !== hostname() || isAlive(content.pid)) continue;
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
  return { release: () => rmSync(path, { force: true }) };
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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
