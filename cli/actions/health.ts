import { dirname, join } from "node:path";
import { scriptText, settingsText } from "../../components/host/script";
import { guestsOf } from "../../config/guests";
import type { ContainerSpec, VmSpec } from "../../config/model";
import { Edges } from "../../plan/edges";
import { planEstate } from "../../plan/estate";
import type { ScriptStep } from "../../plan/step";
import { titleOf } from "../../plan/titles";
import type { CommonOptions } from "../arguments";
import { EngineSession } from "../engine";
import { checkEstate } from "../estate";
import { chosenIds } from "../guests";
import { factsOf } from "../plan";
import { plain } from "../plain";
import { guestNamed, hasChosenIds, requireGuests } from "../scope";
import { Ssh } from "../ssh";
import { chooseStack, estateFiles, readStack } from "../stack";
import { guestTitle } from "../state";

/** Checks that run side by side. A stock sshd drops some of more than ten connections that come at once. */
const AT_ONCE = 8;

/** The result of a guest's health check. */
interface Health {
  /** Of a container. */
  ctid?: number;
  /** Of a virtual machine; absent while it does not exist yet. */
  vmid?: number;
  name: string;
  /** `none`: it has neither a health check nor a GPU; `stopped`: it is stopped on purpose. */
  status: "ok" | "failed" | "none" | "stopped";
  reason?: string;
}

/** The check itself; the script of a container's step would also roll back to the run's savepoint. */
const script = ({ script: inRun }: ScriptStep) => scriptText(join(dirname(inRun), "health.sh"));

/** The script's own error; without one, the last line that ssh or an interpreter printed. */
function reasonOf(stderr: string, code: number): string {
  const lines = plain(stderr)
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const own = lines.filter((line) => line.startsWith("phoenix: ")).at(-1);
  if (own !== undefined) return own.slice("phoenix: ".length);
  const last = lines.at(-1) ?? `exit code ${code}`;
  // The exit code of ssh's own failures.
  return code === 255 ? `the host was not reached: ${last}` : last;
}

/** Runs a health step's script; `settings` are the step's. */
async function run(ssh: Ssh, text: string, settings: object): Promise<Pick<Health, "status" | "reason">> {
  const { code, stderr } = await ssh.script(text, settingsText(settings));
  return code === 0 ? { status: "ok" } : { status: "failed", reason: reasonOf(stderr, code) };
}

/** What a guest is called in the results. */
type Known = Pick<Health, "ctid" | "vmid" | "name">;

/** Whether the guest is stopped at the end of the plan. */
function isStopped(edges: Edges, title: string): boolean {
  const power = edges.scriptOf(title, "power")?.settings as { state?: string } | undefined;
  return power?.state === "stopped" || edges.scriptOf(title, "template") !== undefined;
}

/** Runs the check that the plan has for a guest, with the same settings. */
async function check(ssh: Ssh, edges: Edges, spec: ContainerSpec | VmSpec, known: Known): Promise<Health> {
  const title = titleOf(spec);
  if (isStopped(edges, title)) return { ...known, status: "stopped" };
  const step = edges.scriptOf(title, "health");
  if (!step) return { ...known, status: "none" };
  if ("ctid" in spec) return { ...known, ...(await run(ssh, script(step), step.settings)) };
  const { vmid, name } = known;
  if (vmid === undefined) {
    return { ...known, status: "failed", reason: `it is not made yet; run 'phoenix up ${name}'` };
  }
  // A machine that somebody stopped fails the check, and is not started for it.
  const settings = { ...step.settings, vmid, start: false };
  return { ...known, ...(await run(ssh, script(step), settings)) };
}

/** A machine without a VMID does not exist yet. */
function knownOf(spec: ContainerSpec | VmSpec, chosen: ReadonlyMap<string, number>): Known {
  const { name } = spec;
  if ("ctid" in spec) return { ctid: spec.ctid, name };
  const vmid = spec.vmid ?? chosen.get(name);
  return { ...(vmid !== undefined && { vmid }), name };
}

/** Results in the order of the items, at most {@link AT_ONCE} at a time. */
async function sideBySide<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = [...items.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

function line({ ctid, vmid, name, status, reason }: Health): string {
  const said = {
    ok: "ok",
    failed: `failed: ${reason}`,
    none: "no health check",
    stopped: "stopped, as it is to be",
  };
  return `${guestTitle({ kind: ctid === undefined ? "VM" : "CT", id: ctid ?? vmid, name })}: ${said[status]}\n`;
}

/** Runs the health checks of an `up` now. */
export async function health(words: readonly string[], options: CommonOptions): Promise<number> {
  const stack = readStack(chooseStack(options.stack));
  const estate = checkEstate(estateFiles(stack));
  requireGuests(estate, stack.name, words, undefined);

  const session = await EngineSession.open(stack, options.engine, false);
  const chosen = hasChosenIds(estate)
    ? chosenIds(await session.stateSoFar(), estate)
    : new Map<string, number>();
  requireGuests(estate, stack.name, words, chosen);
  await session.ensureStack();
  await session.connect();
  process.stderr.write(`${session.header()}\n`);
  const named = words.map((word) => guestNamed(estate, word, chosen));
  const guests = guestsOf(estate).filter((spec) => words.length === 0 || named.includes(spec));

  const ssh = await Ssh.open(session);
  try {
    const edges = new Edges(planEstate(estate, factsOf(stack, chosen)));
    const results = await sideBySide(guests, (spec) => check(ssh, edges, spec, knownOf(spec, chosen)));
    const ok = results.every(({ status }) => status !== "failed");
    const containers = results.filter((_result, place) => "ctid" in guests[place]!);
    const vms = results.filter((result) => !containers.includes(result));
    process.stdout.write(
      options.json ? `${JSON.stringify({ ok, containers, vms }, null, 2)}\n` : results.map(line).join(""),
    );
    return ok ? 0 : 1;
  } finally {
    ssh.close();
  }
}
