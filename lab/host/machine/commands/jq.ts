/** jq where the machine's own will not do: jq 1.8 in WebAssembly, with the node's files and the caller's streams. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "../../types";
import { inRoot } from "../confined";
import { InputNeeded, runJq } from "./jqProgram";

/** What the archive of Proxmox VE 9 has. */
const version = "jq-1.7.1\n";

/**
 * Whether this machine's jq is like the release's: 8 has 1.6, 9 has 1.7. A jq 1.6 takes twenty times longer to start
 * than its followers, which is most of what a script on a lab's host uses.
 */
export function isJqOf(program: string, release: 8 | 9): boolean {
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  const [, minor] = /^jq-1\.(\d+)/.exec(stdout) ?? [];
  return release === 8 || Number(minor) >= 7;
}

/** Words that an option takes. */
const takes: Record<string, number> = { "--arg": 2, "--argjson": 2, "--rawfile": 2, "--slurpfile": 2 };

/**
 * Whether it is certain that jq reads standard input: its program is the only word besides well-known options. What
 * is not certain is found out by the run, which then has to be made twice.
 */
function readsInput(args: string[]): boolean {
  let words = 0;
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? "";
    if (word === "--args" || word === "--jsonargs") break;
    const more = takes[word];
    if (more !== undefined) index += more;
    else if (!word.startsWith("-")) words += 1;
    else if (!/^-[acejrsCMRS]+$/.test(word)) return false;
  }
  return words === 1;
}

export const jq: Command = async (host, call) => {
  if (call.args.length === 1 && call.args[0] === "--version") return { code: 0, stdout: version };
  const root = call.guest?.root ?? host.root;
  const read = (path: string) => readFileSync(inRoot(root, resolve(call.cwd, path)));
  const run = async (input?: Buffer) => {
    const { code, stdout, stderr } = await runJq(call.args, { read, input });
    return { code, stdout: stdout.toString(), stderr: stderr.toString() };
  };
  if (readsInput(call.args)) return run(await call.stdin());
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof InputNeeded)) throw error;
    return run(await call.stdin());
  }
};
