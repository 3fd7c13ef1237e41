import { type Failure, failures, finished } from "./events";
import { hostNeeds, ownNamesOfVm, withDependencies } from "./needs";
import { type Scope, title, vmTitle } from "./scope";

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
    `${failed.map((failure) => protectionRemedy(stack, failure)).join("")}\n` +
    `${scope && command === "up" ? containersText(scope, failed, finished(log)) : ""}` +
    `${next}\nAll events: ${log}\n`
  );
}

/** A step of a container: `ct-950-health` is `{ctid: 950, step: "health"}`. */
function containerStep(name: string): { ctid: number; step: string } | undefined {
  const [, ctid, step = ""] = /^ct-(\d+)-(.+)$/.exec(name) ?? [];
  return ctid === undefined ? undefined : { ctid: Number(ctid), step };
}

/** A line for each container that is not done. */
function containersText(scope: Scope, failed: readonly Failure[], ended: ReadonlySet<string>): string {
  const { containers } = scope;
  if (containers.length === 0) return "";
  const steps = new Map<number, string[]>();
  for (const { ctid, step } of failed.flatMap(({ name }) => containerStep(name) ?? [])) {
    steps.set(ctid, [...(steps.get(ctid) ?? []), step]);
  }
  const lines = containers.flatMap((container) => {
    const own = steps.get(container.ctid);
    if (own) return [`  ${title(container)}: failed at ${own.join(", ")}\n`];
    if (ended.has(`ct-${container.ctid}-define`)) return [];
    const causes = causesOf(scope, container.ctid, steps, failed);
    return [
      `  ${title(container)}: ${causes.length > 0 ? `skipped, it needs ${causes.join(", ")}` : "not reached"}\n`,
    ];
  });
  const done = containers.length - lines.length;
  const count = `${containers.length} ${containers.length === 1 ? "container" : "containers"}`;
  return `${done} of ${count} done${lines.length > 0 ? ":" : "."}\n${lines.join("")}`;
}

/** Why a container was skipped: the containers it needs that failed, else the host's steps. */
function causesOf(
  { estate }: Scope,
  ctid: number,
  steps: ReadonlyMap<number, string[]>,
  failed: readonly Failure[],
): string[] {
  const needed = withDependencies(estate, [ctid]);
  // Nothing waits for a hook.
  const broken = needed.containers.filter((other) => steps.get(other.ctid)?.some((step) => step !== "hook"));
  const machines = needed.vms.filter((vm) =>
    failed.some(({ name }) => ownNamesOfVm(vm).some((own) => covers(own, name))),
  );
  if (broken.length + machines.length > 0) return [...broken.map(title), ...machines.map(vmTitle)];
  const names = hostNeeds(estate, needed);
  return failed.map(({ name }) => name).filter((name) => names.some((need) => covers(need, name)));
}

function covers(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/** Pulumi's own advice on a protected resource is for who writes the program, not for who uses it. */
function protectionRemedy(stack: string, { name, lines }: Failure): string {
  const at = containerStep(name);
  if (at?.step !== "define" || !/protect/.test(lines.join(" "))) return "";
  return (
    `\nCT ${at.ctid} would be deleted, with its root disk: Phoenix protects containers from that. ` +
    "Take the change back; or, if it may go,\n" +
    `  to have it made anew:    pulumi config set --stack ${stack} --path 'phoenix:allowRecreate[0]' ${at.ctid}\n` +
    `  when its entry is gone:  phoenix destroy ${at.ctid}\n` +
    "One whose entry says protect may go neither way before that is taken back.\n"
  );
}
