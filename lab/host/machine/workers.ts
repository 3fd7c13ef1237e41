/**
 * Work that can be killed in the middle, as a process on a node: a stand-in command, or a task of Proxmox VE. What is
 * killed never goes on: nothing of it is cleaned up, and what it had written stays as it was.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Host } from "../types";

/** Raised to whoever waits for work that was killed. */
export class Killed extends Error {}

interface Worker {
  /** What it works on, such as `qm snapshot 100 s1`. */
  name: string;
  killed: boolean;
  kill: () => void;
  /** What goes with the process: its flocks. */
  held: Set<() => void>;
  parent: Worker | undefined;
}

const current = new AsyncLocalStorage<Worker>();
const alive = new Set<Worker>();

/** Runs work that can be killed; rejects with Killed when it was. */
export async function asWorker<T>(name: string, work: () => Promise<T> | T): Promise<T> {
  let kill: () => void = () => undefined;
  const death = new Promise<never>((_, reject) => (kill = () => reject(new Killed(`${name}: killed`))));
  const worker: Worker = { name, killed: false, kill, held: new Set(), parent: current.getStore() };
  alive.add(worker);
  try {
    return await Promise.race([current.run(worker, async () => work()), death]);
  } finally {
    alive.delete(worker);
  }
}

/** Kills the work that asks, or, by default, everything that is under way. */
function kill(workers: Iterable<Worker>): void {
  for (const worker of [...workers]) {
    worker.killed = true;
    alive.delete(worker);
    for (const release of worker.held) release();
    worker.kill();
  }
}

/** Everything that is under way ends, as by a loss of power. */
export const killWorkers = (): void => kill(alive);

/** What the work that asks holds; `release` is called when it is killed. Answers how to let go of it before. */
export function held(release: () => void): () => void {
  const worker = current.getStore();
  worker?.held.add(release);
  return () => {
    worker?.held.delete(release);
    release();
  };
}

/** Returns where the work that asks lives, and never where it was killed. */
export function unlessKilled(): Promise<void> {
  for (let worker = current.getStore(); worker !== undefined; worker = worker.parent)
    if (worker.killed) return new Promise(() => undefined);
  return Promise.resolve();
}

/**
 * Makes work on a host killable: where time passes and where programs run.
 *
 * @param struck whether a fault kills the work at this point, `qm snapshot 100 s1`
 */
export function makeMortal(host: Host, struck: (text: string) => boolean): void {
  const latency = host.latency.bind(host);
  const run = host.run.bind(host);
  Object.assign(host, {
    async latency(operation: string) {
      const worker = current.getStore();
      if (worker && alive.has(worker) && struck(`${operation} ${worker.name}`)) kill([worker]);
      await unlessKilled();
      await latency(operation);
      await unlessKilled();
    },
    async run(...call: Parameters<Host["run"]>) {
      await unlessKilled();
      const finished = await run(...call);
      await unlessKilled();
      return finished;
    },
  } satisfies Partial<Host>);
}
