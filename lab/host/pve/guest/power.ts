/** start, stop, shutdown and reboot of containers. */
import type { Context } from "../context";
import { PveError } from "../errors";
import type { Values } from "../schema/types";
import type { Host } from "../../types";
import type { GuestFile } from "../config/guest-file";
import { checkLock, exists, isTemplate, list, load, mounts, save } from "./config";
import { withLock } from "./lock";
import { warnOfNesting } from "./nesting";
import { checkBridges } from "./network";
import { applyPending } from "./pending";
import { checkMaps, kill, launch, runInGuest } from "./runtime";
import { prepareFiles } from "./setup";
import { isRunning } from "./state";

const idOf = (values: Values): number => Number(values["vmid"]);

/** Applies what waited for a stop. */
function applyStopped(host: Host, vmid: number): void {
  if (!exists(host, "lxc", vmid)) return;
  const config = load(host, "lxc", vmid);
  if (Object.keys(config.pending.values).length === 0 && config.pending.description === "") return;
  applyPending(host, vmid, config);
  save(host, "lxc", vmid, config);
}

/** Where the words of a start go. */
interface Told {
  /** Takes lxc's own lines. */
  say: (line: string) => void;
  /** Takes what makes a task end with warnings. */
  warn: (message: string) => void;
}

/** Starts a container that is known to be stopped. */
async function start(host: Host, vmid: number, skiplock: boolean, { say, warn }: Told): Promise<void> {
  const config = load(host, "lxc", vmid);
  if (isTemplate(config)) throw new PveError("you can't start a CT if it's a template");
  if (!skiplock) checkLock(config);
  applyStopped(host, vmid);
  const fresh = load(host, "lxc", vmid);
  checkBridges(host, fresh);
  checkMaps(vmid, fresh, say);
  prepareFiles(host, vmid, fresh);
  await host.latency("pct start");
  await launch(host, vmid, fresh, say);
  warnOfNesting(host, fresh, warn);
}

async function stop(host: Host, vmid: number): Promise<void> {
  await host.latency("pct stop");
  await kill(host, vmid);
  applyStopped(host, vmid);
}

/** Asks the guest's first process to end, as `lxc-stop` does with SIGPWR. */
async function shutdown(host: Host, vmid: number): Promise<void> {
  await runInGuest(host, vmid, ["kill", "-PWR", "1"]);
  await stop(host, vmid);
}

function checkSkiplock(context: Context, values: Values): boolean {
  return values["skiplock"] === 1 && context.user === "root@pam";
}

/** Not asked at a reboot (PVE::API2::LXC::Status). */
function checkQuotas(host: Host, config: GuestFile): void {
  const has = mounts(host, config).some(({ values }) => values["quota"] === 1);
  if (has && config.values["unprivileged"] === "1")
    throw new PveError("Quotas are not supported by unprivileged containers.");
}

export async function startContainer(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  const skiplock = checkSkiplock(context, values);
  if (isRunning(host, vmid)) throw new PveError(`CT ${vmid} already running`);
  return context.fork("vzstart", String(vmid), (log, warn) =>
    withLock(
      host,
      "lxc",
      vmid,
      () => {
        checkQuotas(host, load(host, "lxc", vmid));
        return start(host, vmid, skiplock, { say: context.cli ? context.warn : log, warn });
      },
      context.warn,
    ),
  );
}

function checkRunning(host: Host, vmid: number, word = "CT"): void {
  if (!isRunning(host, vmid)) throw new PveError(`${word} ${vmid} not running`);
}

export async function stopContainer(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  const skiplock = checkSkiplock(context, values);
  checkRunning(host, vmid);
  return context.fork("vzstop", String(vmid), () =>
    withLock(
      host,
      "lxc",
      vmid,
      () => {
        if (!skiplock) checkLock(load(host, "lxc", vmid));
        return stop(host, vmid);
      },
      context.warn,
    ),
  );
}

export async function shutdownContainer(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  checkRunning(host, vmid);
  return context.fork("vzshutdown", String(vmid), () =>
    withLock(
      host,
      "lxc",
      vmid,
      () => {
        checkLock(load(host, "lxc", vmid));
        return shutdown(host, vmid);
      },
      context.warn,
    ),
  );
}

export async function rebootContainer(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  checkRunning(host, vmid, "VM");
  return context.fork("vzreboot", String(vmid), (log, warn) =>
    withLock(
      host,
      "lxc",
      vmid,
      async () => {
        checkLock(load(host, "lxc", vmid));
        await shutdown(host, vmid);
        await start(host, vmid, false, { say: context.cli ? context.warn : log, warn });
      },
      context.warn,
    ),
  );
}

/** Stops a container as part of another operation. */
export async function stopNow(host: Host, vmid: number): Promise<void> {
  await stop(host, vmid);
}

/** A guest that a booting node starts. */
export interface BootStart {
  vmid: number;
  /** `CT` or `VM`. */
  kind: string;
  /** From `startup`; guests without one come last. */
  order: number;
  start: (warn: (message: string) => void) => Promise<void>;
}

/** The order of a `startup` value such as `order=2,up=30`, or `2`. */
export const bootOrder = (startup = ""): number =>
  Number(/(?:^|,)(?:order=)?(\d+)/.exec(startup)?.[1] ?? Number.MAX_SAFE_INTEGER);

/** Containers with `onboot: 1`. */
export const containersOnBoot = (host: Host): BootStart[] =>
  list(host, "lxc").flatMap((vmid) => {
    const config = load(host, "lxc", vmid);
    if (config.values["onboot"] !== "1" || isTemplate(config) || isRunning(host, vmid)) return [];
    return {
      ...{ vmid, kind: "CT", order: bootOrder(config.values["startup"]) },
      start: (warn: (message: string) => void) =>
        withLock(host, "lxc", vmid, () => start(host, vmid, false, { say: warn, warn: () => undefined })),
    };
  });
