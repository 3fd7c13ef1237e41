/** `qm create` and POST …/qemu. */
import { randomUUID } from "node:crypto";
import type { Context } from "../context";
import { emptyFile, type GuestFile } from "../config/guest-file";
import { checkPool, joinPool } from "../access/pools";
import { messageOf, PveError } from "../errors";
import { checkUnused, remove, save } from "../guest/config";
import { restoreMachine } from "../backup/restoreMachine";
import { withLock } from "../guest/lock";
import type { Values } from "../schema/types";
import { freeVolume } from "../storage/volumes";
import { checkBoot, defaultBoot, idOf, saveVm } from "./config";
import { checkDisk, realizeDisk } from "./disks";
import { DISK } from "./options";
import { startVm } from "./power";
import { changesOf, checkRoot, storedValue } from "./settings";

/** QEMU of Proxmox VE 9.1 and 8.4. */
export const QEMU = { 9: "10.1.2", 8: "9.2.0" } as const;

async function build(
  context: Context,
  vmid: number,
  changes: Record<string, string>,
  log: (line: string) => void,
): Promise<GuestFile> {
  const { host } = context;
  const config = emptyFile();
  const made: string[] = [];
  try {
    for (const key of Object.keys(changes).filter((name) => !DISK.test(name)))
      if (key === "description") config.description = changes[key] ?? "";
      // Release 8 sorts tags when they change, but not those of a new machine.
      else if (key === "tags" && host.release === 8) config.values[key] = changes[key] ?? "";
      else config.values[key] = await storedValue(host, key, changes[key] ?? "");
    for (const key of Object.keys(changes)
      .filter((name) => DISK.test(name))
      .sort()) {
      const disk = await realizeDisk(host, vmid, key, changes[key] ?? "", config, log);
      config.values[key] = disk.line;
      if (disk.made !== undefined) made.push(disk.made);
    }
    config.values["boot"] ??= defaultBoot(host, config);
    checkBoot(config, config.values["boot"]);
    config.values["meta"] = `creation-qemu=${QEMU[host.release]},ctime=${Math.floor(Date.now() / 1000)}`;
    config.values["smbios1"] ??= `uuid=${randomUUID()}`;
    config.values["vmgenid"] ??= randomUUID();
    return config;
  } catch (error) {
    for (const volid of made.reverse()) freeVolume(host, volid);
    throw error;
  }
}

/** Makes a virtual machine in a task; `start` starts it in a task of its own afterwards. */
export async function createVm(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = idOf(values);
  const changes = changesOf(values);
  if (values["archive"] !== undefined) return restoreMachine(context, values);
  checkPool(host, values);
  checkRoot(context, changes, []);
  for (const [key, value] of Object.entries(changes)) if (DISK.test(key)) checkDisk(host, key, value);
  try {
    checkUnused(host, vmid);
  } catch (error) {
    throw new PveError(`unable to create VM ${vmid} - ${(error as Error).message}`);
  }
  // From here on the id is taken: a second create of it is refused while the task runs.
  save(host, "qemu", vmid, { ...emptyFile(), values: { lock: "create" } });
  return context.fork("qmcreate", String(vmid), async (log) => {
    try {
      await host.latency("qm create");
      await withLock(host, "qemu", vmid, async () =>
        saveVm(host, vmid, await build(context, vmid, changes, log)),
      );
    } catch (error) {
      remove(host, "qemu", vmid);
      throw new PveError(`unable to create VM ${vmid} - ${messageOf(error)}`);
    }
    joinPool(host, vmid, values);
    if (values["start"] === 1) await startVm(context, { vmid });
  });
}
