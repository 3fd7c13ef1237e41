/** Folders that containers share, and where the data in them comes to lie. */
import { datasetAround } from "../storage-map";
import type { Rule } from "./context";

/** Folders on the datasets, mounted into containers that exist and are no templates. */
export const sharedVolumes: Rule = (context) => {
  const { hypervisor, hypervisorReport: report } = context;
  const base = hypervisor?.mount_point_base;
  if (base !== undefined && base !== "/" && context.pools.size > 0) {
    report.warning(
      ["mount_point_base"],
      "nothing is mounted there: datasets are mounted at /<pool>/<dataset>",
      "remove it, and write paths as /<pool>/<dataset>/…",
      base,
    );
  }
  const targets = new Map<string, string>();
  for (const [name, volume] of Object.entries(hypervisor?.shared_volumes ?? {})) {
    const path = ["shared_volumes", name];
    if (volume?.host_path !== undefined) checkHostPath(context, [...path, "host_path"], volume.host_path);
    for (const [id, target] of Object.entries(volume?.mounts ?? {})) {
      const place = [...path, "mounts", id];
      const container = context.rawContainers[id];
      if (context.lxc?.lxc_configs && !Object.hasOwn(context.rawContainers, id)) {
        report.mistake(
          place,
          `no container has the CTID ${id}`,
          "name a CTID of the container file, or remove the mount",
        );
      } else if (container && "template_snapshot_name" in container) {
        report.mistake(
          place,
          `container ${id} is a template (it has a template_snapshot_name), and a bind mount blocks snapshots and clones`,
          "mount it in the clones instead",
        );
      }
      const taken = target === undefined ? undefined : targets.get(`${id}:${target}`);
      if (target !== undefined && taken !== undefined) {
        report.mistake(
          place,
          `shared_volumes.${taken} is mounted there too`,
          "give each mount a folder of its own",
          target,
        );
      } else if (target !== undefined) {
        targets.set(`${id}:${target}`, name);
      }
    }
  }
};

function checkHostPath(
  { hypervisor, hypervisorReport: report, pools, datasets }: Parameters<Rule>[0],
  path: string[],
  hostPath: string,
): void {
  if (datasetAround(hostPath, datasets)) return;
  const bases = ["/mnt/pve", hypervisor?.mount_point_base ?? "/mnt/pve", "/mnt"];
  for (const base of bases) {
    if (!hostPath.startsWith(`${base}/`)) continue;
    const moved = hostPath.slice(base.length);
    if (!pools.has(moved.split("/")[1] ?? "")) continue;
    const dataset = datasetAround(moved, datasets);
    report.warning(
      path,
      dataset
        ? `does not lie on the dataset ${dataset.fullName}, which is mounted at ${dataset.mountpoint}: the data would land on the root disk`
        : `lies on no dataset: the data would land on the root disk`,
      dataset
        ? `write ${moved}`
        : "add its dataset to zfs.datasets, and write the path as /<pool>/<dataset>/…",
      hostPath,
    );
    return;
  }
  const pool = hostPath.split("/")[1] ?? "";
  if (pools.has(pool)) {
    report.warning(
      path,
      `lies on no dataset of zfs.datasets, so it would be a plain folder of the pool ${pool}`,
      "add the dataset to zfs.datasets, or correct the path",
      hostPath,
    );
  }
}
