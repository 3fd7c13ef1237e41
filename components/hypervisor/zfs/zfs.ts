import type * as pulumi from "@pulumi/pulumi";
import { PlannedComponent } from "../../planned-component";

/**
 * Pools, datasets, the storages on them, and the limit of ZFS's cache.
 *
 * A pool or dataset has a delete step only where the configuration says `destroy_on_teardown` for that one:
 * neither `destroy` nor a removed entry deletes other data. A storage is only an entry of Proxmox VE's configuration, and
 * is removed when this stack made it.
 */
export class Zfs extends PlannedComponent {
  /** By id: a storage of type dir with its path, or of type zfspool with its dataset. */
  declare readonly storages: pulumi.Output<Record<string, { type: string; path?: string; pool?: string }>>;
}
