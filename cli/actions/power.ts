import type { PowerState } from "../../config/power";
import type { CommonOptions } from "../arguments";
import { EngineSession, showCommand } from "../engine";
import { UserError } from "../errors";
import { checkEstate } from "../estate";
import { guestsNamed } from "../guests";
import { Ssh } from "../ssh";
import { guestStep, guestTitle, type StateGuest } from "../state";
import { chooseStack, estateFiles, readStack, type Stack } from "../stack";
import { runExplained } from "./converge";

export interface PowerOptions extends CommonOptions {
  dryRun?: boolean;
}

/**
 * Writes the power state to the stack's settings and runs the guests' power steps. A dry run gives it to the preview only.
 */
export async function power(state: PowerState, words: readonly string[], options: PowerOptions) {
  const stack = readStack(chooseStack(options.stack));
  checkEstate(estateFiles(stack));
  const session = await EngineSession.open(stack, options.engine, false, { PHOENIX_WARNINGS_SHOWN: "true" });
  const guests = guestsNamed(await session.stateSoFar(), stack.name, words);
  refuseWithoutPower(guests, stack, state);
  await session.connect();
  process.stderr.write(`${session.header()}\n`);
  const targets = guests.flatMap((guest) => ["--target", `**::${guest.resource}-power`]);
  const common = ["--stack", stack.name, ...(options.json ? ["--json"] : [])];
  if (options.dryRun) {
    session.env.PHOENIX_POWER = JSON.stringify(Object.fromEntries(guests.map(({ id }) => [id, state])));
    return runExplained(session, "preview", [...common, ...targets]);
  }

  for (const { id } of guests) {
    const set = ["config", "set", "--stack", stack.name, "--path", `phoenix:power["${id}"]`, state];
    showCommand(set);
    await session.read([...set, "--non-interactive"]);
  }
  const code = await runExplained(session, "up", [...common, "--yes", "--skip-preview", ...targets]);
  if (code === 0) await makeSure(session, guests, state);
  return code;
}

/** @throws UserError for guests that have no power step, before anything is written */
function refuseWithoutPower(guests: readonly StateGuest[], { config }: Stack, state: PowerState): void {
  const template = guests.find((guest) => guest.template);
  if (template)
    throw new UserError(`${guestTitle(template)} is a template and does not run. Nothing was changed.`);
  const adopted = (config["phoenix:adopted"] ?? {}) as Record<string, unknown>;
  const adoptedGuest = guests.find((guest) => guest.leftAsAdopted && String(guest.id) in adopted);
  if (!adoptedGuest) return;
  const onNode = `${adoptedGuest.kind === "CT" ? "pct" : "qm"} ${state === "running" ? "start" : "shutdown"} ${adoptedGuest.id}`;
  throw new UserError(
    `${guestTitle(adoptedGuest)} is left as it was adopted until its entry changes. Nothing was changed.\n` +
      `Do it on the node (${onNode}), or set state in its entry and run \`phoenix up\`.`,
  );
}

/**
 * The engine runs a step only when the wanted state has changed. If somebody else stopped or started the guest since, the
 * same script is run here.
 */
async function makeSure(session: EngineSession, guests: readonly StateGuest[], state: PowerState) {
  const exported = await session.exportState();
  const ssh = await Ssh.open(session);
  try {
    for (const guest of guests) {
      const step = guestStep(exported, guest, "power");
      if (!step)
        throw new UserError(`${guestTitle(guest)} has no power step; phoenix up ${guest.id} makes it.`);
      const { code, stdout, stderr } = await ssh.script(step.script, step.stdin);
      if (code !== 0) throw new UserError(`${guestTitle(guest)} is not ${state}:\n${stderr.trim()}`);
      const { did } = JSON.parse(stdout) as { did: string[] };
      for (const line of did) process.stderr.write(`${line}\n`);
    }
  } finally {
    ssh.close();
  }
}
