import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { repository } from "./repository";

const NOT_COPIED = new Set([".git", ".lab", ".phoenix", "node_modules"]);

/** Stacks of the user's own; dev is the repository's. */
const OWN_STACK = /^Pulumi\.(?!dev\.yaml$).+\.yaml$/;

function isCopied(source: string): boolean {
  const [top = ""] = relative(repository, source).split("/");
  return !NOT_COPIED.has(top) && !OWN_STACK.test(top);
}

/** Whether a process works in the folder, even if that is gone: a test that was killed leaves its lab running. */
function isWorkedIn(folder: string): boolean {
  return readdirSync("/proc").some((process) => {
    try {
      const [works = ""] = readlinkSync(join("/proc", process, "cwd")).split(" (deleted)");
      return works === folder || works.startsWith(`${folder}/`);
    } catch {
      // Not a process, or it has ended.
      return false;
    }
  });
}

/**
 * The first scratch folder that no test is using. A test finds the path of an earlier one, and with it what tsx
 * translated for that path: in a path of its own each copy would be translated again.
 */
function scratchFolder(): string {
  for (let n = 0; ; n++) {
    const folder = join(tmpdir(), `phoenix-project-${n}`);
    try {
      mkdirSync(folder);
      if (!isWorkedIn(folder)) return folder;
      rmdirSync(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * A copy of the project in a scratch folder, with this one's node_modules. What is run in it has a
 * state, stacks and lab machines of its own, so a test never meets the user's.
 */
export class Project {
  readonly root: string;
  /** Environment of every command; no variable of Phoenix or Pulumi is inherited. */
  readonly env: NodeJS.ProcessEnv;

  constructor() {
    this.root = scratchFolder();
    // With the files' times: what is kept of the modules of an earlier copy in this folder is good for this one.
    cpSync(repository, this.root, { recursive: true, filter: isCopied, preserveTimestamps: true });
    symlinkSync(join(repository, "node_modules"), join(this.root, "node_modules"));
    const inherited = Object.entries(process.env).filter(
      ([key]) => !/^(PHOENIX_|PULUMI_|NODE_OPTIONS$|NODE_TEST_)/.test(key),
    );
    this.env = { ...Object.fromEntries(inherited), HOME: this.path("home"), NO_COLOR: "1" };
  }

  /**
   * A folder for PATH with what phoenix needs to start and no pulumi, whatever this machine has; with
   * `fakePulumi`, it has one that writes its arguments to the file `$RECORD`.
   */
  narrowPath({ fakePulumi }: { fakePulumi: boolean }): string {
    const folder = this.path(fakePulumi ? "path-with-pulumi" : "path");
    mkdirSync(folder);
    for (const tool of ["bash", "cat", "env", "git", "grep", "sh", "sleep", "sort", "tail"]) {
      const found = (process.env.PATH ?? "")
        .split(":")
        .map((part) => join(part, tool))
        .find(existsSync);
      if (found) symlinkSync(found, join(folder, tool));
    }
    symlinkSync(process.execPath, join(folder, "node"));
    if (fakePulumi) symlinkSync(this.path("tests", "helpers", "fake-pulumi.sh"), join(folder, "pulumi"));
    return folder;
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  /** Starts a program in the project's root; `finished` gives what it wrote and its exit code. */
  start(command: string, args: string[], env: NodeJS.ProcessEnv = {}) {
    const child = spawn(command, args, {
      cwd: this.root,
      env: { ...this.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    // A character may come in two pieces.
    child.stdout.setEncoding("utf8").on("data", (data: string) => (stdout += data));
    child.stderr.setEncoding("utf8").on("data", (data: string) => (stderr += data));
    const finished = new Promise<Finished>((done, fail) => {
      child.on("error", fail);
      child.on("close", (code, signal) => done({ code: code ?? (signal ? 255 : 1), stdout, stderr }));
    });
    return { child, finished };
  }

  /** Runs bin/phoenix to its end. */
  phoenix(...args: string[]): Promise<Finished> {
    return this.phoenixWith({}, ...args);
  }

  /** Runs bin/phoenix with more environment variables. */
  phoenixWith(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Finished> {
    const { child, finished } = this.start(this.path("bin", "phoenix"), args, env);
    child.stdin.end();
    return finished;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
