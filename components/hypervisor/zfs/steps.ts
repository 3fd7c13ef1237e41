/** The steps of the ZFS area as plain data: which scripts bring them about, check them and undo them. */
import { join } from "node:path";
import type { DatasetSpec, PoolSpec, StorageSpec } from "../../../config";
import { made } from "../guest-needs";

export interface ZfsStep {
  /** Name within the area, such as `pool-quick`. */
  name: string;
  /** Script file that converges. */
  script: string;
  /**
   * Script file that only looks, with the same settings: one JSON line `{changed: false, deviations: [text]}`
   * with `warnings`, `health` and `disks` as the converging script has them, and exit code 0.
   */
  verify: string;
  /** Script file that takes it away again; nothing happens on the host without it. */
  remove?: string;
  /** As `StepArgs` has it. */
  makes?: string[];
  settings: Record<string, unknown>;
}

const script = (name: string) => join(__dirname, "scripts", `${name}.sh`);
/** A script, and the one that only looks what it would do. */
const scripts = (name: string) => ({ script: script(name), verify: script(`${name}-look`) });

/** A pool. It is destroyed with the step only when it says so itself. */
export function poolStep(pool: PoolSpec, storages: StorageSpec[] = []): ZfsStep {
  const { destroyOnTeardown, ...settings } = pool;
  return {
    name: `pool-${pool.name}`,
    ...scripts("pool"),
    ...(destroyOnTeardown && {
      remove: script("pool-destroy"),
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
    ...scripts("dataset"),
    ...(destroyOnTeardown && {
      remove: script("dataset-destroy"),
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
    script: script("wanted"),
    remove: script("wanted-remove"),
    settings: { name: settings.name },
  };
}

/** A storage of Proxmox VE over a dataset. */
export function storageStep({ id, type, content, pool, path }: StorageSpec): ZfsStep {
  return {
    name: `storage-${id}`,
    ...scripts("storage"),
    remove: script("storage-remove"),
    makes: [made.storage(id)],
    settings: { id, type, location: type === "dir" ? path : pool, content },
  };
}

/** The limit of ZFS's cache, GiB. */
export function arcStep(arcMaxGb: number): ZfsStep {
  return {
    name: "arc",
    ...scripts("arc"),
    remove: script("arc-remove"),
    settings: { arcMaxGb },
  };
}
