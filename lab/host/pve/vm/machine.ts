/** Starts virtual machines: the system on the first disk that has one, as processes in namespaces of their own. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inRoot } from "../../machine/confined";
import { attachPower } from "../../machine/power/power";
import { emptyFile, type GuestFile } from "../config/guest-file";
import { PveError } from "../errors";
import { nodeAt } from "../guest/devices";
import { withLock } from "../guest/lock";
import { inHost } from "../paths";
import { kill, launch } from "../guest/runtime";
import { setRunning } from "../guest/state";
import { detectOs } from "../guest/create";
import { volumeContents } from "../storage/volumes";
import type { Host } from "../../types";
import { forgetAgent } from "./agent";
import { machineCommands, network, runCloudInit } from "./cloudinit/index";
import { agentEnabled, disks, loadVm, parseNet } from "./config";
import { startsFrom } from "./image";

/** The folder of the first disk, in the order of starting, that has a system. */
export function systemDisk(host: Host, config: GuestFile): string | undefined {
  const order = /(?:^|,)order=([^,]*)/.exec(config.values["boot"] ?? "")?.[1]?.split(";") ?? [];
  return disks(host, config)
    .filter(({ key }) => order.includes(key))
    .sort((a, b) => order.indexOf(a.key) - order.indexOf(b.key))
    .map(({ volid }) => volumeContents(host, volid))
    .find(startsFrom);
}

function checkBridges(host: Host, config: GuestFile, say: (line: string) => void): void {
  for (const key of Object.keys(config.values).filter((name) => /^net\d+$/.test(name))) {
    const { bridge } = parseNet(host, config.values[key] ?? "").values;
    if (bridge === undefined) continue;
    const known =
      host.machine.bridges.some(({ name }) => name === bridge) ||
      existsSync(inRoot(host.root, `/sys/class/net/${bridge}`));
    if (known) continue;
    say(`bridge '${bridge}' does not exist`);
    say(
      `kvm: -netdev type=tap,id=${key}: network script /usr/libexec/qemu-server/pve-bridge failed with status 512`,
    );
    throw new PveError("start failed: QEMU exited with code 1");
  }
}

function checkSerial(host: Host, config: GuestFile): void {
  for (const [key, path] of Object.entries(config.values))
    if (/^serial\d+$/.test(key) && path.startsWith("/") && nodeAt(inHost(host, path))?.type !== "c")
      throw new PveError("no such serial device");
}

/** What the lab's containers are told by their configuration, for the system in a virtual machine. */
async function shapeOf(host: Host, vmid: number, config: GuestFile, root: string): Promise<GuestFile> {
  const { cores = "1", sockets = "1", memory = "512" } = config.values;
  const name = readFileSync(join(root, "etc/hostname"), "utf8").trim();
  return {
    ...emptyFile(),
    values: {
      hostname: name,
      memory: memory.replace(/^current=/, ""),
      swap: "0",
      cores: String(Number(cores) * Number(sockets)),
      ostype: detectOs(root),
      features: "nesting=1,keyctl=1,fuse=1",
      ...(await network(host, vmid, config, root)),
    },
  };
}

/** A process that stands for QEMU where nothing on the disks starts. */
async function startEmpty(host: Host, vmid: number, title: string): Promise<void> {
  const done = await host.run([
    ...["bash", "-c", '(exec -a "$1" sleep infinity) </dev/null >/dev/null 2>&1 & echo "$!"', "kvm", title],
  ]);
  const pid = Number(done.stdout.trim());
  if (done.code !== 0 || !(pid > 0)) throw new PveError("start failed: QEMU exited with code 1");
  setRunning(host, vmid, { pid, monitor: pid, mapped: false, since: Date.now(), shape: emptyFile() });
}

/** Starts a machine whose configuration is settled. */
export async function launchMachine(
  host: Host,
  vmid: number,
  config: GuestFile,
  say: (line: string) => void,
): Promise<void> {
  checkBridges(host, config, say);
  checkSerial(host, config);
  const title = `/usr/bin/kvm -id ${vmid} -name ${config.values["name"] ?? `vm${vmid}`}`;
  const root = systemDisk(host, config);
  forgetAgent(host, vmid);
  if (root === undefined) return startEmpty(host, vmid, title);
  const shape = await shapeOf(host, vmid, config, root);
  try {
    const guest = await launch(host, vmid, shape, say, {
      root,
      title,
      commands: machineCommands(host, vmid),
      agentPort: agentEnabled(config),
    });
    attachPower(guest, {
      off: () => end(host, vmid, () => killMachine(host, vmid)),
      reboot: () => end(host, vmid, () => restartMachine(host, vmid)),
    });
    runCloudInit(host, vmid, config, guest);
  } catch (error) {
    if (error instanceof PveError) throw new PveError("start failed: QEMU exited with code 1");
    throw error;
  }
}

/** Off and on again with the configuration it has: QEMU itself goes on. */
export async function restartMachine(host: Host, vmid: number): Promise<void> {
  await killMachine(host, vmid);
  await launchMachine(host, vmid, loadVm(host, vmid), () => undefined);
}

/** What the system itself asked for, after its command has returned. */
function end(host: Host, vmid: number, work: () => Promise<void>): void {
  withLock(host, "qemu", vmid, work).catch((error: unknown) => {
    process.stderr.write(`VM ${vmid}: ${error instanceof Error ? error.message : String(error)}\n`);
  });
}

/** Whether a machine has a system that hears the power button. */
export const hears = (host: Host, config: GuestFile): boolean =>
  config.values["acpi"] !== "0" && systemDisk(host, config) !== undefined;

export const killMachine = (host: Host, vmid: number): Promise<void> => kill(host, vmid);
