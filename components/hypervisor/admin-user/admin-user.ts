import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { AdminSpec } from "../../../config";
import type { Host, StepArgs } from "../../host";
import { made } from "../guest-needs";

const script = (name: string) => join(__dirname, "scripts", `${name}.sh`);

export interface AdminUserArgs {
  host: Host;
  user: AdminSpec;
  /** Hash of the password, in the place of the user's own; kept as a secret either way. */
  passwordHash?: pulumi.Input<string>;
}

/**
 * The administrator: a Linux user, the user of the same name in Proxmox VE's realm pam as Administrator, sudo,
 * a password's hash and a key. `destroy` takes away what was made here; the home stays, and so does an account
 * that was there before.
 */
export class AdminUser extends pulumi.ComponentResource {
  /** What must be there before a step that needs the account. */
  readonly done: pulumi.Resource[];

  constructor(name: string, args: AdminUserArgs, opts?: pulumi.ComponentResourceOptions) {
    super("phoenix:hypervisor:AdminUser", name, {}, opts);
    const step = adminUserStep(args);
    this.done = [args.host.step(`${name}-account`, step, { parent: this, dependsOn: opts?.dependsOn })];
    this.registerOutputs({});
  }
}

/** The step that makes the account, and what takes it away: scripts and settings. */
export function adminUserStep(args: Omit<AdminUserArgs, "host">): StepArgs {
  return {
    script: script("admin-user"),
    remove: script("admin-user-remove"),
    makes: [made.user(args.user.username)],
    settings: adminUserSettings(args),
  };
}

/** What looks at the account and changes nothing: script and settings of a step. */
export function adminUserVerify(args: Omit<AdminUserArgs, "host">): StepArgs {
  return { script: script("verify"), settings: adminUserSettings(args) };
}

function adminUserSettings({ user, passwordHash }: Omit<AdminUserArgs, "host">): StepArgs["settings"] {
  return {
    username: user.username,
    sudo: user.sudo,
    passwordHash: pulumi.secret(passwordHash ?? user.passwordHash),
    sshPublicKey: user.sshPublicKey,
  };
}
