import type { Backup, RestorePlan, RestoreSettings } from "../../components/guest/backups/settings";
import { settingsText } from "../../components/host/script";
import { stackTag } from "../../components/guest/texts";
import type { CommonOptions } from "../arguments";
import { ask, requireTerminal } from "../confirm";
import { EngineSession } from "../engine";
import { BAD_ARGUMENTS, UserError } from "../errors";
import { guestsNamed, refuseProtected } from "../guests";
import { plain } from "../plain";
import { Ssh } from "../ssh";
import { guestTitle, type StateGuest } from "../state";
import { chooseStack, identityOf, readStack } from "../stack";
import { backupScript, lastError } from "./backup";

export interface RestoreOptions extends CommonOptions {
  from?: string;
  storage?: string;
  force?: boolean;
  list?: boolean;
}

/** Runs a script of the host that answers a document. */
async function answer<T>(
  ssh: Ssh,
  name: string,
  settings: object,
  show?: (text: string) => void,
): Promise<T> {
  const { code, stdout, stderr } = await ssh.script(backupScript(name), settingsText(settings), show);
  if (code !== 0) throw new UserError(lastError(stderr));
  return JSON.parse(stdout) as T;
}

const when = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");

function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** A line for each backup, newest first. */
const listed = (backups: readonly Backup[]): string =>
  backups
    .map(({ volid, time, size: bytes, notes, protected: kept }) => {
      const first = plain(notes).split("\n")[0] ?? "";
      return `${when(time)} UTC  ${size(bytes).padStart(9)}  ${volid}${kept ? "  protected" : ""}${first && `  ${first}`}\n`;
    })
    .join("");

/** The backup that is asked for: by its name, or the newest. */
function chosen(backups: readonly Backup[], guest: StateGuest, from = "latest"): string {
  if (from !== "latest") return from;
  const [newest] = backups;
  if (newest) return newest.volid;
  throw new UserError(
    `${guestTitle(guest)} has no backup on any storage of the node; phoenix backup ${guest.id} makes one.`,
  );
}

/** What somebody has to know before he agrees. */
function consequences(guest: StateGuest, volid: string, plan: RestorePlan): string {
  const title = guestTitle(guest);
  if (!plan.there) return `${title} is not on the node any more, and is made from ${volid}.\n`;
  const lines = [
    `${title} goes back to ${volid}${plan.running ? ", and is stopped for that" : ""}.`,
    `Overwritten: ${plan.back.join(", ")}.`,
    ...(plan.stays.length > 0 ? [`Stays as it is: ${plan.stays.join(", ")}.`] : []),
    ...(plan.snapshots.length > 0 ? [`Snapshots that are lost: ${plan.snapshots.join(", ")}.`] : []),
  ];
  return `${plain(lines.join("\n"))}\n`;
}

/** Brings a guest back from a backup, or lists its backups. */
export async function restore(word: string, options: RestoreOptions): Promise<number> {
  const isAsking = !options.list && !options.yes;
  if (isAsking) requireTerminal("restore");
  if (options.list && options.from !== undefined)
    throw new UserError("phoenix restore --list and --from do not go together.", BAD_ARGUMENTS);
  const stack = readStack(chooseStack(options.stack));
  const session = await EngineSession.open(stack, options.engine, false);
  const [guest] = guestsNamed(await session.stateSoFar(), stack.name, [word]) as [StateGuest];
  await session.connect();
  process.stderr.write(`${session.header()}\n`);
  const ssh = await Ssh.open(session);
  try {
    const { id, kind } = guest;
    const { backups } = await answer<{ backups: Backup[] }>(ssh, "list-backups", { id, kind });
    if (options.list) {
      const none = `${guestTitle(guest)} has no backup on any storage of the node.\n`;
      process.stdout.write(
        options.json ? `${JSON.stringify(backups, null, 2)}\n` : backups.length > 0 ? listed(backups) : none,
      );
      return 0;
    }
    refuseProtected([guest], "it is not overwritten");
    const script = kind === "CT" ? "restore-container" : "restore-machine";
    const settings: RestoreSettings = {
      ...{ id, tag: stackTag(identityOf(stack)), plan: true },
      ...{ from: chosen(backups, guest, options.from), force: options.force === true },
      ...(options.storage !== undefined && { storage: options.storage }),
    };
    const plan = await answer<RestorePlan>(ssh, script, settings);
    process.stderr.write(consequences(guest, settings.from, plan));
    if (isAsking && (await ask("Restore it?", ["yes", "no"])) === "no") {
      process.stderr.write("Nothing was changed.\n");
      return 1;
    }
    const { did } = await answer<{ did: string[] }>(ssh, script, { ...settings, plan: false }, (text) =>
      process.stderr.write(text),
    );
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ id, from: settings.from, did }, null, 2)}\n`
        : `${guestTitle(guest)}: restored from ${settings.from}; phoenix preview ${id} tells what its files say since\n`,
    );
    return 0;
  } finally {
    ssh.close();
  }
}
