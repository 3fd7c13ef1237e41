import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entryOf, type Adoptable, type Refused } from "../adopt/entries";
import { plan, writeTexts, type Planned } from "../adopt/files";
import { hostDiffers } from "../adopt/host";
import { complete, containerValues, machineValues } from "../adopt/record";
import type { CommonOptions } from "../arguments";
import { ask, requireTerminal } from "../confirm";
import { EngineSession } from "../engine";
import { BAD_ARGUMENTS, UserError } from "../errors";
import { checkEstate, shown } from "../estate";
import { Ssh } from "../ssh";
import { guestsInState } from "../state";
import { chooseStack, estateFiles, readStack, type EstateFiles } from "../stack";
import { surveyNode, type Survey } from "../survey";

const titleOf = ({ kind, id, name }: Pick<Adoptable, "kind" | "id" | "name">) =>
  `${kind === "lxc" ? "CT" : "VM"} ${id} ${name}`.trimEnd();

/** @throws UserError for a word that is no id */
function guestIds(words: readonly string[]): number[] {
  const wrong = words.find((word) => !/^[1-9][0-9]{2,8}$/.test(word));
  if (wrong === undefined) return [...new Set(words.map(Number))];
  throw new UserError(`phoenix adopt takes CTIDs and VMIDs, and "${wrong}" is none.`, BAD_ARGUMENTS);
}

/** The guests that neither the files nor the state have; of these, those that were asked for. */
function candidates(survey: Survey, known: ReadonlySet<number>, ids: readonly number[]) {
  const missing = ids.filter((id) => !survey.guests.some((guest) => guest.id === id));
  if (missing.length > 0) {
    const has = survey.guests.map(({ id }) => id).join(", ") || "none";
    throw new UserError(
      `Node ${survey.hostname} has no guest ${missing.join(", ")}; it has ${has}.`,
      BAD_ARGUMENTS,
    );
  }
  const taken = ids.filter((id) => known.has(id));
  if (taken.length > 0) {
    throw new UserError(
      `${taken.join(", ")}: in the stack or its files already. Nothing was changed.`,
      BAD_ARGUMENTS,
    );
  }
  return survey.guests.filter(({ id }) => !known.has(id) && (ids.length === 0 || ids.includes(id)));
}

function report(guests: readonly Adoptable[], refused: readonly Refused[]): string {
  const left = (items: readonly string[]) =>
    items.map((item) => `    not in its entry, stays as it is: ${item}\n`).join("");
  return (
    guests.map((guest) => `  ${titleOf(guest)}\n${left(guest.left)}`).join("") +
    refused.map((guest) => `  ${titleOf(guest)}: left out, its entry cannot say it: ${guest.why}\n`).join("")
  );
}

/**
 * Writes files and settings, and has the engine read the guests into the state.
 *
 * @param onlyHeld whether nothing of the stack has a step on the host
 */
async function take(
  session: EngineSession,
  files: EstateFiles,
  planned: Planned,
  state: string,
  onlyHeld: boolean,
): Promise<number> {
  const { guests, texts, digests } = planned;
  const { stack } = session;
  writeTexts(files, texts);
  const set = async (key: string, value: string, ...flags: string[]) =>
    session.read(["config", "set", "--stack", stack.name, "--non-interactive", ...flags, key, value]);
  for (const { id } of guests) await set(`phoenix:adopted["${id}"]`, digests.get(id)!, "--path");
  if (!state.includes('::host-prepare"') && stack.config["phoenix:hostSetup"] === undefined) {
    await set("phoenix:hostSetup", "false");
    process.stderr.write("The host itself is left as it is (phoenix:hostSetup is false in the stack).\n");
  }
  const names = new Map(
    guests.map((guest) => [
      guest.kind === "lxc" ? `ct-${guest.id}` : `vm-${guest.id}`,
      guest.kind === "lxc" ? containerValues(String(guest.entry.template)) : machineValues,
    ]),
  );
  // The host's guard depends on all of the host's steps: here it can be made only where there are none.
  const guards = onlyHeld ? ["host-guard"] : [];
  const own = [...names.keys()].flatMap((name) => [name, `${name}-define`, `${name}-guard`]);
  const targets = ["host", "guests", "vms", ...guards, ...own];
  const flags = targets.flatMap((name) => ["--target", `**::${name}`]);
  await readIn(session, new Map([...names].map(([name, change]) => [`${name}-define`, change])), flags);
  return session.run(["preview", "--stack", stack.name, "--expect-no-changes", ...flags], {
    stdout: "stderr",
  });
}

type Change = (values: Record<string, unknown>) => Record<string, unknown>;

/**
 * The engine imports the guests. Values that a node does not record are then missing in the state, and are added to it.
 * @throws UserError with what the engine said when a guest could not be read
 */
async function readIn(session: EngineSession, changes: Map<string, Change>, flags: string[]): Promise<void> {
  const { name } = session.stack;
  const said = await session
    .read(["up", "--stack", name, "--yes", "--skip-preview", "--continue-on-error", ...flags])
    .catch((error: UserError) => error.message);
  const { state, missing } = complete(await session.exportState(), changes);
  if (missing.length > 0) {
    throw new UserError(
      `${said.trim()}\n${missing.join(", ")}: could not be read into the state; the next up tries again.`,
    );
  }
  const folder = mkdtempSync(join(tmpdir(), "phoenix-adopt-"));
  try {
    writeFileSync(join(folder, "state.json"), state, { mode: 0o600 });
    await session.read(["stack", "import", "--stack", name, "--file", join(folder, "state.json")]);
    // Guards depend on the guests and are not checked here; the preview that follows checks them.
    await session.read(["up", "--stack", name, "--yes", "--skip-preview", ...flags]).catch(() => "");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes an existing node's guests to files and state. */
export async function adopt(words: readonly string[], options: CommonOptions): Promise<number> {
  const ids = guestIds(words);
  if (!options.yes) requireTerminal("adopt");
  const stack = readStack(chooseStack(options.stack));
  const files = estateFiles(stack);
  const estate = checkEstate(files);
  const session = await EngineSession.open(stack, options.engine, true, { PHOENIX_WARNINGS_SHOWN: "true" });
  process.stderr.write(`${session.header()}\n`);
  const state = await session.ensureStack();
  const ssh = await Ssh.open(session);
  let survey: Survey;
  try {
    survey = await surveyNode(ssh, session.header());
  } finally {
    ssh.close();
  }
  const known = new Set([
    ...guestsInState(state).map(({ id }) => id),
    ...estate.containers.map(({ ctid }) => ctid),
    ...estate.vms.flatMap(({ vmid }) => vmid ?? []),
  ]);
  const read = candidates(survey, known, ids).map((guest) => entryOf(guest, survey));
  const planned = plan(
    files,
    read.filter((one) => "entry" in one),
  );
  const refused = [...read.filter((one) => "why" in one), ...planned.refused];
  const { guests } = planned;
  process.stderr.write(
    `${guests.length} of ${read.length} guests of node ${survey.hostname} go into ${shown(files.lxcConfigs)}, ` +
      `${shown(files.hypervisorConfig)} and the stack, and are left as they are:\n${report(guests, refused)}`,
  );
  const isHostOurs = state.includes('::host-prepare"') || stack.config["phoenix:hostSetup"] !== undefined;
  if (!isHostOurs) process.stderr.write(await hostDiffers(session));
  if (options.json)
    process.stdout.write(`${JSON.stringify({ adopted: guests, leftOut: refused }, null, 2)}\n`);
  if (guests.length === 0) return 0;
  if (!options.yes && (await ask("Adopt them?", ["yes", "no"])) === "no") {
    process.stderr.write("Nothing was changed.\n");
    return 0;
  }
  const unchanged = guestsInState(state).filter((guest) => guest.leftAsAdopted).length;
  const onlyHeld =
    !state.includes('::host-prepare"') && estate.containers.length + estate.vms.length === unchanged;
  const code = await take(session, files, planned, state, onlyHeld);
  process.stderr.write(
    code === 0
      ? `${guests.length} ${guests.length === 1 ? "guest is" : "guests are"} in the stack. A guest is converged like ` +
          "any other from the first change of its entry on; `phoenix preview` says what that does.\n"
      : "They are in the files and the stack, but the preview shows changes: see there what differs.\n",
  );
  return code;
}
