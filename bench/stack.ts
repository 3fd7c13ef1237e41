import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";

const root = join(__dirname, "..");
const launcher = join(root, "lab", "bin", "pulumi");
const plugin = join(root, "lab", "plugins", "bin", "pulumi-resource-command");

/** A stack `dev` of a one-file program in a temporary folder of its own. */
export class BenchStack {
  readonly folder = mkdtempSync(join(tmpdir(), "phoenix-bench-"));

  constructor(program: string) {
    mkdirSync(join(this.folder, "state"));
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"));
    const files = {
      "Pulumi.yaml": "name: bench\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n",
      "package.json":
        '{"name":"bench","private":true,"main":"index.js","dependencies":{"@pulumi/command":"*"}}\n',
      "index.js": `const { local } = require("@pulumi/command");\n${program}`,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.folder, name), text);
    this.run("stack", "init", "dev");
  }

  /** @returns seconds. @throws Error with what was printed, unless it ends with 0. */
  run(...args: string[]): number {
    const started = performance.now();
    const run = spawnSync(launcher, args, {
      cwd: this.folder,
      encoding: "utf8",
      env: {
        ...process.env,
        PULUMI_BACKEND_URL: `file://${this.folder}/state`,
        PULUMI_HOME: join(this.folder, "home"),
        PULUMI_CONFIG_PASSPHRASE: "bench",
        PULUMI_STACK: undefined,
      },
    });
    const seconds = (performance.now() - started) / 1000;
    if (run.status !== 0)
      throw new Error(`pulumi ${args.join(" ")} ended with ${run.status}\n${run.stdout}${run.stderr}`);
    return seconds;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Seconds a bare Node.js process takes from start to end: the median of five. */
export function nodeSeconds(): number {
  const once = (): number => {
    const started = performance.now();
    spawnSync(process.execPath, ["-e", "0"]);
    return (performance.now() - started) / 1000;
  };
  return median([once(), once(), once(), once(), once()]);
}

/** Seconds from the start of the command plugin until it has printed its port: the median of three. */
export async function pluginSeconds(): Promise<number> {
  const once = async (): Promise<number> => {
    const started = performance.now();
    const child = spawn(plugin, ["127.0.0.1:1"], { stdio: ["pipe", "pipe", "ignore"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const seconds = (performance.now() - started) / 1000;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    return seconds;
  };
  return median([await once(), await once(), await once()]);
}
