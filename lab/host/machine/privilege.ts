/** The lab needs root for its namespaces: directly, or through sudo without a question. */
import { spawnSync } from "node:child_process";
import { Mistake } from "./mistake";

/** The command line that runs a program as root; throws a Mistake when there is no way to. */
export function asRoot(program: string, ...args: string[]): [string, ...string[]] {
  if (process.getuid?.() === 0) return [program, ...args];
  if (spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0)
    return ["sudo", "-n", program, ...args];
  throw new Mistake("the lab needs root, or sudo without a password, for its namespaces");
}
