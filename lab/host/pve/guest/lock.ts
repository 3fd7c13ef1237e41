/**
 * The lock of a guest's configuration. On a node it is a flock on /run/lock/lxc/pve-config-<id>.lock that
 * every command waits for. Here the daemon's own calls wait for each other in memory, and for a process
 * that holds the flock on the same file.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { flockHolder } from "../../machine/flocks";
import { held as heldByWorker, unlessKilled } from "../../machine/workers";
import { PveError } from "../errors";
import { inHost } from "../paths";
import type { Host } from "../../types";
import type { Kind } from "./config";

/** How long a command waits, in milliseconds (PVE::AbstractConfig::lock_config). */
const PATIENCE = 10_000;
const POLL = 50;

const held = new WeakMap<Host, Set<string>>();

const lockFile = (kind: Kind, vmid: number): string =>
  kind === "lxc" ? `/run/lock/lxc/pve-config-${vmid}.lock` : `/var/lock/qemu-server/lock-${vmid}.conf`;

/** Runs `work` while holding the lock; throws after 10 s of waiting. */
export async function withLock<T>(
  host: Host,
  kind: Kind,
  vmid: number,
  work: () => Promise<T> | T,
  warn: (message: string) => void = () => undefined,
): Promise<T> {
  const file = lockFile(kind, vmid);
  const path = inHost(host, file);
  const mine = held.get(host) ?? new Set();
  held.set(host, mine);
  const deadline = Date.now() + PATIENCE;
  let told = false;
  while (mine.has(file) || flockHolder(path) !== undefined) {
    if (!told) warn("trying to acquire lock...");
    told = true;
    if (Date.now() >= deadline) throw new PveError(`can't lock file '${file}' - got timeout`);
    await sleep(POLL).then(unlessKilled);
  }
  mine.add(file);
  const release = heldByWorker(() => mine.delete(file));
  try {
    mkdirSync(inHost(host, file.slice(0, file.lastIndexOf("/"))), { recursive: true });
    writeFileSync(path, "", { flag: "a" });
    return await work();
  } finally {
    release();
  }
}
