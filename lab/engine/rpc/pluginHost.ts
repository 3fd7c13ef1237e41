import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { UserError } from "../errors";

const START_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 3_000;

/** A running `pulumi-resource-<name>`. */
export interface Plugin {
  name: string;
  port: number;
  /** How it died, once it has, unless it was told to end. */
  death(): string | undefined;
}

/** Starts plugins, passes their stray output on, and ends them all. */
export class PluginHost {
  private readonly children = new Map<ChildProcess, Promise<void>>();
  private readonly early = new Map<string, Promise<Plugin>>();
  private ending = false;

  constructor(
    private readonly engineAddress: () => string,
    private readonly root: string,
    private readonly print: (severity: "info" | "info#err", line: string) => void,
  ) {}

  /** Starts a plugin that is likely to be asked for, so that it loads while the program does. */
  startEarly(name: string, version: string): void {
    const key = `${name} ${version}`;
    if (this.early.has(key) || !find(name)) return;
    const starting = this.launch(name, version);
    // Whoever asks for it is told of a failure; when nobody does, it does not matter.
    starting.catch(() => undefined);
    this.early.set(key, starting);
  }

  /** @throws UserError in Pulumi's wording when no such executable is found, or it does not start. */
  start(name: string, version: string): Promise<Plugin> {
    const key = `${name} ${version}`;
    const early = this.early.get(key);
    this.early.delete(key);
    return early ?? this.launch(name, version);
  }

  private async launch(name: string, version: string): Promise<Plugin> {
    const file = find(name);
    if (!file) {
      const wanted = version ? `${name} v${version}` : name;
      throw new UserError(
        `no resource plugin 'pulumi-resource-${name}' found in the workspace ${version ? `at version v${version} ` : ""}` +
          `or on your $PATH, install the plugin using \`pulumi plugin install resource ${wanted}\``,
      );
    }
    // A session of its own: Ctrl-C at the terminal is for the engine to pass on.
    const child = spawn(file, [this.engineAddress()], {
      cwd: this.root,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    let death: string | undefined;
    const ended = new Promise<void>((resolve) => {
      child.on("error", (error) => {
        death ??= `could not be started: ${error.message}`;
        resolve();
      });
      child.on("exit", (code, signal) => {
        if (!this.ending)
          death ??= `exited unexpectedly (${signal ? `signal ${signal}` : `exit status ${code}`})`;
        resolve();
      });
    });
    this.children.set(child, ended);
    child.stdin.on("error", () => undefined);
    createInterface({ input: child.stderr }).on("line", (line) => this.print("info#err", line));
    const port = await this.readPort(name, child, ended, () => death);
    return { name, port, death: () => death && `resource plugin pulumi-resource-${name} ${death}` };
  }

  private readPort(
    name: string,
    child: ChildProcess,
    ended: Promise<void>,
    death: () => string | undefined,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new UserError(`resource plugin pulumi-resource-${name} did not print its port within 60 s`));
      }, START_TIMEOUT_MS);
      let first = true;
      createInterface({ input: child.stdout ?? process.stdin }).on("line", (line) => {
        if (!first) return this.print("info", line);
        first = false;
        clearTimeout(timer);
        const port = Number(line.trim());
        if (Number.isInteger(port) && port > 0) resolve(port);
        else
          reject(
            new UserError(
              `resource plugin pulumi-resource-${name} printed ${JSON.stringify(line)}, not its port`,
            ),
          );
      });
      void ended.then(() => {
        clearTimeout(timer);
        reject(
          new UserError(
            `resource plugin pulumi-resource-${name} ${death() ?? "ended"} before it printed its port`,
          ),
        );
      });
    });
  }

  /** Ends every plugin: politely, then not. */
  async close(): Promise<void> {
    this.ending = true;
    const all = [...this.children];
    for (const [child] of all) {
      child.stdin?.end();
      child.kill("SIGTERM");
    }
    const timer = setTimeout(() => all.forEach(([child]) => child.kill("SIGKILL")), END_TIMEOUT_MS);
    await Promise.all(all.map(([, ended]) => ended));
    clearTimeout(timer);
  }

  /** The second interrupt: nothing is waited for. */
  kill(): void {
    this.ending = true;
    for (const [child] of this.children) {
      try {
        if (child.pid) process.kill(-child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    }
  }
}

/** On PATH first, else the lab's own beside the engine. */
function find(name: string): string | undefined {
  const own = join(dirname(dirname(__dirname)), "plugins", "bin");
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), own];
  return folders
    .filter(Boolean)
    .map((dir) => join(dir, `pulumi-resource-${name}`))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
