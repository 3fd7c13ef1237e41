/** Datasets and the storages over them; pools are in zfs-pools.ts. */
import { storageIdPattern } from "../primitives";
import { isShipped, splitList } from "../storage-map";
import { contentOf } from "../zfs-schema";
import { type Context, readable, type Rule } from "./context";
import { reportRepeats, type Use } from "./unique";
import { checkProperties } from "./zfs-properties";

/** Each dataset once, in a pool that exists, with properties that ZFS takes. */
export const datasets: Rule = (context) => {
  const { hypervisor, hypervisorReport: report } = context;
  const known = [...context.pools].sort().join(", ") || "none";
  for (const { item: dataset, index } of readable(hypervisor?.zfs?.datasets)) {
    const path = ["zfs", "datasets", index];
    if (dataset.pool !== undefined && context.poolsKnown && !context.pools.has(dataset.pool)) {
      report.mistake([...path, "pool"], "no such pool", `name a pool of zfs.pools (${known})`, dataset.pool);
    }
    for (const problem of checkProperties(dataset.properties ?? "")) {
      const add = problem.known ? "mistake" : "warning";
      report[add]([...path, "properties"], problem.message, problem.remedy);
    }
    checkContent(context, path, dataset.proxmox_storage_type, dataset.proxmox_content_type);
  }
  checkTeardown(context);
  const names = new Map(context.datasets.map((dataset) => [dataset.fullName, dataset]));
  for (const dataset of context.datasets) {
    const path = ["zfs", "datasets", dataset.index, "name"];
    const last = names.get(dataset.fullName);
    if (last !== dataset && last) {
      report.mistake(
        ["zfs", "datasets", last.index, "name"],
        `is also the name of zfs.datasets[${dataset.index}] in the pool ${dataset.pool}`,
        "give each dataset of a pool a name of its own",
        last.name,
      );
    }
    const parent = dataset.fullName.slice(0, dataset.fullName.lastIndexOf("/"));
    if (parent !== dataset.pool && !names.has(parent)) {
      report.mistake(
        path,
        `lies in ${parent}, which is no dataset of zfs.datasets`,
        `add ${parent} too`,
        dataset.name,
      );
    }
  }
};

/** A dataset that stays would prevent the destruction of the one that contains it. */
function checkTeardown({ hypervisor, hypervisorReport: report }: Context): void {
  const entries = [
    ...readable(hypervisor?.zfs?.pools).map(({ item, index }) => ({
      path: ["zfs", "pools", index],
      name: item.name,
      goes: item.destroy_on_teardown === true,
    })),
    ...readable(hypervisor?.zfs?.datasets).map(({ item, index }) => ({
      path: ["zfs", "datasets", index],
      name: item.pool === undefined || item.name === undefined ? undefined : `${item.pool}/${item.name}`,
      goes: item.destroy_on_teardown === true,
    })),
  ];
  for (const { path, name } of entries.filter(({ goes }) => goes)) {
    const kept = entries.filter((other) => !other.goes && other.name?.startsWith(`${name}/`) === true);
    if (name === undefined || kept.length === 0) continue;
    report.warning(
      [...path, "destroy_on_teardown"],
      `will be refused while ${kept.map((other) => other.name).join(", ")} lies in it, which stays`,
      "set destroy_on_teardown for what lies in it too, or leave it out here",
    );
  }
}

function checkContent(
  { hypervisorReport: report }: Context,
  path: (string | number)[],
  type: keyof typeof contentOf | undefined,
  list: string | undefined,
): void {
  if (type === undefined || list === undefined) return;
  const allowed: readonly string[] = contentOf[type];
  const refused = splitList(list).filter((word) => !allowed.includes(word));
  if (refused.length > 0) {
    report.mistake(
      [...path, "proxmox_content_type"],
      `a ${type} storage cannot hold ${refused.join(", ")}`,
      `name only ${allowed.join(", ")}`,
      list,
    );
  }
}

/** Storage ids: accepted by Proxmox, and each for one dataset. */
export const storages: Rule = ({ hypervisor, hypervisorReport: report, datasets, storages: known }) => {
  const uses: Use[] = [];
  const named = new Set<string>();
  for (const { index, storageId, fullName } of datasets) {
    const path = ["zfs", "datasets", index, "name"];
    if (!storageIdPattern.test(storageId)) {
      report.mistake(
        path,
        `gives the storage id ${storageId}, which Proxmox refuses`,
        "use a letter first, then letters, digits, . _ and -, a letter or digit last, or set proxmox_storage_ids",
      );
    }
    if (isShipped(storageId)) {
      report.mistake(
        path,
        `gives the storage id ${storageId}, which Proxmox ships`,
        "set another one in proxmox_storage_ids",
      );
    }
    if (!named.has(fullName)) {
      named.add(fullName);
      uses.push({ key: storageId, path, report, user: `dataset ${fullName}` });
    }
  }
  reportRepeats(uses, "the storage id", "set another one for this dataset in proxmox_storage_ids");
  for (const [key, id] of Object.entries(hypervisor?.proxmox_storage_ids ?? {})) {
    if (id !== undefined && !known.has(id)) {
      report.warning(
        ["proxmox_storage_ids", key],
        "is the id of no storage, and the key stands for no dataset",
        "write the key as <pool>_<dataset with - as _>, or remove it",
        id,
      );
    }
  }
  const place = hypervisor?.proxmox_defaults?.zfs_lxc_pool;
  if (place !== undefined && !datasets.some(({ fullName }) => fullName === place)) {
    report.mistake(
      ["proxmox_defaults", "zfs_lxc_pool"],
      "no such dataset",
      "name a dataset of zfs.datasets as pool/dataset",
      place,
    );
  }
};
