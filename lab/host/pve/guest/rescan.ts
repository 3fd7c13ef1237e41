/** `pct rescan`: sizes of volumes as their storages have them, and volumes that no entry names as unusedN. */
import type { CommandContext } from "../cli/command";
import { printSize, volumeSize } from "../storage/volumes";
import type { Values } from "../schema/types";
import { checkLock, list, load, mounts, save } from "./config";
import { withLock } from "./lock";
import { adoptStrays } from "./strays";
import { printMount } from "./volumes";

/** Messages of update_disk_config (PVE::LXC) and update_disksize (PVE::LXC::Config). */
export async function rescanContainers(context: CommandContext, values: Values): Promise<void> {
  const { host, print } = context;
  print("rescan volumes...");
  const ids = values["vmid"] === undefined ? list(host, "lxc") : [Number(values["vmid"])];
  for (const vmid of ids)
    await withLock(host, "lxc", vmid, () => {
      const config = load(host, "lxc", vmid);
      checkLock(config);
      for (const mount of mounts(host, config).filter(({ type }) => type === "volume")) {
        const bytes = volumeSize(host, mount.volume);
        const size = printSize(bytes ?? 0);
        if (bytes === undefined || mount.values["size"] === size) continue;
        print(
          `CT ${vmid} (${mount.key}): size of disk '${mount.volume}' updated from ${mount.values["size"]} to ${size}`,
        );
        config.values[mount.key] = printMount(host, { ...mount, values: { ...mount.values, size } });
      }
      adoptStrays(
        host,
        vmid,
        config,
        (section) => mounts(host, section).map(({ volume }) => volume),
        (volid, key) => print(`CT ${vmid} add unreferenced volume '${volid}' as '${key}' to config`),
      );
      if (values["dryrun"] !== 1) save(host, "lxc", vmid, config);
    });
}
