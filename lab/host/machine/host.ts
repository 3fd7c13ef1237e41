/** The `Host` that commands and API routes work on. */
import { spawn } from "node:child_process";
import type { Finished, Host, Machine, Zfs } from "../types";
import { insideRoot, innerEnvironment } from "./environment";
import { latencyOf, otherLatency } from "./latency";
import type { Layout } from "./layout";
import { openStore } from "./store";
import { openZfs } from "./zfs/zfs";

/** The host of a lab; its root file system must be in place. */
export function openHost(lab: Layout, machine: Machine, latencyFactor: number): Host & { zfs: Zfs } {
  const store = openStore(lab.store);
  return {
    node: machine.node,
    release: machine.release,
    root: lab.root,
    scratch: lab.scratch,
    machine,
    store,
    zfs: openZfs({ root: lab.root, data: lab.zfs, store, machine }),
    run: (argv, options = {}) => run(lab.root, argv, options),
    async latency(operation) {
      const wait = (latencyOf(operation) ?? otherLatency) * latencyFactor;
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    },
  };
}

function run(root: string, argv: string[], options: { input?: string; cwd?: string }): Promise<Finished> {
  const [program, args] = insideRoot(root, options.cwd ?? "/root", argv);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: innerEnvironment(), stdio: "pipe" });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => (output[name] += text));
    }
    child.on("error", reject);
    // As a shell reports it: 128 and the signal's number is not known here, so every signal counts as kill.
    child.on("close", (code) => resolve({ code: code ?? 137, ...output }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}
