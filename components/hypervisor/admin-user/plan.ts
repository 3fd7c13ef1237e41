import type { AdminSpec } from "../../../config/model";
import { component } from "../../../plan/build";
import { roomScripts } from "../../../plan/room";
import type { Component, StepBody } from "../../../plan/step";
import { Secret } from "../../../plan/values";
import { made } from "../guest-needs";
import { hostStep } from "../host-step";

export interface AdminUserArgs {
  user: AdminSpec;
  /** Hash of the password, in the place of the user's own; kept as a secret either way. */
  passwordHash?: Secret;
}

/** The component, whose one step is the account. */
export function planAdminUser(
  title: string,
  args: AdminUserArgs,
  parent: string | undefined,
  needs: string[],
): { component: Component; done: string[] } {
  const account = hostStep(`${title}-account`, adminUserStep(args), { needs });
  const outputs = { username: args.user.username };
  return {
    component: component("phoenix:hypervisor:AdminUser", title, { parent, needs, steps: [account], outputs }),
    done: [account.name],
  };
}

/** The step that makes the account, what looks at it, and what takes it away. */
export function adminUserStep({ user, passwordHash }: AdminUserArgs): StepBody {
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
