/** start, stop, shutdown, reboot and the like of virtual machines. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "../context";
import { PveError } from "../errors";
import { checkLock, exists, isTemplate, list } from "../guest/config";
import { withLock } from "../guest/lock";
import { bootOrder, type BootStart } from "../guest/power";
import { isRunning, running } from "../guest/state";
import { intoGuest } from "../guest/enter";
import { reserve } from "../../machine/pci/reservations";
import type { Values } from "../schema/types";
import type { Host } from "../../types";
import { prepareCloudInit } from "./cloudinit/index";
import { checkRunning, idOf, loadVm, locked, saveVm } from "./config";
import { hears, killMachine, launchMachine, restartMachine } from "./machine";
import { checkViable, preparePassthrough } from "./passthrough";
import { applyPending } from "./pending";

/** Seconds that a shutdown waits (PVE::QemuServer::_do_vm_stop). */
const SHUTDOWN = 60;

type Say = (line: string) => void;

function applyStopped(host: Host, vmid: number): void {
  if (!exists(host, "qemu", vmid)) return;
  const config = loadVm(host, vmid);
  if (Object.keys(config.pending.values).length === 0 && config.pending.description === "") return;
  applyPending(host, vmid, config, false);
  saveVm(host, vmid, config);
}

async function start(host: Host, vmid: number, skiplock: boolean, say: Say): Promise<void> {
  const before = loadVm(host, vmid);
  if (isTemplate(before)) throw new PveError("you can't start a vm if it's a template");
  if (!skiplock) checkLock(before, "qemu");
  if (isRunning(host, vmid)) throw new PveError(`VM ${vmid} already running`);
  applyStopped(host, vmid);
  const config = loadVm(host, vmid);
  await prepareCloudInit(host, vmid, config, say);
  const passed = await preparePassthrough(host, vmid, config);
  await host.latency("qm start");
  checkViable(host, passed, say);
  await launchMachine(host, vmid, config, say);
  const pid = running(host, vmid)?.monitor;
  const functions = passed.flatMap((one) => one.functions.map(({ pci }) => pci));
  if (pid !== undefined && functions.length > 0) reserve(host, vmid, pid, functions);
}

async function stopNow(host: Host, vmid: number): Promise<void> {
  await killMachine(host, vmid);
  reserve(host, vmid, 0, []);
  applyStopped(host, vmid);
}

/** Stops a machine as part of another operation. */
export const stopMachine = stopNow;

/** Presses the power button, or asks the agent; waits for the system's end. */
async function shutdown(
  host: Host,
  vmid: number,
  seconds: number | undefined,
  force: boolean,
  warn: Say,
): Promise<void> {
  const config = loadVm(host, vmid);
  const down = /(?:^|,)down=(\d+)/.exec(config.values["startup"] ?? "")?.[1];
  const patience = seconds ?? Number(down ?? SHUTDOWN);
  const state = running(host, vmid);
  if (state !== undefined && hears(host, config))
    await host.run(intoGuest(host, state, ["kill", "-PWR", "1"]));
  const deadline = Date.now() + patience * 1000;
  while (isRunning(host, vmid) && Date.now() < deadline) await sleep(20);
  if (isRunning(host, vmid)) {
    if (!force) throw new PveError("VM quit/powerdown failed - got timeout");
    warn("VM still running - terminating now with SIGTERM");
  }
  await stopNow(host, vmid);
}

const skipsLock = (context: Context, values: Values): boolean =>
  values["skiplock"] === 1 && context.user === "root@pam";

export async function startVm(context: Context, values: Values): Promise<string> {
  const vmid = idOf(values);
  const skiplock = skipsLock(context, values);
  return context.fork("qmstart", String(vmid), (log) =>
    locked(context, vmid, () => start(context.host, vmid, skiplock, log)),
  );
}

/** One that does not run is stopped already. */
export async function stopVm(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  checkRunning(host, vmid);
  const skiplock = skipsLock(context, values);
  return context.fork("qmstop", String(vmid), () =>
    locked(context, vmid, async () => {
      if (!isRunning(host, vmid)) return;
      if (!skiplock) checkLock(loadVm(host, vmid), "qemu");
      await host.latency("qm stop");
      await stopNow(host, vmid);
    }),
  );
}

/** What is asked of QEMU before anything else, and warned of where it does not run. */
function warnIfStopped(context: Context, vmid: number): void {
  try {
    if (!checkRunning(context.host, vmid)) context.warn(`VM ${vmid} not running`);
  } catch (error) {
    context.warn((error as Error).message);
    throw error;
  }
}

export async function shutdownVm(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  warnIfStopped(context, vmid);
  const skiplock = skipsLock(context, values);
  const seconds = values["timeout"] === undefined ? undefined : Number(values["timeout"]);
  return context.fork("qmshutdown", String(vmid), (log) =>
    locked(context, vmid, async () => {
      if (!isRunning(host, vmid)) return;
      if (!skiplock) checkLock(loadVm(host, vmid), "qemu");
      await shutdown(host, vmid, seconds, values["forceStop"] === 1, context.cli ? context.warn : log);
    }),
  );
}

export async function rebootVm(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  warnIfStopped(context, vmid);
  if (!isRunning(host, vmid)) throw new PveError(`VM ${vmid} not running`);
  const seconds = values["timeout"] === undefined ? undefined : Number(values["timeout"]);
  return context.fork("qmreboot", String(vmid), (log) =>
    locked(context, vmid, async () => {
      checkLock(loadVm(host, vmid), "qemu");
      await shutdown(host, vmid, seconds, false, context.cli ? context.warn : log);
      await start(host, vmid, false, log);
    }),
  );
}

/** reset, suspend and resume: refused for one that does not run, and not simulated for one that does. */
export const refuseWhenRunning =
  (what: string) =>
  async ({ host }: Context, values: Values): Promise<never> => {
    const vmid = idOf(values);
    if (!checkRunning(host, vmid)) throw new PveError(`VM ${vmid} not running`);
    throw new PveError(`the lab does not simulate 'qm ${what}'`);
  };

/** Off and on again at once, with the configuration it has. */
export async function resetVm(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  if (!checkRunning(host, vmid)) throw new PveError(`VM ${vmid} not running`);
  return context.fork("qmreset", String(vmid), () =>
    locked(context, vmid, async () => {
      const config = loadVm(host, vmid);
      if (values["skiplock"] !== 1) checkLock(config, "qemu");
      await restartMachine(host, vmid);
    }),
  );
}

/** Machines with `onboot: 1`. */
export const machinesOnBoot = (host: Host): BootStart[] =>
  list(host, "qemu").flatMap((vmid) => {
    const config = loadVm(host, vmid);
    if (config.values["onboot"] !== "1" || isTemplate(config) || isRunning(host, vmid)) return [];
    return {
      ...{ vmid, kind: "VM", order: bootOrder(config.values["startup"]) },
      start: () => withLock(host, "qemu", vmid, () => start(host, vmid, false, () => undefined)),
    };
  });
