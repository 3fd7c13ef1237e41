import { spawn } from "node:child_process";
import { entering } from "../../host/control";

/** What a program on a lab's host answered. */
export interface OnHost {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program on the host of a running lab, as `lab exec` does, without a process of its own in between. */
export function onHost(dir: string, argv: string[], input = ""): Promise<OnHost> {
  return new Promise((resolve, reject) => {
    const [program, ...args] = entering(dir, argv);
    const child = spawn(program, args);
    const ran = { code: 255, stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (data: string) => (ran.stdout += data));
    child.stderr.setEncoding("utf8").on("data", (data: string) => (ran.stderr += data));
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...ran, code: code ?? 255 }));
    // A program that ends without reading closes it first.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
