/** Looks for drift as the stack's settings ask for it. */
import * as pulumi from "@pulumi/pulumi";
import type { StackSettings } from "../../config/stack";
import type { Plan } from "../../plan/step";
import { stackTag } from "../guest/texts";
import type { Login } from "../host/session";
import { Drift } from "./drift";
import { lookAtSteps } from "./look";
import { inClear } from "./settings";

/** One SSH connection, which changes nothing; none where drift is not looked for. A node that does not answer stops nobody. */
export async function lookForDrift(
  plan: Plan,
  { connection, identity, drift: mode }: Pick<StackSettings, "connection" | "identity" | "drift">,
): Promise<Drift> {
  if (mode === "off") return new Drift(undefined, mode);
  try {
    const asked = {
      login: await loginOf(connection),
      tag: stackTag(identity),
      prune: !pulumi.runtime.isDryRun(),
    };
    return new Drift(await lookAtSteps(plan, asked), mode);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return new Drift(undefined, mode, [`the node could not be looked at: ${reason}; drift is not shown`]);
  }
}

/** The connection of the steps, in clear. */
async function loginOf(connection: StackSettings["connection"]): Promise<Login> {
  const { privateKey, privateKeyPassword, password, ...plain } = connection;
  return {
    ...plain,
    ...(privateKey && { privateKey: await inClear(privateKey) }),
    ...(privateKeyPassword && { privateKeyPassword: await inClear(privateKeyPassword) }),
    ...(password && { password: await inClear(password) }),
  };
}
