import { component } from "../../../plan/build";
import type { Component } from "../../../plan/step";
import { hostStep } from "../host-step";
import { type AdminUserArgs, adminUserStep } from "./step";

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
