/** Running a program in a lab's host from outside, without SSH. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { rootEnvironment } from "./environment";
import type { Layout } from "./layout";
import { asRoot } from "./privilege";

/**
 * The command line that enters the host's namespaces and runs a program there. Its root is named as the first process
 * sees it: from outside it is not mounted.
 */
export function enteringHost(lab: Layout, pid: number, argv: string[]): [string, ...string[]] {
  const environment = Object.entries(rootEnvironment()).map(([name, value]) => `${name}=${value}`);
  const root = `/proc/${pid}/root${lab.root}`;
  return asRoot(
    "nsenter",
    ...[
      `--target=${pid}`,
      "--mount",
      "--pid",
      "--uts",
      "--ipc",
      "--net",
      `--root=${root}`,
      `--wd=${root}/root`,
    ],
    "--",
    ...["env", "-i", ...environment, `TERM=${process.env.TERM ?? "dumb"}`, ...argv],
  );
}

/** Enters the host's namespaces and runs a program there; resolves to its exit code. */
export function enterHost(lab: Layout, pid: number, argv: string[]): Promise<number> {
  const [program, ...args] = enteringHost(lab, pid, argv);
  const child = spawn(program, args, { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? "SIGKILL"]));
  });
}
