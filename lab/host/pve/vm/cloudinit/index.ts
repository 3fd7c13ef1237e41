/** cloud-init of virtual machines: the drive on the node's side, and what a start does with it in the guest. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { powerCommands } from "../../../machine/commands/power";
import { inRoot } from "../../../machine/confined";
import type { GuestFile } from "../../config/guest-file";
import { BOOT } from "../../guestsystem/commands";
import { holdAgent } from "../agent";
import { allocDisk, CLOUDINIT_SIZE } from "../disks";
import { drives } from "../config";
import { volumeContents, volumeExists } from "../../storage/volumes";
import { parseVolumeId } from "../../storage/storages";
import type { Command, CommandTable, Host } from "../../../types";
import { applyCloudInit } from "./apply";
import { cloudInitCommand } from "./command";
import { cloudInitFiles, type CloudInitFiles } from "./generate";
import { netLines, settleNetwork, writeBelow } from "./network";
import { mountNfs } from "./nfs";

/** The drive's volume; undefined for a machine without one. */
const driveOf = (host: Host, config: GuestFile): string | undefined =>
  drives(host, config).find((drive) => drive.cloudinit)?.volid;

/** Writes the drive anew, as each start of a machine does. */
export async function prepareCloudInit(
  host: Host,
  vmid: number,
  config: GuestFile,
  say: (line: string) => void,
): Promise<void> {
  const volid = driveOf(host, config);
  if (volid === undefined) return;
  const files = cloudInitFiles(host, vmid, config);
  if (!volumeExists(host, volid)) {
    const { storage, name } = parseVolumeId(volid);
    const format = /\.(qcow2|raw)$/.exec(name)?.[1];
    allocDisk(host, storage, vmid, CLOUDINIT_SIZE, { format, name: `vm-${vmid}-cloudinit` });
  }
  say("generating cloud-init ISO");
  const folder = volumeContents(host, volid);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries<string>({ ...files }))
    writeFileSync(join(folder, name), text, { mode: 0o600 });
}

/** What the drive holds now; undefined for a machine without one. */
function readDrive(host: Host, config: GuestFile): CloudInitFiles | undefined {
  const volid = driveOf(host, config);
  if (volid === undefined) return undefined;
  const read = (name: string) => {
    const path = join(volumeContents(host, volid), name);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  return {
    "user-data": read("user-data"),
    "network-config": read("network-config"),
    "meta-data": read("meta-data"),
    "vendor-data": read("vendor-data"),
  };
}

/** systemd takes an identity that is missing from the machine's UUID (machine-id(5)). */
function settleMachineId(root: string, config: GuestFile): void {
  const path = inRoot(root, "/etc/machine-id");
  const known = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
  if (/^[0-9a-f]{32}$/.test(known)) return;
  const uuid = /uuid=([0-9a-f-]{36})/i.exec(config.values["smbios1"] ?? "")?.[1] ?? "";
  writeBelow(root, "/etc/machine-id", `${uuid.replaceAll("-", "").toLowerCase()}\n`, 0o444);
}

/** The lines of the network with which the system in a folder starts. */
export async function network(
  host: Host,
  _vmid: number,
  config: GuestFile,
  root: string,
): Promise<Record<string, string>> {
  settleMachineId(root, config);
  return netLines(host, config, settleNetwork(root, readDrive(host, config)?.["network-config"]));
}

/** What systemd mounts of /etc/fstab over the network at a start; a mount that fails stops nothing. */
async function mountRemote(guest: Host): Promise<void> {
  const fstab = inRoot(guest.root, "/etc/fstab");
  if (!existsSync(fstab) || !/^[^#\s]+\s+\S+\s+nfs4?\s/m.test(readFileSync(fstab, "utf8"))) return;
  const done = await guest.run(["mount", "--all", "--types", "nfs,nfs4"]);
  if (done.code !== 0) process.stderr.write(`mounts of a machine: ${done.stderr}`);
}

/** Lets cloud-init run in a machine that has just started; without a drive it stays disabled. */
export function runCloudInit(host: Host, vmid: number, config: GuestFile, guest: Host): void {
  const files = readDrive(host, config);
  const work = async () => {
    // cloud-init's later stages, and mounts over the network, wait for it.
    await sleep(BOOT);
    if (!existsSync(guest.root)) return;
    const release = () => existsSync(guest.root) && holdAgent(host, vmid, false);
    try {
      await mountRemote(guest);
      await applyCloudInit(guest, files, release);
    } finally {
      release();
    }
  };
  holdAgent(host, vmid, true);
  void work().catch((error: unknown) => {
    // A machine that is switched off takes cloud-init along.
    if (!existsSync(guest.root)) return;
    process.stderr.write(
      `cloud-init of VM ${vmid}: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  });
}

/** A machine has a power switch of its own; a container's would be the node's. */
const POWER = ["halt", "poweroff", "reboot", "shutdown"];

const refused: Command = (_guest, { name }) => ({
  code: 1,
  stderr: `${name}: the lab does not simulate this\n`,
});

/** Commands that the system in a machine has beside those of every guest. */
export const machineCommands = (node: Host, vmid: number): CommandTable => ({
  "cloud-init": { run: cloudInitCommand },
  "mount.nfs": { run: mountNfs(node, vmid) },
  ...Object.fromEntries(POWER.map((name) => [name, powerCommands[name] ?? { run: refused }])),
});
