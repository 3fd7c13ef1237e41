/** `qm disk rescan`: sizes of disks as their storages have them, and volumes that no entry names as unusedN. */
import type { CommandContext } from "../cli/command";
import { checkLock, list } from "../guest/config";
import { adoptStrays } from "../guest/strays";
import { printSize, volumeSize } from "../storage/volumes";
import type { Values } from "../schema/types";
import { disks, drives, loadVm, locked, printDrive, saveVm } from "./config";

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
        const bytes = volumeSize(host, volid);
        const size = printSize(bytes ?? 0);
        if (bytes === undefined || drive["size"] === size) continue;
        config.values[key] = printDrive({ ...drive, size });
        print(`VM ${vmid} (${key}): size of disk '${volid}' updated from ${drive["size"]} to ${size}`);
      }
      adoptStrays(
        host,
        vmid,
        config,
        (section) => drives(host, section).map(({ volid }) => volid),
        (volid, key) => print(`VM ${vmid} add unreferenced volume '${volid}' as '${key}' to config`),
      );
      if (values["dryrun"] !== 1) saveVm(host, vmid, config);
    });
}
