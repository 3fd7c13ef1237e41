import type * as pulumi from "@pulumi/pulumi";
import { PlannedComponent } from "../../planned-component";

/** The Samba server, its users, the folder of each share, and our own configuration file, which smb.conf includes. */
export class Samba extends PlannedComponent {
  /** Shared folders of the node by the share's name. */
  declare readonly shares: pulumi.Output<Record<string, { path: string }>>;
}
