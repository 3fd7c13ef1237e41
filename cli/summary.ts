import { guestsOf } from "../config/guests";
import type { ContainerSpec, VmSpec } from "../config/model";
import { type Failure, failures, finished, type Interruption, interruption } from "./events";
import { titleOf } from "../plan/titles";
import { guestsAmong, type Scope, specTitle } from "./scope";

/** A run that failed. */
export interface FailedRun {
  stack: string;
  /** preview, up, refresh or destroy. */
  command: string;
  /** Path of the engine's events. */
  log: string;
  /** What an `up` was about. */
  scope?: Scope;
}

/** What failed or was interrupted, what was skipped because of it, and what to do next; "" for a run without failures. */
export function failureText(run: FailedRun): string {
  const { stack, command, log, scope } = run;
  const failed = failures(log);
  const interrupted = interruption(log);
  if (failed.length === 0 && interrupted === undefined) return "";
  const guests = scope && command === "up" ? guestsText(scope, failed, finished(log), interrupted) : "";
  return (
    (interrupted ? interruptedText(command, interrupted) : "") +
    (failed.length > 0 ? failedText(failed) : "") +
    `${failed.map((failure) => protectionRemedy(stack, failure, scope)).join("")}\n` +
    `${guests}${nextText(run, failed, interrupted)}\nAll events: ${log}\n`
  );
}

export const steps = (count: number) => `${count} ${count === 1 ? "step" : "steps"}`;

function interruptedText(command: string, { cutOff }: Interruption): string {
  if (cutOff.length === 0) return `\ninterrupted: ${command} was stopped between steps.\n`;
  return `\ninterrupted: ${steps(cutOff.length)} cut off:\n\n${cutOff.map((name) => `  ${name}\n`).join("")}`;
}

function failedText(failed: readonly Failure[]): string {
  const each = failed.map(
    ({ resource, operation, lines }) =>
      `\n  ${operation} ${resource}\n${lines.map((line) => `    ${line}\n`).join("")}`,
  );
  return `\n${steps(failed.length)} failed:\n${each.join("")}`;
}

function nextText(
  { command, scope }: FailedRun,
  failed: readonly Failure[],
  interrupted: Interruption | undefined,
): string {
  if (command === "preview") return "Nothing was changed.";
  const again = `\`${["phoenix", command, ...(scope?.words ?? [])].join(" ")}\``;
  if (interrupted === undefined) {
    return (
      `What does not depend on them is done. Mend the cause and run ${again} again: ` +
      "it goes on where this one stopped."
    );
  }
  const going =
    interrupted.cutOff.length > 0 ? "What was cut off may still run on the host; it is done again. " : "";
  return `${going}Run ${again} again${failed.length > 0 ? ", the cause mended" : ""}: it goes on where this one stopped.`;
}

/** A line for each guest that is not done. */
function guestsText(
  scope: Scope,
  failed: readonly Failure[],
  ended: ReadonlySet<string>,
  interrupted: Interruption | undefined,
): string {
  const { estate, containers, vms, chosen } = scope;
  const touched = guestsOf(estate).filter((spec) => [...containers, ...vms].includes(spec));
  if (touched.length === 0) return "";
  const failedSteps = stepsByGuest(
    scope,
    failed.map(({ name }) => name),
  );
  const cutOff = stepsByGuest(scope, interrupted?.cutOff ?? []);
  const begun = stepsByGuest(scope, [...(interrupted?.begun ?? [])]);
  const isWhole = (spec: ContainerSpec | VmSpec) =>
    scope
      .edges()
      .stepsOf(titleOf(spec))
      .every((name) => ended.has(name));
  const lines = touched.flatMap((spec) => {
    const title = specTitle(spec, chosen);
    const states = [
      ...(failedSteps.has(spec) ? [`failed at ${failedSteps.get(spec)?.join(", ")}`] : []),
      ...(cutOff.has(spec) ? [`cut off at ${cutOff.get(spec)?.join(", ")}`] : []),
    ];
    if (states.length > 0) return [`  ${title}: ${states.join(", ")}\n`];
    const isDefined = ended.has(`${titleOf(spec)}-define`);
    // The engine stops between steps: only one whose steps all ended is done.
    if (isDefined && (interrupted === undefined || isWhole(spec))) return [];
    const causes = causesOf(scope, spec, failedSteps, failed);
    if (causes.length > 0) return [`  ${title}: skipped, it needs ${causes.join(", ")}\n`];
    if (interrupted === undefined) return [`  ${title}: not reached\n`];
    return [`  ${title}: ${begun.has(spec) ? "not finished" : "not begun"}\n`];
  });
  const whole = touched.length - lines.length;
  const kind = vms.length === 0 ? "container" : containers.length === 0 ? "virtual machine" : "guest";
  const count = `${touched.length} ${kind}${touched.length === 1 ? "" : "s"}`;
  return `${whole} of ${count} done${lines.length > 0 ? ":" : "."}\n${lines.join("")}`;
}

/** The failed or interrupted steps of each guest, by their names within it. */
function stepsByGuest(
  { estate, edges }: Scope,
  names: readonly string[],
): Map<ContainerSpec | VmSpec, string[]> {
  const specs = new Map(guestsOf(estate).map((spec) => [titleOf(spec), spec]));
  const found = new Map<ContainerSpec | VmSpec, string[]>();
  for (const { guest, step } of names.flatMap((name) => edges().stepOf(name) ?? [])) {
    const spec = specs.get(guest)!;
    found.set(spec, [...(found.get(spec) ?? []), step]);
  }
  return found;
}

/** Why a guest was skipped: the guests it needs that failed, else the host's steps. */
function causesOf(
  { estate, edges, chosen }: Scope,
  spec: ContainerSpec | VmSpec,
  steps: ReadonlyMap<ContainerSpec | VmSpec, string[]>,
  failed: readonly Failure[],
): string[] {
  const names = edges().closure([titleOf(spec)]);
  const needed = guestsAmong(estate, names);
  // Nothing waits for a hook.
  const broken = [...needed.containers, ...needed.vms].filter((other) =>
    steps.get(other)?.some((step) => step !== "hook"),
  );
  if (broken.length > 0) return broken.map((other) => specTitle(other, chosen));
  return failed.map(({ name }) => name).filter((name) => names.has(name));
}

/** Pulumi's own advice about a protected resource is for authors of programs; this one is for users. */
function protectionRemedy(stack: string, { name, lines }: Failure, scope: Scope | undefined): string {
  const [, kind, ref = ""] = /^(ct|vm)-(.+)-define$/.exec(name) ?? [];
  if (kind === undefined || !/protect/.test(lines.join(" "))) return "";
  const isMachine = kind === "vm";
  const id = isMachine ? (scope?.chosen.get(ref) ?? ref) : ref;
  return (
    `\n${isMachine ? "VM" : "CT"} ${id} would be deleted, with its ${isMachine ? "" : "root "}disk: Phoenix protects ` +
    `${isMachine ? "virtual machines" : "containers"} from that. Take the change back; or, if it may go,\n` +
    `  to have it recreated:    pulumi config set --stack ${stack} --path 'phoenix:allowRecreate[0]' ${id}\n` +
    `  when its entry is gone:  phoenix destroy ${id}\n` +
    "One whose entry says protect may go neither way before that is taken back.\n"
  );
}
