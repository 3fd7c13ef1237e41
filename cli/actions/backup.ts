import { join } from "node:path";
import type { BackUpSettings } from "../../components/guest/backups/settings";
import { scriptText, settingsText } from "../../components/host/script";
import type { Estate } from "../../config/model";
import type { CommonOptions } from "../arguments";
import { EngineSession } from "../engine";
import { UserError } from "../errors";
import { checkEstate } from "../estate";
import { guestsNamed } from "../guests";
import { root } from "../paths";
import { plain } from "../plain";
import { Ssh } from "../ssh";
import { guestTitle, type StateGuest } from "../state";
import { chooseStack, estateFiles, readStack } from "../stack";

export interface BackupOptions extends CommonOptions {
  storage?: string;
  mode?: string;
  compress?: string;
  notes?: string;
  protected?: boolean;
}

/** What came of one guest. */
interface Result {
  id: number;
  volid?: string;
  error?: string;
}

/** A script of components/guest/backups/scripts. */
export const backupScript = (name: string): string =>
  scriptText(join(root, "components", "guest", "backups", "scripts", `${name}.sh`));

/** The storage that a job of the files has for a guest; else the one that Proxmox VE ships for backups. */
function storageFor({ backups }: Estate, guests: readonly StateGuest[]): string {
  const of = ({ options }: Estate["backups"][number], { id }: StateGuest) =>
    options["vmid"]?.split(",").includes(String(id)) ??
    (options["all"] !== undefined && options["exclude"]?.split(",").includes(String(id)) !== true);
  return backups.find((job) => guests.every((guest) => of(job, guest)))?.storage ?? "local";
}

/** Backs guests up now. Exit code 1 when one of them failed. */
export async function backup(words: readonly string[], options: BackupOptions): Promise<number> {
  const stack = readStack(chooseStack(options.stack));
  const estate = checkEstate(estateFiles(stack));
  const session = await EngineSession.open(stack, options.engine, false);
  const guests = guestsNamed(await session.stateSoFar(), stack.name, words);
  await session.connect();
  process.stderr.write(`${session.header()}\n`);
  const storage = options.storage ?? storageFor(estate, guests);
  const settings: BackUpSettings = {
    guests: guests.map(({ id, kind }) => ({ id, kind })),
    storage,
    options: {
      mode: options.mode ?? "snapshot",
      compress: options.compress === "none" ? "0" : (options.compress ?? "zstd"),
      "notes-template": options.notes ?? "{{guestname}}",
      ...(options.protected === true && { protected: "1" }),
    },
  };
  const ssh = await Ssh.open(session);
  try {
    const { code, stdout, stderr } = await ssh.script(
      backupScript("back-up"),
      settingsText(settings),
      (text) => process.stderr.write(text),
    );
    if (code !== 0) throw new UserError(`No backup was made:\n${lastError(stderr)}`);
    const { backups } = JSON.parse(stdout) as { backups: Result[] };
    const ok = backups.every(({ error }) => error === undefined);
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ ok, backups }, null, 2)}\n`
        : backups.map((result) => line(guests, result)).join(""),
    );
    return ok ? 0 : 1;
  } finally {
    ssh.close();
  }
}

function line(guests: readonly StateGuest[], { id, volid, error }: Result): string {
  const title = guestTitle(guests.find((guest) => guest.id === id)!);
  return error === undefined ? `${title}: backed up to ${volid}\n` : `${title}: failed: ${plain(error)}\n`;
}

/** The script's own error, which is its last; without one all that it said. */
export function lastError(stderr: string): string {
  const lines = plain(stderr).trim().split("\n");
  const at = lines.map((text) => text.startsWith("phoenix: ")).lastIndexOf(true);
  return at < 0 ? lines.slice(-20).join("\n") : lines.slice(at).join("\n").slice("phoenix: ".length);
}
