/** `qm disk rescan`: sizes of disks as their storages have them, and volumes that no entry names as unusedN. */
import type { CommandContext } from "../cli/command";
import { addUnused, checkLock, list } from "../guest/config";
import { printSize, volumeSize } from "../storage/volumes";
import type { Values } from "../schema/types";
import { disks, drives, loadVm, locked, printDrive, saveVm } from "./config";
import { strays } from "./disks";

/** Messages of update_disk_config (PVE::QemuServer) and update_disksize (PVE::QemuServer::Drive). */
export async function rescanVms(context: CommandContext, values: Values): Promise<void> {
  const { host, print } = context;
  print("rescan volumes...");
  const ids = values["vmid"] === undefined ? list(host, "qemu") : [Number(values["vmid"])];
  for (const vmid of ids)
    await locked(context, vmid, () => {
      const config = loadVm(host, vmid);
      checkLock(config, "qemu");
      for (const { key, volid, values: drive } of disks(host, config)) {
        const size = printSize(volumeSize(host, volid) ?? 0);
        if (volumeSize(host, volid) === undefined || drive["size"] === size) continue;
        config.values[key] = printDrive({ ...drive, size });
        print(`VM ${vmid} (${key}): size of disk '${volid}' updated from ${drive["size"]} to ${size}`);
      }
      const named = new Set(
        [config, ...Object.values(config.snapshots)].flatMap((section) =>
          drives(host, section).map(({ volid }) => volid),
        ),
      );
      for (const [key, value] of Object.entries(config.values)) if (/^unused\d+$/.test(key)) named.add(value);
      for (const volid of strays(host, vmid)
        .filter((one) => !named.has(one))
        .sort())
        print(`VM ${vmid} add unreferenced volume '${volid}' as '${addUnused(config, volid)}' to config`);
      if (values["dryrun"] !== 1) saveVm(host, vmid, config);
    });
}
