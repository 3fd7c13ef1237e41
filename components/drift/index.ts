/** Looks for drift as the stack's settings ask for it. */
import * as pulumi from "@pulumi/pulumi";
import type { StackSettings } from "../../config/stack";
import type { Plan } from "../../plan/step";
import { stackTag } from "../guest/texts";
import type { Login } from "../host/session";
import { Drift } from "./drift";
import { lookAtSteps } from "./look";
import { HOST_VARIABLE, writeReport } from "./report";
import { withSavepoints } from "./savepoints";
import { inClear } from "./settings";

/** One SSH connection, which changes nothing; none where drift is not looked for. A node that does not answer stops nobody. */
export async function lookForDrift(
  plan: Plan,
  { connection, identity, drift: mode }: Pick<StackSettings, "connection" | "identity" | "drift">,
): Promise<Drift> {
  if (mode === "off") return new Drift(undefined, mode);
  const prune = !pulumi.runtime.isDryRun();
  const of = process.env[HOST_VARIABLE] ? "host" : "applied";
  const began = performance.now();
  const looked = await loginOf(connection)
    .then((login) => lookAtSteps(plan, { login, tag: stackTag(identity), prune, of }))
    .then((found) =>
      mode === "repair" && found.accepts ? { ...found, steps: withSavepoints(plan, found.steps) } : found,
    )
    .catch((error: unknown) => ({ unreachable: error instanceof Error ? error.message : String(error) }));
  const drift = new Drift(looked, mode, Math.round(performance.now() - began));
  writeReport(drift.report);
  return drift;
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
