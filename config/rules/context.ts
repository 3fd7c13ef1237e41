/** What the rules over several entries look at. */
import { type Draft, valueAt } from "../check";
import type { EnvironmentScripts } from "../environment";
import type { Report } from "../findings";
import type { HypervisorConfig } from "../hypervisor-schema";
import type { ContainerConfig, LxcConfigs } from "../lxc-schema";
import { once } from "../once";
import { knownStorages, placeDatasets, type PlacedDataset } from "../storage-map";

/** Both files as far as they could be read, and the reports for their mistakes. */
export interface Context {
  /** Undefined when the file could not be read at all: rules that need it then say nothing. */
  hypervisor?: Draft<HypervisorConfig>;
  lxc?: Draft<LxcConfigs>;
  hypervisorReport: Report;
  lxcReport: Report;
  datasets: readonly PlacedDataset[];
  pools: Set<string>;
  /** False when a pool has no usable name: what refers to it is then no second mistake. */
  poolsKnown: boolean;
  /** Content by storage id. */
  storages: ReadonlyMap<string, readonly string[]>;
  containers: { id: string; ctid: number; entry: Draft<ContainerConfig> }[];
  /** The same entries with what was wrong in them: to tell a wrong key from a missing one. */
  rawContainers: Record<string, object | undefined>;
  rawVms: (object | undefined)[];
  rawVmDefaults: object;
  rawBackups: Record<string, object | undefined>;
  environment: EnvironmentScripts;
}

/** Gathers what several rules need. */
export function makeContext(
  files: Pick<Context, "hypervisor" | "lxc" | "hypervisorReport" | "lxcReport" | "environment">,
  documents: { hypervisor?: unknown; lxc?: unknown },
): Context {
  const rawContainers = objectAt(documents.lxc, ["lxc_configs"]);
  const pools = (files.hypervisor?.zfs?.pools ?? []).map((pool) => pool?.name);
  return {
    ...files,
    rawContainers,
    rawVms: Object.values(objectAt(documents.hypervisor, ["vms"])),
    rawBackups: objectAt(documents.hypervisor, ["backups"]),
    rawVmDefaults: objectAt(documents.hypervisor, ["vm_defaults"]),
    datasets: placeDatasets(files.hypervisor),
    pools: new Set(pools.filter((name) => name !== undefined)),
    poolsKnown: files.hypervisor?.zfs?.pools !== undefined && !pools.includes(undefined),
    storages: knownStorages(files.hypervisor),
    containers: Object.keys(rawContainers).map((id) => ({
      id,
      ctid: Number(id),
      entry: files.lxc?.lxc_configs?.[id] ?? {},
    })),
  };
}

function objectAt(document: unknown, path: string[]): Record<string, object | undefined> {
  const value = valueAt(document, path);
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(
    entries.map(([key, entry]) => [key, typeof entry === "object" && entry !== null ? entry : undefined]),
  );
}

/** A rule: looks, and reports. */
export type Rule = (context: Context) => void;

/** The items of a list that could be read, with their places. */
export function readable<T>(list: readonly (T | undefined)[] | undefined): { item: T; index: number }[] {
  return (list ?? []).flatMap((item, index) => (item === undefined ? [] : [{ item, index }]));
}

/** As many as a message can take. */
const names = once((storages: Context["storages"]) => {
  const all = [...storages.keys()].sort();
  return all.length > 20 ? `${all.slice(0, 20).join(", ")}, …` : all.join(", ");
});

/** What a storage of a content type holds. */
const disksOf = { rootdir: "container disks", images: "disks of virtual machines", backup: "backups" };

/** Reports a storage that is unknown or lacks a wanted content type. */
export function checkStorage(
  context: Context,
  report: Report,
  path: (string | number)[],
  id: string | undefined,
  content: keyof typeof disksOf,
): void {
  if (id === undefined || context.hypervisor === undefined) return;
  const held = context.storages.get(id);
  if (held === undefined) {
    report.warning(
      path,
      "is a storage that neither these files make nor Proxmox ships",
      `make it on the host before the first run, or name one of ${names(context.storages)}`,
      id,
    );
  } else if (!held.includes(content)) {
    report.mistake(
      path,
      `is a storage that holds no ${disksOf[content]}`,
      `add ${content} to its dataset's proxmox_content_type, or name another storage`,
      id,
    );
  }
}
