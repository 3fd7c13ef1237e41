/**
 * The daemon of the lab's host: first program in the namespaces that machine/rootfs/init.sh has made. Says
 * `{"ready":true}` or `{"error":"…","portTaken":false}` on standard output, logs on standard error, and serves until told to
 * stop through its control socket or by SIGTERM.
 */
import "./machine/ssh/packets";
import { mkdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import { rebootHost, refuseConnections, type Ways } from "./faults/away";
import { FaultBook } from "./faults/book";
import { fillFolder } from "./faults/fill";
import { beforeRequest, beforeSsh } from "./faults/hooks";
import { holdLock } from "./faults/lock";
import { loseDisk, loseGpu, shareGroup, switchIommuOff } from "./faults/lost";
import { interceptCommand } from "./faults/passThrough";
import { behindFaults } from "./faults/standIns";
import { powerOff } from "./faults/reboot";
import type { Fault } from "./faults/types";
import { type Door, Outside, PortTaken } from "./isolation/doors";
import { commands as machineCommands } from "./machine/commands";
import { serveCommands } from "./machine/commandServer";
import { serveControl } from "./machine/controlSocket";
import { openHost } from "./machine/host";
import { readKeys } from "./machine/keys";
import { latencyOf } from "./machine/latency";
import { layout } from "./machine/layout";
import { readMachine } from "./machine/machineFile";
import { onNetworkChange } from "./machine/network/changes";
import { addresses, admitted, linked } from "./machine/network/reach";
import { attachDoor } from "./machine/network/sshd";
import { nodePackages } from "./machine/packages";
import { givePackages } from "./machine/packages/ofHost";
import { bootSystem, prepareSystem } from "./machine/power/boot";
import { attachPower } from "./machine/power/power";
import { everyBoot, installCommands } from "./machine/rootfs/everyBoot";
import { firstBoot } from "./machine/rootfs/firstBoot";
import { readSettings } from "./machine/settings";
import { serveSsh } from "./machine/ssh/server";
import { Counters } from "./machine/stats";
import { stateOf } from "./machine/units/state";
import { makeMortal } from "./machine/workers";
import { commands as pveCommands, followFirewall, letsIn, startApi, startOnBoot } from "./pve";

async function main(dir: string, network: string): Promise<void> {
  const lab = layout(dir);
  process.chdir(dir);
  const outside = new Outside(network);
  const settings = readSettings(lab);
  if (settings === undefined) throw new Error(`${lab.settings} is missing`);
  const machine = readMachine(settings.machine);
  const keys = readKeys(lab.keys);
  const opening = outside.doors(settings.sshPort, settings.apiPort);
  for (const folder of [lab.scratch, lab.store, lab.zfs]) mkdirSync(folder, { recursive: true });

  firstBoot(lab, machine, keys);
  everyBoot(lab.root, machine);
  const host = openHost(lab, machine, settings.latency);
  givePackages(host, nodePackages);
  const all = { ...machineCommands, ...pveCommands };
  installCommands(lab.root, Object.keys(all));
  prepareSystem(host);
  const commands = behindFaults(host, () => book, all);
  const ways: Ways = {
    drop: () => [ssh, api].forEach((way) => way.drop()),
    shut: (which) => doorsOf(which).forEach((door) => door.shut()),
    open: async (which) => void (await Promise.all(doorsOf(which).map((door) => door.open()))),
  };
  const book: FaultBook = new FaultBook(lab.dir, {
    command: interceptCommand(host, commands, () => book),
    refuse: refuseConnections(ways),
    lock: holdLock(host),
    fill: fillFolder(host, join(lab.dir, "full")),
    reboot: rebootHost(host, ways, async () => {
      await bootSystem(host);
      if (stateOf(host, "ssh.service").active !== "active") ways.shut("ssh");
      await startOnBoot(host, log);
    }),
    disk: loseDisk(host),
    gpu: loseGpu(host),
    iommu: switchIommuOff(host),
    group: shareGroup(host),
  });

  makeMortal(host, (text) => book.strike("kill", text) !== undefined);
  attachDoor(host, { open: () => ways.open("ssh"), close: () => ways.shut("ssh") });
  attachPower(host, {
    reboot: () => void book.add({ kind: "reboot", seconds: rebootSeconds(settings.latency) }),
    off() {
      ways.shut();
      ways.drop();
      powerOff();
    },
  });

  const counters = new Counters(lab.stats);
  const commandServer = await serveCommands(host, commands);
  const doors = await opening;
  const [sshDoor, apiDoor] = doors as [Door, Door];
  const doorsOf = (which?: "ssh" | "api") =>
    which === undefined ? doors : [which === "ssh" ? sshDoor : apiDoor];
  sshDoor.guard(() => admitted(host, 22) && letsIn(host, 22));
  apiDoor.guard(() => admitted(host, 8006) && letsIn(host, 8006));
  followFirewall(host);
  onNetworkChange(host, () => doors.forEach((door) => door.stall(!linked(host))));
  const api = await startApi(host, {
    door: apiDoor,
    certificateDir: lab.certificates,
    password: keys.password,
    faults: beforeRequest(book),
  });
  const ssh = await serveSsh({
    door: sshDoor,
    root: lab.root,
    keys,
    counters,
    faults: beforeSsh(book),
    addresses: addresses(host),
  });
  await book.open();

  const stop = async () => {
    counters.save(api.requests());
    await book.close();
    ssh.close();
    commandServer.close();
    await Promise.race([api.close(), new Promise((resolve) => setTimeout(resolve, 500))]);
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop());
  await serveControl(lab.socket, {
    stats: () => counters.read(api.requests()),
    resetStats: () => {
      counters.reset();
      api.resetRequests();
    },
    stop: () => void setImmediate(() => void stop()),
    faults: () => book.list(),
    addFault: (fault) => book.add(fault as Fault),
    clearFaults: (ids) => book.clear(ids as number[]),
  });
  await bootSystem(host);
  say({ ready: true });
  await startOnBoot(host, log);
}

/** A host that reboots is away for a moment even when nothing else takes time. */
const rebootSeconds = (factor: number): number => Math.max(0.5, ((latencyOf("reboot") ?? 0) * factor) / 1000);

const log = (message: string): void => void process.stderr.write(`${message}\n`);

/** One line to the launcher, which may have gone. */
function say(message: { ready: true } | { error: string; portTaken: boolean }): void {
  try {
    writeSync(1, `${JSON.stringify(message)}\n`);
  } catch {
    // Nobody listens.
  }
}

process.on("uncaughtException", (error) => process.stderr.write(`uncaught: ${error.stack}\n`));
process.on("unhandledRejection", (error) => process.stderr.write(`unhandled: ${String(error)}\n`));
main(process.argv[2] ?? "", process.argv[3] ?? "").catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  const why = error instanceof Error ? error.message : String(error);
  say({ error: why, portTaken: error instanceof PortTaken });
  process.exit(1);
});
