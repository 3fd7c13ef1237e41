/** One container at a time: its id, origin, disk, features and volumes. */
import type { Draft } from "../check";
import type { Path } from "../findings";
import { featureProblem } from "../features";
import type { ContainerConfig } from "../lxc-schema";
import { datasetOf } from "../storage-map";
import { resolveTemplate } from "../templates";
import { checkStorage, type Context, readable, type Rule } from "./context";

type Entry = Draft<ContainerConfig>;

/** CTIDs that Proxmox accepts. */
export const ids: Rule = ({ containers, lxcReport: report }) => {
  for (const { id } of containers) {
    if (/^[1-9][0-9]{2,8}$/.test(id)) continue;
    report.mistake(
      ["lxc_configs", id],
      "is not a CTID Proxmox accepts",
      "use a whole number from 100 to 999999999",
    );
  }
};

/** A template or a clone source, one of them, and one that can serve. */
export const origins: Rule = (context) => {
  const byId = new Map(context.containers.map(({ id, entry }) => [id, entry]));
  for (const { id, entry } of context.containers) {
    const path = ["lxc_configs", id];
    const { template, clone_from_ctid: source } = entry;
    const raw = context.rawContainers[id];
    if (!raw) continue;
    if (!("template" in raw) && !("clone_from_ctid" in raw)) {
      context.lxcReport.mistake(
        path,
        "has neither a template nor a clone_from_ctid",
        "say what the container is made from: one of the two",
      );
    }
    if ("template" in raw && "clone_from_ctid" in raw) {
      context.lxcReport.mistake(path, "has both a template and a clone_from_ctid", "keep one of the two");
    }
    if (template !== undefined && context.hypervisor) {
      const found = resolveTemplate(template, context.datasets, context.storages);
      if ("problem" in found) {
        context.lxcReport.mistake([...path, "template"], found.problem, found.remedy, template);
      } else if (!context.storages.has(found.template.storage)) {
        context.lxcReport.warning(
          [...path, "template"],
          `names the storage ${found.template.storage}, which neither these files make nor Proxmox ships`,
          "make it on the host before the first run, or name another one",
          template,
        );
      }
    }
    const from = source === undefined ? undefined : byId.get(source);
    if (source !== undefined && from && source !== id) checkClone(context, path, entry, source, from);
  }
};

function checkClone(
  { lxcReport: report, rawContainers }: Context,
  path: string[],
  entry: Entry,
  source: string,
  from: Entry,
): void {
  const place = [...path, "clone_from_ctid"];
  if (!("template_snapshot_name" in (rawContainers[source] ?? {}))) {
    report.mistake(
      place,
      `container ${source} has no template_snapshot_name to clone from`,
      `give container ${source} a template_snapshot_name`,
      source,
    );
  }
  const { storage_size_gb: size } = entry;
  if (size !== undefined && from.storage_size_gb !== undefined && size < from.storage_size_gb) {
    report.mistake(
      [...path, "storage_size_gb"],
      `is smaller than the ${from.storage_size_gb} GB of container ${source} it is cloned from, and Proxmox cannot shrink a disk`,
      `give ${from.storage_size_gb} or more`,
      size,
    );
  }
  const { unprivileged } = entry;
  if (unprivileged !== undefined && from.unprivileged !== undefined && unprivileged !== from.unprivileged) {
    report.mistake(
      [...path, "unprivileged"],
      `differs from container ${source} it is cloned from, and Proxmox cannot change it`,
      `set it to ${from.unprivileged}, or clone another container`,
      unprivileged,
    );
  }
}

/** Disks on storages that can hold them; snapshots where there can be any. */
export const disks: Rule = (context) => {
  const report = context.lxcReport;
  for (const { id, entry } of context.containers) {
    const path = ["lxc_configs", id];
    checkStorage(context, report, [...path, "storage_pool"], entry.storage_pool, "rootdir");
    if (
      entry.template_snapshot_name !== undefined &&
      datasetOf(context.datasets, entry.storage_pool ?? "")?.storageType === "dir"
    ) {
      report.mistake(
        [...path, "storage_pool"],
        "is a dir storage, which cannot take the snapshot template_snapshot_name",
        "name a zfspool storage",
        entry.storage_pool,
      );
    }
    checkQuota(report, [...path, "rootfs"], entry, entry.rootfs);
    for (const list of ["volumes", "zfs_volumes"] as const) {
      for (const { item, index } of readable(entry[list])) {
        checkStorage(context, report, [...path, list, index, "pool"], item.pool, "rootdir");
        checkQuota(report, [...path, list, index], entry, item);
      }
    }
  }
};

/** Proxmox VE does not start an unprivileged container whose disks have quotas. */
function checkQuota(
  report: Context["lxcReport"],
  path: Path,
  { unprivileged }: Entry,
  disk: { quota?: boolean | undefined } | undefined,
): void {
  if (disk?.quota !== true || unprivileged !== true) return;
  report.mistake(
    [...path, "quota"],
    "is for privileged containers alone, and Proxmox VE does not start this one with it",
    "set it to false, or remove it",
    true,
  );
}

/** Container features that Proxmox knows, and GPUs where a feature needs them. */
export const features: Rule = ({ containers, hypervisor, hypervisorReport, lxcReport: report }) => {
  const defaults = hypervisor?.proxmox_defaults?.lxc?.features;
  for (const word of (defaults ?? "").split(",").filter((part) => part !== "")) {
    const problem = featureProblem(word);
    if (problem) {
      hypervisorReport.mistake(
        ["proxmox_defaults", "lxc", "features"],
        problem.message,
        problem.remedy,
        word,
      );
    }
  }
  for (const { id, entry } of containers) {
    const path = ["lxc_configs", id];
    const seen = new Set<string>();
    for (const { item: word, index } of readable(entry.pct_options)) {
      const key = word.split("=")[0] ?? "";
      const problem = featureProblem(word);
      if (problem) report.mistake([...path, "pct_options", index], problem.message, problem.remedy, word);
      else if (seen.has(key))
        report.mistake([...path, "pct_options", index], `sets ${key} twice`, "keep one of the two", word);
      seen.add(key);
    }
    checkGpus(report, path, entry);
  }
};

function checkGpus(report: Context["lxcReport"], path: string[], entry: Entry): void {
  const text = entry.gpu_assignment ?? "none";
  const place = [...path, "gpu_assignment"];
  if (/\s/.test(text)) {
    report.warning(place, "has a space in its list", `write ${text.replace(/\s+/g, "")}`, text);
  }
  const gpus = text.split(",").map((gpu) => gpu.trim().toLowerCase());
  if (new Set(gpus).size < gpus.length)
    report.mistake(place, "names a GPU twice", "name each GPU once", text);
  if (text === "none" && (entry.features ?? []).includes("nvidia")) {
    report.warning(
      [...path, "features"],
      "has the feature nvidia, but gpu_assignment gives it no GPU",
      "assign one, such as 0, or remove the feature",
    );
  }
}
