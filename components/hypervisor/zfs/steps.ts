/** The steps of the ZFS area: which scripts bring them about, look at them and take them back. */
import { join } from "node:path";
import type { DatasetSpec, PoolSpec, StorageSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { made } from "../guest-needs";

/** A step, with its name within the area, such as `pool-quick`. */
export type ZfsStep = StepBody<Record<string, unknown>> & { name: string };

const room = (name: string) => roomScripts(join(__dirname, name));
/** What takes a pool or dataset back runs only where it says so itself. */
const withRemoval = (name: string, wanted?: boolean) => {
  const { remove, ...scripts } = room(name);
  return wanted ? { ...scripts, remove } : scripts;
};

/** A pool. It is destroyed with the step only when it says so itself. */
export function poolStep(pool: PoolSpec, storages: StorageSpec[] = []): ZfsStep {
  const { destroyOnTeardown, ...settings } = pool;
  return {
    name: `pool-${pool.name}`,
    ...withRemoval("pool", destroyOnTeardown),
    ...(destroyOnTeardown && { makes: storagesBelow(pool.name, storages) }),
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
    ...withRemoval("dataset", destroyOnTeardown),
    ...(destroyOnTeardown && { makes: storagesBelow(fullName, storages) }),
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
export function wantedStep({ name, settings }: ZfsStep): ZfsStep {
  return {
    name: `wanted-${name}`,
    ...room("wanted"),
    settings: { name: settings.name },
  };
}

/** A storage of Proxmox VE over a dataset. */
export function storageStep({ id, type, content, pool, path }: StorageSpec): ZfsStep {
  return {
    name: `storage-${id}`,
    ...room("storage"),
    makes: [made.storage(id)],
    settings: { id, type, location: type === "dir" ? path : pool, content },
  };
}

/** The limit of ZFS's cache, GiB. */
export function arcStep(arcMaxGb: number): ZfsStep {
  return {
    name: "arc",
    ...room("arc"),
    settings: { arcMaxGb },
  };
}
