/** Starts, stops and asks a lab's host: what `lab` does, for its command line and for tests. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { faultsFile } from "./faults/book";
import type { Entry, Fault } from "./faults/types";
import { launch, type Launched, PortsTaken } from "./launch";
import { ask } from "./machine/controlSocket";
import { enterHost, enteringHost } from "./machine/enter";
import { firstProcess, kill } from "./machine/firstProcess";
import { ensureKeys, readKeys } from "./machine/keys";
import { type Layout, layout } from "./machine/layout";
import { defaultMachine, readMachine } from "./machine/machineFile";
import { Mistake } from "./machine/mistake";
import { asRoot } from "./machine/privilege";
import { ensureSettings, readSettings, settlePorts } from "./machine/settings";
import { noStats, readStats, type Stats } from "./machine/stats";

/** What a start or a reset may change; the rest stays as it was. */
export interface LabOptions {
  /** Name in lab/machines or path of a machine file; a change takes a reset. */
  machine?: string;
  /** Factor on the time operations take on real hardware. */
  latency?: number;
  /** Forget the ports of before and choose free ones. */
  newPorts?: boolean;
}

/** How to reach a lab's host. */
export interface LabInfo {
  ssh: { host: string; port: number; user: string; privateKeyFile: string; hostKey: string };
  api: { endpoint: string; username: string; password: string; node: string };
}

/** Starts the lab in a folder and returns when SSH and API answer; `started` is false when it ran already. */
export async function start(
  dir: string,
  options: LabOptions = {},
): Promise<{ started: boolean; info: LabInfo }> {
  const lab = layout(resolve(dir));
  const known = readSettings(lab);
  if (
    options.machine !== undefined &&
    known !== undefined &&
    options.machine !== known.machine &&
    existsSync(lab.disk)
  ) {
    throw new Mistake(
      `the lab in ${lab.dir} is machine ${known.machine}; lab reset --machine ${options.machine} makes it another`,
    );
  }
  readMachine(options.machine ?? known?.machine ?? defaultMachine);
  mkdirSync(lab.dir, { recursive: true });
  const running = await isRunning(lab);
  if (running && options.newPorts)
    throw new Mistake(
      `the lab in ${lab.dir} runs; lab stop, then lab start --new-ports gives it other ports`,
    );
  await ensureKeys(lab.keys);
  if (running) {
    await ensureSettings(lab, options);
    return { started: false, info: info(dir) };
  }
  const launched = await launchOnFreePorts(lab, options);
  return { started: launched === "started", info: info(dir) };
}

/** Ports are kept from the first start on; until then, one that another lab was quicker to take is chosen again. */
async function launchOnFreePorts(lab: Layout, options: LabOptions): Promise<Launched> {
  for (let left = 10; ; left--) {
    const settings = await ensureSettings(lab, options);
    try {
      const launched = await launch(lab, () => isRunning(lab));
      settlePorts(lab);
      return launched;
    } catch (error) {
      if (!(error instanceof PortsTaken) || settings.portsUntried !== true || left === 0) throw error;
      options = { ...options, newPorts: true };
    }
  }
}

/** Ends the lab's host with everything in it; false when it did not run. */
export async function stop(dir: string): Promise<boolean> {
  const lab = layout(resolve(dir));
  const pid = firstProcess(lab);
  if (pid === undefined) return false;
  if ((await ask(lab.dir, lab.socket, "stop")) === undefined) kill(pid, "TERM");
  if (!(await gone(lab, 5000))) kill(pid, "KILL");
  // The kernel ends every process and drops every mount, which takes its time on a busy machine.
  if (!(await gone(lab, 60_000))) throw new Mistake(`process ${pid} of the lab in ${lab.dir} does not end`);
  rmSync(lab.pid, { force: true });
  rmSync(join(lab.dir, lab.socket), { force: true });
  return true;
}

async function gone(lab: Layout, timeoutMs: number): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  while (firstProcess(lab) !== undefined) {
    if (Date.now() > end) return false;
    await new Promise((resolveWait) => setTimeout(resolveWait, 10));
  }
  return true;
}

/** Makes the host new: its disks are emptied, keys and ports stay; started again if it ran. */
export async function reset(dir: string, options: LabOptions = {}): Promise<{ running: boolean }> {
  const lab = layout(resolve(dir));
  if (options.machine !== undefined) readMachine(options.machine);
  const running = await stop(dir);
  for (const path of [lab.disk, lab.stats, lab.log, faultsFile(lab.dir)]) {
    const [program, ...args] = asRoot("rm", "-rf", "--one-file-system", path);
    const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
    if (status !== 0) throw new Mistake(`the lab's disks could not be emptied: ${stderr.trim()}`);
  }
  mkdirSync(lab.dir, { recursive: true });
  await ensureSettings(lab, options);
  if (running) await launchOnFreePorts(lab, {});
  return { running };
}

async function isRunning(lab: Layout): Promise<boolean> {
  return firstProcess(lab) !== undefined && (await ask(lab.dir, lab.socket, "faults")) !== undefined;
}

/** Whether the lab runs, and what it is. */
export async function status(dir: string): Promise<{
  running: boolean;
  dir: string;
  pid?: number;
  machine?: string;
  latency?: number;
  faults: Entry[];
}> {
  const lab = layout(resolve(dir));
  const settings = readSettings(lab);
  const running = await isRunning(lab);
  const faults = (running ? await ask<Entry[]>(lab.dir, lab.socket, "faults") : undefined) ?? [];
  return {
    running,
    dir: lab.dir,
    ...(running ? { pid: firstProcess(lab) } : {}),
    ...(settings ? { machine: settings.machine, latency: settings.latency } : {}),
    faults,
  };
}

/** How to reach the lab, running or not; throws a Mistake before its first start. */
export function info(dir: string): LabInfo {
  const lab = layout(resolve(dir));
  const settings = readSettings(lab);
  if (settings === undefined) throw new Mistake(`there is no lab in ${lab.dir}; lab start makes one`);
  const keys = readKeys(lab.keys);
  return {
    ssh: {
      host: "127.0.0.1",
      port: settings.sshPort,
      user: "root",
      privateKeyFile: keys.userKeyFile,
      hostKey: keys.hostPublicKey,
    },
    api: {
      endpoint: `https://127.0.0.1:${settings.apiPort}/`,
      username: "root@pam",
      password: keys.password,
      node: readMachine(settings.machine).node,
    },
  };
}

/** Orders a fault of a running lab. @throws Mistake when it cannot be brought about */
export const addFault = (dir: string, fault: Fault): Promise<Entry> => asked(dir, "addFault", fault);

/** The faults that are ordered, with how often each has struck. */
export const faults = (dir: string): Promise<Entry[]> => asked(dir, "faults");

/** Clears faults by number, or all; answers the cleared. */
export const clearFaults = (dir: string, ids: number[] = []): Promise<Entry[]> =>
  asked(dir, "clearFaults", ids);

async function asked<T>(dir: string, operation: string, argument?: unknown): Promise<T> {
  const lab = layout(resolve(dir));
  info(dir);
  const found =
    firstProcess(lab) === undefined ? undefined : await ask<T>(lab.dir, lab.socket, operation, argument);
  if (found !== undefined) return found;
  throw new Mistake(`the lab in ${lab.dir} does not run; lab start starts it`);
}

/** Counters since the last reset; with `resetAfter`, they are set to zero once read. */
export async function stats(dir: string, options: { reset?: boolean } = {}): Promise<Stats> {
  const lab = layout(resolve(dir));
  info(dir);
  const running = await ask<Stats>(lab.dir, lab.socket, "stats");
  const found = running ?? readStats(lab.stats);
  if (options.reset) {
    if (running === undefined) rmSync(lab.stats, { force: true });
    else await ask(lab.dir, lab.socket, "resetStats");
    return { ...noStats };
  }
  return found;
}

/** Runs a command in the host with the caller's own streams; resolves to its exit code. */
export async function exec(dir: string, argv: string[]): Promise<number> {
  const { lab, pid } = runningLab(dir);
  return enterHost(lab, pid, argv);
}

/** The command line that runs a command in the host, for who wants its streams. */
export function entering(dir: string, argv: string[]): [string, ...string[]] {
  const { lab, pid } = runningLab(dir);
  return enteringHost(lab, pid, argv);
}

function runningLab(dir: string): { lab: Layout; pid: number } {
  const lab = layout(resolve(dir));
  const pid = firstProcess(lab);
  if (pid === undefined) throw new Mistake(`the lab in ${lab.dir} does not run; lab start starts it`);
  return { lab, pid };
}
