import type * as pulumi from "@pulumi/pulumi";
import { PlannedComponent } from "../../planned-component";

/**
 * The NFS server, an export for each entry of nfs.exports, and each export as a storage of Proxmox VE.
 *
 * Every export has a file of its own below /etc/exports.d and is removed alone; folders and data stay.
 */
export class Nfs extends PlannedComponent {
  /** Exported folders of the node by the storage's id. */
  declare readonly exports: pulumi.Output<Record<string, { path: string }>>;
}
