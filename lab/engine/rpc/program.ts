import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { UserError } from "../errors";
import type { Project } from "../store/project";

/** The SDK's runner ends with this status when it has told the user what is wrong. */
const ALREADY_TOLD = 32;

const END_WITH_ENGINE = join(__dirname, "endWithEngine.cjs");

export interface ProgramOptions {
  project: Project;
  stack: string;
  config: Map<string, string>;
  secretKeys: string[];
  dryRun: boolean;
  parallel: number;
  monitor: string;
  engine: string;
  print: (severity: "info" | "info#err", line: string) => void;
}

export type Ending = { ok: true } | { ok: false; message: string };

export interface RunningProgram {
  ended: Promise<Ending>;
  stop(): void;
}

/** Folder and entry point of the program, as Pulumi.yaml's `main` gives them. */
export function programFolder(project: Project): { folder: string; entry: string } {
  const main = resolve(project.root, project.main);
  if (!existsSync(main))
    throw new UserError(`could not find the program '${project.main}' named by 'main' in Pulumi.yaml`);
  return statSync(main).isDirectory()
    ? { folder: main, entry: "." }
    : { folder: dirname(main), entry: project.main };
}

/** Starts the Node.js program with the SDK's own runner, as pulumi-language-nodejs does. */
export function startProgram(o: ProgramOptions): RunningProgram {
  if (o.project.runtime !== "nodejs") {
    throw new UserError(`the runtime '${o.project.runtime}' is not supported by this engine: only nodejs is`);
  }
  const { folder, entry } = programFolder(o.project);
  const { nodeArguments, environment } = runtimeOptions(o.project.options);
  const child = spawn(
    process.execPath,
    [
      "--require",
      END_WITH_ENGINE,
      ...nodeArguments,
      locateRunner(folder),
      ...runnerArguments(o, folder, entry),
    ],
    {
      cwd: folder,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: {
        ...process.env,
        ...environment,
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries([...o.config].map(([k, v]) => [legacyKey(k), v]))),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(o.secretKeys),
      },
    },
  );
  // Nothing is ever sent: it closes when this process ends.
  child.stdio[3]?.on("error", () => undefined);
  if (!child.stdout || !child.stderr) throw new Error("the program was started without pipes");
  createInterface({ input: child.stdout }).on("line", (line) => o.print("info", line));
  createInterface({ input: child.stderr }).on("line", (line) => o.print("info#err", line));
  return { ended: ending(child), stop: () => endGroup(child) };
}

function ending(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.on("error", (error) => {
      resolve({
        ok: false,
        message: `Problem executing program (could not run language executor): ${error.message}`,
      });
    });
    // `close` comes after the last line of output, `exit` may come before.
    child.on("close", (code, signal) => {
      if (code === 0) resolve({ ok: true });
      else if (code === ALREADY_TOLD) resolve({ ok: false, message: "" });
      else resolve({ ok: false, message: `Program exited with non-zero exit code: ${signal ?? code}` });
    });
  });
}

function endGroup(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null || !child.pid) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
}

function locateRunner(folder: string): string {
  try {
    return createRequire(join(folder, "index.js")).resolve("@pulumi/pulumi/cmd/run");
  } catch {
    throw new UserError("It looks like the Pulumi SDK has not been installed. Have you run pulumi install?");
  }
}

function runnerArguments(o: ProgramOptions, folder: string, entry: string): string[] {
  return [
    ...["--monitor", o.monitor],
    ...["--engine", o.engine],
    ...["--organization", "organization"],
    ...["--project", o.project.name],
    ...["--root-directory", o.project.root],
    ...["--stack", o.stack],
    ...["--pwd", folder],
    ...(o.dryRun ? ["--dry-run"] : []),
    ...["--parallel", String(o.parallel)],
    entry === "." ? "." : resolve(o.project.root, entry),
  ];
}

/** `<namespace>:config:<name>`: the form older SDKs read, and the newer still take. */
function legacyKey(key: string): string {
  const at = key.indexOf(":");
  return `${key.slice(0, at)}:config:${key.slice(at + 1)}`;
}

function runtimeOptions(options: Record<string, unknown>): {
  nodeArguments: string[];
  environment: Record<string, string>;
} {
  const known = ["typescript", "tsconfig", "nodeargs", "packagemanager", "production"];
  const unknown = Object.keys(options).filter((k) => !known.includes(k));
  if (unknown.length > 0)
    throw new UserError(`Pulumi.yaml: runtime option ${unknown.join(", ")} is not supported by this engine`);
  const environment: Record<string, string> = {};
  const typescript = options["typescript"] ?? true;
  if (typeof typescript !== "boolean") throw new UserError("typescript option must be a boolean");
  if (typescript) environment["PULUMI_NODEJS_TYPESCRIPT"] = "true";
  if (options["tsconfig"] !== undefined) {
    if (typeof options["tsconfig"] !== "string") throw new UserError("tsconfigpath option must be a string");
    environment["PULUMI_NODEJS_TSCONFIG_PATH"] = options["tsconfig"];
  }
  const nodeargs = options["nodeargs"] ?? "";
  if (typeof nodeargs !== "string") throw new UserError("nodeargs option must be a string");
  return { nodeArguments: splitWords(nodeargs), environment };
}

/** Splits as a shell does, for quotes and spaces; there is nothing to expand. */
export function splitWords(text: string): string[] {
  const words = text.match(/(?:[^\s"']+|"(?:[^"\\]|\\.)*"|'[^']*')+/g) ?? [];
  return words.map((word) =>
    word.replace(
      /"((?:[^"\\]|\\.)*)"|'([^']*)'/g,
      (_all, double: string | undefined, single: string | undefined) =>
        double !== undefined ? double.replace(/\\(.)/g, "$1") : (single ?? ""),
    ),
  );
}
