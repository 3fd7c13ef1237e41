import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { hasFlag } from "./arguments";
import { backendVariables } from "./backend";
import { chooseEngine, type Engine } from "./choose-engine";
import { UserError } from "./errors";
import { connectionVariables, ensureLab } from "./lab";
import { filesInClear, isLoud, toTerminal } from "./logging/flags";
import { redactor } from "./logging/redact";
import { knownSecrets } from "./logging/secrets";
import { labPlugins, root, stackFile, stacksWithFile } from "./paths";
import { capture, run, type RunOptions } from "./process";
import { hostName, isLabStack, setting, type Stack } from "./stack";

/** Variables of a connection, which must not lead a stack to another stack's host. */
function checkStrayConnection(stack: Stack): void {
  const stray = process.env.PHOENIX_ADDRESS;
  const address = setting(stack, "address");
  const lab = isLabStack(stack);
  if (!stray || stray === address || (lab && stray === "127.0.0.1")) return;
  throw new UserError(
    `PHOENIX_ADDRESS=${stray} is set in the environment, but stack "${stack.name}" goes to ` +
      `${lab ? "the lab" : hostName(stack)}. Unset PHOENIX_ADDRESS (perhaps left over from \`phoenix lab env\`).`,
  );
}

/** Environment variables for one run of the engine. */
function engineVariables(engine: Engine, stack: Stack): NodeJS.ProcessEnv {
  const { PATH = "" } = process.env;
  return {
    ...process.env,
    ...backendVariables(stack),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // The user's plugins come first; the lab stands in for missing ones.
    ...(engine.name === "lab" ? { PATH: [PATH, labPlugins].filter(Boolean).join(delimiter) } : {}),
  };
}

function restore(file: string, before: Buffer): void {
  if (!readFileSync(file).equals(before)) writeFileSync(file, before);
}

/** A word as a POSIX shell reads it back. */
function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Shows the pulumi command that a command stands for, without the internal log of events. */
export function showCommand(args: readonly string[]): void {
  if (process.env.PHOENIX_SHOW_COMMANDS !== "true") return;
  const at = args.indexOf("--event-log");
  const shown = args.filter((_, place) => at === -1 || (place !== at && place !== at + 1));
  process.stderr.write(`+ pulumi ${shown.map(quoted).join(" ")}\n`);
}

/** The exported state of a new stack. */
const EMPTY_STATE = '{"version":3}';

/** Whether the state backend has no such stack. Pulumi's Automation API recognises it by the same words. */
function isNoStack(error: unknown): boolean {
  return error instanceof UserError && /no stack named '.*' found/.test(error.message);
}

/** One stack with the engine that runs it. */
export class EngineSession {
  private found?: Promise<string | undefined>;

  private constructor(
    readonly stack: Stack,
    readonly engine: Engine,
    readonly env: NodeJS.ProcessEnv,
  ) {}

  /**
   * @param connect as `connect` at once
   * @param variables more environment variables for the engine and the program
   */
  static async open(
    stack: Stack,
    engineOption: string | undefined,
    connect: boolean,
    variables: Record<string, string> = {},
  ): Promise<EngineSession> {
    const engine = chooseEngine(engineOption, stack);
    checkStrayConnection(stack);
    const session = new EngineSession(stack, engine, { ...engineVariables(engine, stack), ...variables });
    if (connect) await session.connect();
    return session;
  }

  /** Before the host is contacted: starts the lab machine of a stack on the lab when needed. */
  async connect(): Promise<void> {
    if (isLabStack(this.stack))
      Object.assign(this.env, connectionVariables(await ensureLab(this.stack.name)));
  }

  /** One line that says what the following is about. */
  header(): string {
    const host = isLabStack(this.stack)
      ? `lab (${this.env.PHOENIX_ADDRESS ?? "not contacted"}${this.env.PHOENIX_PORT ? `:${this.env.PHOENIX_PORT}` : ""})`
      : hostName(this.stack);
    const engine = this.engine.name === "lab" ? "lab" : `pulumi (${this.engine.executable})`;
    return `stack ${this.stack.name} · engine ${engine} · host ${host}`;
  }

  /** Runs the engine on our terminal; with verbose flags, its output is shown without the secrets. */
  async run(args: string[], options: RunOptions = {}): Promise<number> {
    showCommand(args);
    const env = { ...this.env, ...options.env };
    const loud = isLoud(args, env);
    process.stderr.write(filesInClear(args, env));
    return run(this.engine.executable, loud ? toTerminal(args) : args, {
      ...(loud && !hasFlag(args, "--show-secrets") && { redact: redactor(await this.secrets(true)) }),
      ...options,
      ...{ cwd: root, env },
    });
  }

  private known?: Promise<string[]>;
  private knownToAll?: Promise<string[]>;

  /** The secrets that a log or a loud run must not show; `all` also those that stand encrypted in the stack's file. */
  secrets(all: boolean): Promise<string[]> {
    return all ? (this.knownToAll ??= knownSecrets(this, true)) : (this.known ??= knownSecrets(this, false));
  }

  /**
   * Runs the engine, with this input or none and more variables, and gives its standard output.
   * @throws UserError with its message when it fails
   */
  async read(args: string[], input?: string, variables: Record<string, string> = {}): Promise<string> {
    const { code, stdout, stderr } = await capture(this.engine.executable, args, {
      cwd: root,
      env: { ...this.env, ...variables },
      ...(input !== undefined && { input }),
    });
    if (code === 0) return stdout;
    throw new UserError(
      `pulumi ${args[0]} ${args[1] ?? ""} failed:\n${stderr.trim() || stdout.trim()}`,
      code,
    );
  }

  /** The stack's state as it is now, exported. */
  exportState(): Promise<string> {
    return this.read(["stack", "export", "--stack", this.stack.name]);
  }

  /**
   * The state as it was when first asked for; undefined where the state backend has no such stack. One call finds both.
   */
  private findState(): Promise<string | undefined> {
    return (this.found ??= this.exportState().catch(async (error: unknown) => {
      if (!isNoStack(error)) throw error;
      // Pulumi's service also lists stacks of other organizations: one of this name must not be made a second time.
      if (!this.isInFolder && (await this.listed()).includes(this.stack.name)) throw error;
      return undefined;
    }));
  }

  /** The same, or the state of a new stack where there is none yet. It changes nothing. */
  async stateSoFar(): Promise<string> {
    return (await this.findState()) ?? EMPTY_STATE;
  }

  private async listed(): Promise<string[]> {
    const text = await this.read(["stack", "ls", "--json", "--non-interactive"]);
    return (JSON.parse(text) as { name: string }[]).map(({ name }) => name.slice(name.lastIndexOf("/") + 1));
  }

  private get isInFolder(): boolean {
    return this.env.PULUMI_BACKEND_URL?.startsWith("file://") === true;
  }

  private async init(): Promise<string> {
    await this.read(["stack", "init", this.stack.name, "--non-interactive"]);
    return EMPTY_STATE;
  }

  /** Makes the stack in the state backend when it is not there yet; gives its state, exported. */
  async makeStack(): Promise<string> {
    return (await this.findState()) ?? this.init();
  }

  /**
   * The same for a stack that has a file.
   *
   * @throws UserError when there is no such stack: neither a file nor a state
   */
  async ensureStack(): Promise<string> {
    const { name, exists } = this.stack;
    if (exists || (await this.findState()) !== undefined) return this.makeStack();
    const others = [...new Set([...stacksWithFile(), ...(await this.listed())])].sort();
    throw new UserError(
      `There is no stack "${name}": neither Pulumi.${name}.yaml nor a state. ` +
        `Those that there are: ${others.join(", ") || "none"}. Nothing was changed.`,
    );
  }

  /**
   * For what may change nothing: where the stack is not made yet, the engine gets a state folder that is gone when
   * this process ends. A stack without a state in files has to be made first.
   */
  async ensureStackOrScratch(): Promise<void> {
    if ((await this.findState()) !== undefined) return;
    const { name } = this.stack;
    if (!this.isInFolder || !this.hasPassphrase) {
      throw new UserError(
        `Stack "${name}" is not made yet, and this changes nothing: pulumi stack init ${name}`,
      );
    }
    const folder = mkdtempSync(join(tmpdir(), "phoenix-scratch-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    this.env.PULUMI_BACKEND_URL = pathToFileURL(folder).href;
    const file = stackFile(name);
    const before = existsSync(file) ? readFileSync(file) : undefined;
    await this.init();
    // The making of a stack writes the salt of its passphrase; without it the engine derives one of its own.
    if (before) process.once("exit", () => restore(file, before));
  }

  private get hasPassphrase(): boolean {
    const { PULUMI_CONFIG_PASSPHRASE, PULUMI_CONFIG_PASSPHRASE_FILE } = this.env;
    return PULUMI_CONFIG_PASSPHRASE !== undefined || Boolean(PULUMI_CONFIG_PASSPHRASE_FILE);
  }

  /** Removes the stack's state from the state backend; Pulumi.<stack>.yaml stays. */
  async forgetStack(): Promise<void> {
    await this.read(["stack", "rm", this.stack.name, "--force", "--yes", "--preserve-config"]).catch(
      (error: unknown) => {
        if (!isNoStack(error)) throw error;
      },
    );
  }
}
