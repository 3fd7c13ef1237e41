/** Folders that containers share: where their data is kept, and who may mount them. */
import { isWithin, wholePath } from "../folders";
import { type Context, type Rule } from "./context";
import { checkSharedFolder } from "./shared-folders";

const onRoot = {
  landing: "the data would land on the root disk",
  write: (folder: string) => folder,
};

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
  for (const [name, volume] of Object.entries(hypervisor?.shared_volumes ?? {})) {
    const path = ["shared_volumes", name];
    if (volume?.host_path !== undefined)
      checkSharedFolder(context, [...path, "host_path"], volume.host_path, onRoot);
    for (const id of Object.keys(volume?.mounts ?? {})) checkContainer(context, [...path, "mounts", id], id);
  }
  checkNested(context);
};

function checkContainer(
  { lxc, rawContainers, containers, hypervisorReport: report }: Context,
  place: string[],
  id: string,
): void {
  const container = rawContainers[id];
  if (lxc?.lxc_configs && !Object.hasOwn(rawContainers, id)) {
    report.warning(
      place,
      `no container has the CTID ${id}, so it is mounted in none`,
      "name a CTID of the container file, or remove the mount",
    );
  } else if (container && "template_snapshot_name" in container) {
    const clone = containers.find(({ entry }) => entry.clone_from_ctid === id);
    if (clone) {
      report.mistake(
        place,
        `container ${clone.id} is cloned from container ${id}, and a bind mount blocks snapshots and clones`,
        "mount it in the clones instead",
      );
    } else {
      report.warning(
        place,
        `blocks snapshots of container ${id}, so its template_snapshot_name is not taken`,
        "remove template_snapshot_name, which nobody is cloned from, or the mount",
      );
    }
  }
}

/** Folders with two names, or inside one another: their owners and modes could contradict each other. */
function checkNested({ hypervisor, hypervisorReport: report }: Context): void {
  const volumes = Object.entries(hypervisor?.shared_volumes ?? {}).flatMap(([name, volume]) =>
    volume?.host_path === undefined ? [] : [{ name, volume, folder: wholePath(volume.host_path) }],
  );
  for (const [index, one] of volumes.entries()) {
    const path = ["shared_volumes", one.name, "host_path"];
    const same = volumes.slice(0, index).find(({ folder }) => folder === one.folder);
    if (same) {
      report.warning(
        path,
        `is also the folder of shared_volumes.${same.name}`,
        "name all its containers in one of the two, with one owner and mode",
        one.volume.host_path,
      );
    }
    const around = volumes.find(
      ({ folder, volume }) =>
        folder !== one.folder &&
        isWithin(one.folder, folder) &&
        (volume.owner !== one.volume.owner || volume.directory_mode !== one.volume.directory_mode),
    );
    if (around) {
      report.warning(
        path,
        `lies in the folder of shared_volumes.${around.name}, which has another owner or mode: who may not enter that one reaches this one only where it is mounted by itself`,
        "give both the same owner and directory_mode, or folders apart from each other",
        one.volume.host_path,
      );
    }
  }
}
