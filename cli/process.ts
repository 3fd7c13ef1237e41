import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { Lines, type Redact } from "./logging/redact";

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Where the child's standard output goes: to ours (the default) or to our standard error. */
  stdout?: "stdout" | "stderr";
  /** Filters the output line by line; files that the child creates are not readable for others. */
  redact?: Redact;
}

export interface Captured {
  code: number;
  stdout: string;
  stderr: string;
}

let piped = false;

/** From here on the output of programs passes through this process, so that it can keep a log of it. */
export function passOutputThrough(): void {
  piped = true;
}

/** A child killed by a signal counts as 128 + its number, as in a shell. */
function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal ? constants.signals[signal] : 0);
}

/**
 * Runs a program on our terminal and gives its exit code.
 *
 * The child has a process group of its own, so that Ctrl-C reaches it once, through us, and not a
 * second time from the terminal: Pulumi reads a second SIGINT as "stop at once, leave things half done".
 */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<number> {
  const { redact } = options;
  const mask = redact && process.umask(0o077);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio:
      piped || redact
        ? ["inherit", "pipe", "pipe"]
        : ["inherit", options.stdout === "stderr" ? 2 : "inherit", "inherit"],
    detached: true,
  });
  if (mask !== undefined) process.umask(mask);
  handOn(child.stdout, options.stdout === "stderr" ? process.stderr : process.stdout, redact);
  handOn(child.stderr, process.stderr, redact);
  const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  // SIGTERM and SIGHUP also ask for an orderly end: the engine finishes the steps that run.
  const pass = () => child.kill("SIGINT");
  for (const signal of signals) process.on(signal, pass);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      for (const name of signals) process.off(name, pass);
      resolve(exitCode(code, signal));
    });
  });
}

function handOn(from: Readable | null, to: NodeJS.WriteStream, redact: Redact | undefined): void {
  if (!redact) {
    from?.on("data", (data: Buffer) => to.write(data));
    return;
  }
  const lines = new Lines((line) => to.write(redact(line)));
  from?.on("data", (data: Buffer) => lines.add(data)).on("end", () => lines.end());
}

/** Runs a program, with this input or none, and collects what it writes. */
export function capture(
  command: string,
  args: string[],
  options: RunOptions & { input?: string } = {},
): Promise<Captured> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => undefined); // a program that does not read its input reports that itself
  child.stdin.end(options.input ?? "");
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on("data", (data: Buffer) => chunks.stdout.push(data));
  child.stderr.on("data", (data: Buffer) => chunks.stderr.push(data));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({
        code: exitCode(code, signal),
        stdout: Buffer.concat(chunks.stdout).toString(),
        stderr: Buffer.concat(chunks.stderr).toString(),
      }),
    );
  });
}
