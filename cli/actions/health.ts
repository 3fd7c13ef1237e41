import { join } from "node:path";
import { healthSettings } from "../../components/container/health/step";
import { stackTag } from "../../components/guest/texts";
import { scriptText, settingsText } from "../../components/host/script";
import { healthSettings as vmHealthSettings } from "../../components/vm/health/step";
import type { ContainerSpec, VmSpec } from "../../config/model";
import { parsePower, powerOf, type PowerSettings } from "../../config/power";
import type { CommonOptions } from "../arguments";
import { EngineSession } from "../engine";
import { checkEstate } from "../estate";
import { chosenIds } from "../guests";
import { root } from "../paths";
import { plain } from "../plain";
import { type ChosenIds, guestNamed, guestsOf, hasChosenIds, requireGuests } from "../scope";
import { Ssh } from "../ssh";
import { chooseStack, estateFiles, identityOf, readStack, type Stack } from "../stack";
import { guestTitle } from "../state";

/** Checks that run side by side. A stock sshd drops some of more than ten connections that come at once. */
const AT_ONCE = 8;

/** What a guest's health check came to. */
interface Health {
  /** Of a container. */
  ctid?: number;
  /** Of a virtual machine; absent while it is not made yet. */
  vmid?: number;
  name: string;
  /** `none`: it has neither a health check nor a GPU; `stopped`: it is not to run. */
  status: "ok" | "failed" | "none" | "stopped";
  reason?: string;
}

/** The same programs as the health steps of an `up`. */
const script = (kind: "container" | "vm") =>
  scriptText(join(root, "components", kind, "health", "health.sh"));

/** The script's own last word; what a connection or an interpreter said, where there is none. */
function reasonOf(stderr: string, code: number): string {
  const lines = plain(stderr)
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const own = lines.filter((line) => line.startsWith("phoenix: ")).at(-1);
  if (own !== undefined) return own.slice("phoenix: ".length);
  const last = lines.at(-1) ?? `exit code ${code}`;
  // The exit code with which ssh tells its own failures.
  return code === 255 ? `the host was not reached: ${last}` : last;
}

/** Runs a health step's script; `settings` are the step's. */
async function run(ssh: Ssh, text: string, settings: object): Promise<Pick<Health, "status" | "reason">> {
  const { code, stderr } = await ssh.script(text, settingsText(settings));
  return code === 0 ? { status: "ok" } : { status: "failed", reason: reasonOf(stderr, code) };
}

interface Context {
  ssh: Ssh;
  tag: string;
  power: PowerSettings;
  chosen: ChosenIds;
}

async function checkContainer(spec: ContainerSpec, { ssh, tag, power }: Context): Promise<Health> {
  const { ctid, name, healthCheck, usesDriver } = spec;
  if (powerOf(ctid, spec.state, power) === "stopped") return { ctid, name, status: "stopped" };
  if (!healthCheck && !usesDriver) return { ctid, name, status: "none" };
  const text = script("container");
  return { ctid, name, ...(await run(ssh, text, healthSettings(spec, tag, ""))) };
}

async function checkMachine(spec: VmSpec, { ssh, tag, power, chosen }: Context): Promise<Health> {
  const { name, healthCheck, isTemplate, state } = spec;
  const vmid = spec.vmid ?? chosen.get(name);
  const known = { ...(vmid !== undefined && { vmid }), name };
  const asked = vmid === undefined ? state : powerOf(vmid, state, power);
  if (isTemplate || asked === "stopped") return { ...known, status: "stopped" };
  if (!healthCheck) return { ...known, status: "none" };
  if (vmid === undefined) {
    return { ...known, status: "failed", reason: `it is not made yet; run 'phoenix up ${name}'` };
  }
  // One that somebody stopped is not well, and is not started to be asked.
  const settings = { ...vmHealthSettings(spec, ""), vmid, name, tag, start: false };
  return { ...known, ...(await run(ssh, script("vm"), settings)) };
}

/** `phoenix:power`; one that is wrong is the program's to report. */
function powerOfStack(stack: Stack): PowerSettings {
  return parsePower(JSON.stringify(stack.config["phoenix:power"] ?? {})) ?? new Map();
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

/** The health checks of an `up`, at any time. */
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
    const context = { ssh, tag: stackTag(identityOf(stack)), power: powerOfStack(stack), chosen };
    const results = await sideBySide(guests, (spec) =>
      "ctid" in spec ? checkContainer(spec, context) : checkMachine(spec, context),
    );
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
