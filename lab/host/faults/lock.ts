/** A process of the host that holds a lock. */
import { type ChildProcess, spawn } from "node:child_process";
import { insideRoot, innerEnvironment } from "../machine/environment";
import { Mistake } from "../machine/mistake";
import type { Host } from "../types";
import type { Effect } from "./book";

/** Lock of dpkg's front ends: apt(8), dpkg(1). */
export const dpkgLock = "/var/lib/dpkg/lock-frontend";

/** Who is found to hold it, as where unattended upgrades are on. */
export const holderName = "unattended-upgr";

const held = new WeakMap<Host, Map<string, number>>();

/** The process that a fault makes hold a lock on a file of the host; undefined when none does. */
export const holderOf = (host: Host, file: string): number | undefined => held.get(host)?.get(file);

const script = [
  'mkdir -p "${1%/*}" && exec 9>>"$1" || exit 1',
  "flock -n 9 || { echo taken; exit 0; }",
  'printf %s "$2" >/proc/self/comm',
  // Until the daemon lets go, or goes.
  "echo held; read -r _",
].join("\n");

/** The file that a word of the order means: `dpkg`, a guest's number, or a path. */
export function lockFile(word: string): string {
  if (word === "dpkg") return dpkgLock;
  if (/^\d+$/.test(word)) return `/run/lock/lxc/pve-config-${word}.lock`;
  if (word.startsWith("/")) return word;
  throw new Mistake(`a lock is dpkg, a container's number or an absolute path, not ${word}`);
}

/** Holds a flock while the fault lasts. */
export function holdLock(host: Host): Effect {
  const holders = new Map<number, ChildProcess>();
  const files = new Map<string, number>();
  held.set(host, files);
  const release = async (id: number) => {
    const child = holders.get(id);
    if (!holders.delete(id) || child === undefined || child.exitCode !== null) return;
    for (const [file, pid] of files) if (pid === child.pid) files.delete(file);
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  };
  return {
    passing: true,
    begin: async (fault, id, over) => {
      if (fault.kind !== "lock") return;
      const [program, args] = insideRoot(host.root, "/", [
        "bash",
        "-c",
        script,
        "lock",
        fault.file,
        holderName,
      ]);
      const child = spawn(program, args, { env: innerEnvironment(), stdio: ["pipe", "pipe", "ignore"] });
      holders.set(id, child);
      const said = await new Promise<string>((resolve) => {
        child.stdout.once("data", (data: Buffer) => resolve(data.toString().trim()));
        child.once("exit", () => resolve("failed"));
        child.once("error", () => resolve("failed"));
      });
      if (said !== "held") {
        await release(id);
        throw new Mistake(
          said === "taken" ? `${fault.file} is locked already` : `${fault.file} cannot be locked`,
        );
      }
      if (child.pid !== undefined) files.set(fault.file, child.pid);
      if (fault.seconds === 0) return;
      setTimeout(() => void release(id).then(over), fault.seconds * 1000).unref();
    },
    end: (_fault, id) => release(id),
  };
}
