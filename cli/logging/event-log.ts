/** The engine's events of one run, kept without secrets, for its owner alone. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, closeSync, constants, createReadStream, mkdirSync, mkdtempSync, openSync } from "node:fs";
import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { UserError } from "../errors";
import { root, stateFolder } from "../paths";

/** Folder of the logs, for their owner alone; the modes that earlier versions gave are corrected. */
function logsFolder(): string {
  const folder = join(stateFolder, "logs");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o600);
  return folder;
}

/** A file for the engine's events of one run, below the state folder. */
export function newEventLog(stack: string, command: string): string {
  const time = new Date().toISOString().replace(/[:.]/g, "-");
  return join(logsFolder(), `${stack}-${command}-${time}.jsonl`);
}

/** The pipe between the engine and its log. */
export interface EventPipe {
  /** Where the engine is to write. */
  path: string;
  /** To be called when the engine has ended: then the log is complete. */
  close: () => Promise<void>;
}

/** Opens a pipe whose events end up in the file, without the secrets. @throws UserError where there is no mkfifo */
export function openEventPipe(file: string, secrets: string[]): EventPipe {
  const folder = mkdtempSync(join(tmpdir(), "phoenix-events-"));
  const path = join(folder, "pipe");
  const PATH = [process.env.PATH, "/usr/bin", "/bin"].filter(Boolean).join(delimiter);
  const made = spawnSync("mkfifo", ["-m", "600", path], { encoding: "utf8", env: { PATH } });
  if (made.status !== 0) {
    rmSync(folder, { recursive: true });
    throw new UserError(`mkfifo ${path} failed: ${made.error?.message ?? made.stderr.trim()}`);
  }
  // While phoenix has it open, nothing written is lost, and the reader does not see its end.
  const held = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const reader = openSync(path, constants.O_RDONLY);
  const keeper = spawn(
    process.execPath,
    ["--require", join(root, "scripts", "typescript.js"), join(__dirname, "keep-events.ts"), folder, file],
    // A process group of its own: Ctrl-C is for the engine, whose last events must still be kept.
    { cwd: root, detached: true, stdio: ["pipe", "ignore", "inherit", reader] },
  );
  closeSync(reader);
  keeper.stdin?.on("error", () => undefined);
  keeper.stdin?.end(JSON.stringify(secrets));
  let closing = false;
  const ended = new Promise<void>((resolve) => keeper.once("close", resolve));
  void ended.then(() => {
    // The engine must not wait for a reader that is gone.
    if (!closing)
      createReadStream(path)
        .on("error", () => undefined)
        .resume();
  });
  return {
    path,
    close: async () => {
      closing = true;
      closeSync(held);
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
