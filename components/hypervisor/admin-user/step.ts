/** The administrator's account. */
import type { AdminSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { Secret } from "../../../plan/values";
import { made } from "../guest-needs";

export interface Settings {
  /** Name of the Linux user, and of the user of Proxmox VE's realm pam. */
  username: string;
  /** Whether the user joins the group sudo. */
  sudo: boolean;
  /** Hash as /etc/shadow has it; NOT_SET leaves the password alone. */
  passwordHash: Secret;
  /** One line of authorized_keys; empty for none. */
  sshPublicKey: string;
}

export interface AdminUserArgs {
  user: AdminSpec;
  /** Hash of the password, instead of the one in the files; a secret in both cases. */
  passwordHash?: Secret;
}

/** The step that makes the account, what looks at it, and what takes it away. */
export function adminUserStep({ user, passwordHash }: AdminUserArgs): StepBody<Settings> {
  return {
    ...roomScripts(__dirname),
    makes: [made.user(user.username)],
    settings: {
      username: user.username,
      sudo: user.sudo,
      passwordHash: passwordHash ?? new Secret(user.passwordHash),
      sshPublicKey: user.sshPublicKey,
    },
  };
}
