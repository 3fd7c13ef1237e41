/** The steps of the ZFS area as plain data: which scripts bring them about, check them and undo them. */
import { join } from "node:path";
import type { DatasetSpec, PoolSpec, StorageSpec } from "../../../config";
import { made } from "../guest-needs";

export interface ZfsStep {
  /** Name within the area, such as `pool-quick`. */
  name: string;
  /** Script files that converge. */
  script: string[];
  /**
   * Script files that only look, with the same settings: one JSON line `{changed: false, deviations: [text]}`
   * with `warnings`, `health` and `disks` as the converging script has them, and exit code 0.
   */
  verify: string[];
  /** Script files that take it away again; nothing happens on the host without them. */
  remove?: string[];
  /** As `StepArgs` has it. */
  makes?: string[];
  settings: Record<string, unknown>;
}

const files = (...names: string[]) => names.map((name) => join(__dirname, "scripts", `${name}.sh`));
/** A script's parts with the library in front; the check has one part more. */
const scripts = (...names: string[]) => ({
  script: files("lib", ...names),
  verify: files("lib", "look", ...names),
});

/** A pool. It is destroyed with the step only when it says so itself. */
export function poolStep(pool: PoolSpec, storages: StorageSpec[] = []): ZfsStep {
  const { destroyOnTeardown, ...settings } = pool;
  return {
    name: `pool-${pool.name}`,
    ...scripts("disks", "members", "properties", "health", "scrub", "pool-make", "pool"),
    ...(destroyOnTeardown && {
      remove: files("lib", "disks", "members", "inside", "scrub", "pool-destroy"),
      makes: storagesBelow(pool.name, storages),
    }),
    settings: { ...settings },
  };
}

/** A dataset. It is destroyed with the step only when it says so itself. */
export function datasetStep(
  { pool, name, fullName, properties, destroyOnTeardown }: DatasetSpec,
  storages: StorageSpec[] = [],
): ZfsStep {
  return {
    name: `dataset-${pool}-${name}`,
    ...scripts("properties", "dataset"),
    ...(destroyOnTeardown && {
      remove: files("lib", "inside", "dataset-destroy"),
      makes: storagesBelow(fullName, storages),
    }),
    settings: { name: fullName, properties },
  };
}

/** Names of the storages on a pool or dataset, or on one below it. */
function storagesBelow(name: string, storages: StorageSpec[]): string[] {
  return storages
    .filter(({ dataset }) => `${dataset}/`.startsWith(`${name}/`))
    .map(({ id }) => made.storage(id));
}

/** Tells the removal of a pool or dataset with destroy_on_teardown whether it is a teardown; see its script. */
export function wantedStep({ name, settings }: ZfsStep): Omit<ZfsStep, "verify"> {
  return {
    name: `wanted-${name}`,
    script: files("lib", "inside", "wanted"),
    remove: files("lib", "inside", "wanted-remove"),
    settings: { name: settings.name },
  };
}

/** A storage of Proxmox VE over a dataset. */
export function storageStep({ id, type, content, pool, path }: StorageSpec): ZfsStep {
  return {
    name: `storage-${id}`,
    ...scripts("stored", "storage"),
    remove: files("lib", "stored", "storage-remove"),
    makes: [made.storage(id)],
    settings: { id, type, location: type === "dir" ? path : pool, content },
  };
}

/** The limit of ZFS's cache, GiB. */
export function arcStep(arcMaxGb: number): ZfsStep {
  return {
    name: "arc",
    ...scripts("arc-file", "arc"),
    remove: files("lib", "arc-file", "arc-remove"),
    settings: { arcMaxGb },
  };
}
