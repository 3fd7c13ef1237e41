import type * as pulumi from "@pulumi/pulumi";
import { PlannedComponent } from "../../planned-component";

/**
 * The administrator: a Linux user, the user of the same name in Proxmox VE's realm pam as Administrator, sudo,
 * a password's hash and a key. `destroy` removes what was made here; the home stays, and so does an account that existed
 * before.
 */
export class AdminUser extends PlannedComponent {
  declare readonly username: pulumi.Output<string>;
}
