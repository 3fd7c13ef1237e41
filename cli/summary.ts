import { type Failure, failures, finished } from "./events";
import type { ContainerSpec, VmSpec } from "../config/model";
import { hostNeeds, resourceOf, stepOf, withDependencies } from "./needs";
import { guestsOf, type Scope, specTitle } from "./scope";

/** What a run that failed was. */
export interface FailedRun {
  stack: string;
  /** preview, up, refresh or destroy. */
  command: string;
  /** Path of the engine's events. */
  log: string;
  /** What an `up` was about. */
  scope?: Scope;
}

/** What failed and why, what was left out because of it, and what to do next; "" when no step failed. */
export function failureText({ stack, command, log, scope }: FailedRun): string {
  const failed = failures(log);
  if (failed.length === 0) return "";
  const steps = failed.map(
    ({ resource, operation, lines }) =>
      `\n  ${operation} ${resource}\n${lines.map((line) => `    ${line}\n`).join("")}`,
  );
  const again = ["phoenix", command, ...(scope?.words ?? [])].join(" ");
  const next =
    command === "preview"
      ? "Nothing was changed."
      : `What does not depend on them is done. Mend the cause and run \`${again}\` again: ` +
        "it goes on where this one stopped.";
  return (
    `\n${failed.length} ${failed.length === 1 ? "step" : "steps"} failed:\n${steps.join("")}` +
    `${failed.map((failure) => protectionRemedy(stack, failure, scope)).join("")}\n` +
    `${scope && command === "up" ? guestsText(scope, failed, finished(log)) : ""}` +
    `${next}\nAll events: ${log}\n`
  );
}

/** A line for each guest that is not done. */
function guestsText(scope: Scope, failed: readonly Failure[], ended: ReadonlySet<string>): string {
  const { estate, containers, vms, chosen } = scope;
  const touched = guestsOf(estate).filter((spec) => [...containers, ...vms].includes(spec));
  if (touched.length === 0) return "";
  const steps = new Map<ContainerSpec | VmSpec, string[]>();
  for (const { spec, step } of failed.flatMap(({ name }) => stepOf(estate, name) ?? [])) {
    steps.set(spec, [...(steps.get(spec) ?? []), step]);
  }
  const lines = touched.flatMap((spec) => {
    const title = specTitle(spec, chosen);
    const own = steps.get(spec);
    if (own) return [`  ${title}: failed at ${own.join(", ")}\n`];
    if (ended.has(`${resourceOf(spec)}-define`)) return [];
    const causes = causesOf(scope, spec, steps, failed);
    return [`  ${title}: ${causes.length > 0 ? `skipped, it needs ${causes.join(", ")}` : "not reached"}\n`];
  });
  const done = touched.length - lines.length;
  const kind = vms.length === 0 ? "container" : containers.length === 0 ? "virtual machine" : "guest";
  const count = `${touched.length} ${kind}${touched.length === 1 ? "" : "s"}`;
  return `${done} of ${count} done${lines.length > 0 ? ":" : "."}\n${lines.join("")}`;
}

/** Why a guest was skipped: the guests it needs that failed, else the host's steps. */
function causesOf(
  { estate, chosen }: Scope,
  spec: ContainerSpec | VmSpec,
  steps: ReadonlyMap<ContainerSpec | VmSpec, string[]>,
  failed: readonly Failure[],
): string[] {
  const needed = withDependencies(estate, ["ctid" in spec ? spec.ctid : spec.name]);
  // Nothing waits for a hook.
  const broken = [...needed.containers, ...needed.vms].filter((other) =>
    steps.get(other)?.some((step) => step !== "hook"),
  );
  if (broken.length > 0) return broken.map((other) => specTitle(other, chosen));
  const names = hostNeeds(estate, needed);
  return failed.map(({ name }) => name).filter((name) => names.some((need) => covers(need, name)));
}

function covers(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/** Pulumi's own advice on a protected resource is for who writes the program, not for who uses it. */
function protectionRemedy(stack: string, { name, lines }: Failure, scope: Scope | undefined): string {
  const [, kind, ref = ""] = /^(ct|vm)-(.+)-define$/.exec(name) ?? [];
  if (kind === undefined || !/protect/.test(lines.join(" "))) return "";
  const isMachine = kind === "vm";
  const id = isMachine ? (scope?.chosen.get(ref) ?? ref) : ref;
  return (
    `\n${isMachine ? "VM" : "CT"} ${id} would be deleted, with its ${isMachine ? "" : "root "}disk: Phoenix protects ` +
    `${isMachine ? "virtual machines" : "containers"} from that. Take the change back; or, if it may go,\n` +
    `  to have it made anew:    pulumi config set --stack ${stack} --path 'phoenix:allowRecreate[0]' ${id}\n` +
    `  when its entry is gone:  phoenix destroy ${id}\n` +
    "One whose entry says protect may go neither way before that is taken back.\n"
  );
}
