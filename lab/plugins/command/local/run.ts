import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { constants } from "node:os";
import { quote } from "../../shared/quote";
import { textOf } from "../../shared/wire";
import type { Wire } from "../../shared/wire";
import { OutputLog } from "../logging";
import type { Run } from "../resource";
import { globAssets } from "./globAssets";

/** Runs a command on this machine, by `/bin/sh -c` unless `interpreter` says otherwise. */
export const runLocal: Run = async (command, inputs, previous, context) => {
  if (inputs["archivePaths"] !== undefined)
    throw new Error(
      "archivePaths is not supported by the lab's command plugin; use assetPaths or a file of its own",
    );
  const interpreter = (inputs["interpreter"] ?? []) as string[];
  const [program = "/bin/sh", ...first] = interpreter.length > 0 ? interpreter : ["/bin/sh", "-c"];
  const dir = typeof inputs["dir"] === "string" ? inputs["dir"] : process.cwd();
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...(inputs["environment"] as Record<string, string> | undefined),
  };
  if (inputs["addPreviousOutputInEnv"] !== false) {
    const [stdout, stderr] = [textOf(previous["stdout"]), textOf(previous["stderr"])];
    if (stdout) env["PULUMI_COMMAND_STDOUT"] = stdout;
    if (stderr) env["PULUMI_COMMAND_STDERR"] = stderr;
  }

  const log = new OutputLog(inputs["logging"], context);
  const pieces = { stdout: [] as Buffer[], stderr: [] as Buffer[], both: [] as Buffer[] };
  const failure = await new Promise<string | undefined>((resolve) => {
    const child = spawn(program, [...first, command], {
      cwd: dir,
      env,
      signal: context.signal,
      killSignal: "SIGKILL",
    });
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].on("data", (piece: Buffer) => {
        pieces[stream].push(piece);
        pieces.both.push(piece);
        log.write(stream, piece);
      });
    // A command that ends without reading its standard input is no failure.
    child.stdin.on("error", () => undefined);
    child.stdin.end(typeof inputs["stdin"] === "string" ? inputs["stdin"] : "");
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.name !== "AbortError") resolve(spawnFailure(error, program, dir));
    });
    child.on("close", (code, signal) => {
      if (signal) resolve(`signal: ${signalText(signal)}`);
      else resolve(code === 0 ? undefined : `exit status ${code}`);
    });
  });
  await log.finish();
  if (failure !== undefined)
    throw new Error(`${failure}: running ${quote(command)}:\n${Buffer.concat(pieces.both).toString()}`);

  const outputs: Record<string, Wire> = { stdout: trimmed(pieces.stdout), stderr: trimmed(pieces.stderr) };
  if (inputs["assetPaths"] !== undefined)
    outputs["assets"] = await globAssets(dir, inputs["assetPaths"] as string[]);
  return outputs;
};

function trimmed(pieces: Buffer[]): string {
  return Buffer.concat(pieces).toString().replace(/\n$/, "");
}

function spawnFailure(error: NodeJS.ErrnoException, program: string, dir: string): string {
  if (error.code !== "ENOENT") return `fork/exec ${program}: ${error.message}`;
  if (error.path === program && !program.includes("/"))
    return `exec: ${quote(program)}: executable file not found in $PATH`;
  return isFolder(dir)
    ? `fork/exec ${program}: no such file or directory`
    : `chdir ${dir}: no such file or directory`;
}

function isFolder(dir: string): boolean {
  return statSync(dir, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Names of the signals as Go prints them. */
function signalText(signal: NodeJS.Signals): string {
  const texts: Partial<Record<NodeJS.Signals, string>> = {
    SIGHUP: "hangup",
    SIGINT: "interrupt",
    SIGKILL: "killed",
    SIGTERM: "terminated",
    SIGPIPE: "broken pipe",
    SIGSEGV: "segmentation fault",
    SIGABRT: "aborted",
  };
  return texts[signal] ?? `signal ${constants.signals[signal]}`;
}
