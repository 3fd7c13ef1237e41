import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

export const repository = join(__dirname, "..", "..", "..");
/** The engine under test; ENGINE_PULUMI names another one, a real `pulumi` perhaps, to hold these tests against. */
export const launcher = process.env["ENGINE_PULUMI"] ?? join(repository, "lab", "bin", "pulumi");

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  [other: string]: unknown;
}

/** A program of one file with a stack `dev`, its state and its selection in a folder of its own. */
export class TestProject {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;

  constructor(t: TestContext, program: string) {
    this.folder = mkdtempSync(join(tmpdir(), "engine-test-"));
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
    mkdirSync(join(this.folder, "state"));
    symlinkSync(join(repository, "node_modules"), join(this.folder, "node_modules"));
    // Plain JavaScript: the tests need not wait for a compiler.
    const options = `typescript: false\n    nodeargs: --require ${join(repository, "scripts", "typescript.js")}`;
    this.write("Pulumi.yaml", `name: demo\nruntime:\n  name: nodejs\n  options:\n    ${options}\n`);
    this.write("package.json", '{"name":"demo","private":true,"main":"index.js"}\n');
    this.program(program);
    this.environment = {
      ...process.env,
      PULUMI_BACKEND_URL: `file://${this.folder}/state`,
      PULUMI_HOME: join(this.folder, "home"),
      PULUMI_CONFIG_PASSPHRASE: "test",
      LAB_PUBLIC_PASSPHRASE: "test",
      PULUMI_STACK: undefined,
    };
  }

  program(text: string): void {
    const head =
      'const pulumi = require("@pulumi/pulumi");\nconst { local } = require("@pulumi/command");\n' +
      "const config = new pulumi.Config();\n";
    this.write("index.js", head + text);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  pulumi(...args: string[]): Outcome {
    const run = spawnSync(launcher, args, {
      cwd: this.folder,
      env: this.environment,
      encoding: "utf8",
      timeout: 300_000,
    });
    return { status: run.status, stdout: run.stdout, stderr: run.stderr };
  }

  /** @throws Error with what was printed, unless it ends with 0. */
  must(...args: string[]): string {
    const got = this.pulumi(...args);
    if (got.status !== 0)
      throw new Error(`pulumi ${args.join(" ")}: ${got.status}\n${got.stdout}${got.stderr}`);
    return got.stdout;
  }

  up(...flags: string[]): Outcome {
    return this.pulumi("up", "--yes", "--skip-preview", "--non-interactive", ...flags);
  }

  start(...args: string[]): ChildProcess {
    return spawn(launcher, args, {
      cwd: this.folder,
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  state(): { resources: StateResource[]; pending: { type: string; resource: StateResource }[] } {
    const { deployment } = JSON.parse(this.must("stack", "export")) as {
      deployment: {
        resources?: StateResource[];
        pending_operations?: { type: string; resource: StateResource }[];
      };
    };
    return { resources: deployment.resources ?? [], pending: deployment.pending_operations ?? [] };
  }

  names(): string[] {
    return this.state()
      .resources.filter((r) => r.type === "command:local:Command")
      .map((r) => r.urn.split("::").at(-1) ?? "")
      .sort();
  }
}
