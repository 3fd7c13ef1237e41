/**
 * A virtual machine's backup (PVE::VZDump::QemuServer). In place of VMA the lab writes an archive of tar: the
 * configuration, and for each disk what it holds.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { printGuestFile } from "../config/guest-file";
import type { Context } from "../context";
import { PveError } from "../errors";
import { dialect, save } from "../guest/config";
import { withLock } from "../guest/lock";
import { isRunning } from "../guest/state";
import { inHost, readHost, writeHost } from "../paths";
import { copyTree } from "../storage/dirImages";
import { locate, printSize, volumeContents, volumeSize } from "../storage/volumes";
import type { Host } from "../../types";
import { startVm, stopMachine } from "../vm/power";
import { loadVm, ownDrives, type Drive } from "../vm/config";
import type { Dump, Kind } from "./kind";

type Disk = Drive & { volid: string };

/** Disks, and whether backups have them; a drive of cloud-init is made anew at a restore. */
const backupDisks = (host: Host, vmid: number): { disk: Disk; taken: boolean }[] =>
  ownDrives(host, loadVm(host, vmid)).map((disk) => ({ disk, taken: disk.values["backup"] !== 0 }));

function setLock(host: Host, vmid: number, lock: string | undefined): Promise<void> {
  return withLock(host, "qemu", vmid, () => {
    const config = loadVm(host, vmid);
    if (lock === undefined) delete config.values["lock"];
    else config.values["lock"] = lock;
    save(host, "qemu", vmid, config);
  });
}

/** The configuration, and which disk of the archive is which. */
function assemble({ host }: Context, { vmid, tmpdir }: Dump, log: (line: string) => void): void {
  const config = loadVm(host, vmid);
  const values = { ...config.values };
  for (const key of ["lock", "parent"]) delete values[key];
  for (const [key, value] of Object.entries(values)) {
    if (!/^unused\d+$/.test(key)) continue;
    log(`skip unused drive '${value}' (not included into backup)`);
    delete values[key];
  }
  if (Object.keys(config.snapshots).length > 0) log("snapshots found (not included into backup)");
  if (Object.keys(config.pending.values).length > 0)
    log("pending configuration changes found (not included into backup)");
  const text = printGuestFile(
    { ...config, values, snapshots: {}, pending: { description: "", values: {}, lxc: [] } },
    dialect(host, "qemu"),
  );
  const maps = backupDisks(host, vmid)
    .filter(({ taken }) => taken)
    .map(({ disk: { key, volid } }) => {
      const { plugin, storage, name } = locate(host, volid);
      return `#qmdump#map:${key}:drive-${key}:${storage.id}:${plugin.parse(name).format}:\n`;
    });
  writeHost(host, `${tmpdir}/qemu-server.conf`, text + maps.join(""), 0o644);
  const firewall = readHost(host, `/etc/pve/firewall/${vmid}.fw`);
  if (firewall !== undefined) writeHost(host, `${tmpdir}/qemu-server.fw`, firewall, 0o644);
}

async function archive({ host }: Context, dump: Dump, log: (line: string) => void): Promise<void> {
  const { vmid, tmpdir, tmptar, compress } = dump;
  if (!dump.running) log("starting kvm to execute backup task");
  log("started backup task");
  if (dump.running) log("resuming VM again");
  for (const { disk, taken } of backupDisks(host, vmid)) {
    if (!taken) continue;
    const folder = inHost(host, `${tmpdir}/disks/${disk.key}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}.size`, String(volumeSize(host, disk.volid) ?? 0));
    if (!disk.cloudinit) copyTree(`${volumeContents(host, disk.volid)}/.`, folder);
  }
  const script = 'tar -cpf - --numeric-owner --sparse -C "$1" . | $2 >"$3"';
  const { code, stderr } = await host.run([
    ...["bash", "-o", "pipefail", "-c", script, "vma", tmpdir, compress === "" ? "cat" : compress, tmptar],
  ]);
  rmSync(inHost(host, `${tmpdir}/disks`), { recursive: true, force: true });
  if (code !== 0) throw new PveError(stderr.trim());
  log("100% - transferred all disks");
  if (!dump.running) log("stopping kvm after backup task");
}

export const machine: Kind = {
  type: "qemu",
  extension: "vma",
  isRunning,
  nameOf: (host, vmid) => loadVm(host, vmid).values["name"] ?? `VM ${vmid}`,
  async lock(host, vmid) {
    const { lock } = loadVm(host, vmid).values;
    if (lock !== undefined) throw new PveError(`VM is locked (${lock})`);
    await setLock(host, vmid, "backup");
  },
  unlock: (host, vmid) => setLock(host, vmid, undefined),
  async prepare({ host }, { vmid }, log) {
    const { name } = loadVm(host, vmid).values;
    if (name !== undefined) log(`VM Name: ${name}`);
    for (const { disk, taken } of backupDisks(host, vmid)) {
      if (taken)
        log(`include disk '${disk.key}' '${disk.volid}' ${printSize(volumeSize(host, disk.volid) ?? 0)}`);
      else log(`exclude disk '${disk.key}' '${disk.volid}' (backup=no)`);
    }
  },
  async hold({ host }, { vmid, mode }) {
    if (mode === "stop") await stopMachine(host, vmid);
  },
  async letGo(context, { vmid, mode }) {
    if (mode !== "stop") return;
    const fork: Context["fork"] = async (_type, _id, work) => {
      await work(
        () => undefined,
        () => undefined,
      );
      return "";
    };
    await startVm({ ...context, fork }, { vmid, skiplock: 1 });
  },
  assemble,
  archive,
  cleanUp: async () => undefined,
};
