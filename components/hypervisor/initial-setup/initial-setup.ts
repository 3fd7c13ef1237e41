import type * as pulumi from "@pulumi/pulumi";
import { PlannedComponent } from "../../planned-component";

/**
 * The node before anything is kept on it: logs, repositories, packages, clock, names, the bridge's address and
 * ufw.
 */
export class InitialSetup extends PlannedComponent {
  /** Name of the bridge, such as `vmbr0`. */
  declare readonly bridge: pulumi.Output<string>;
  /** The node's address on it, with prefix length. */
  declare readonly address: pulumi.Output<string>;
}
