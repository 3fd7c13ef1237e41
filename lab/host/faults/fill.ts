/** No space left: writes fail with ENOSPC, as on a full disk or storage. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inRoot } from "../machine/confined";
import { Mistake } from "../machine/mistake";
import type { Host } from "../types";
import type { Effect } from "./book";

const script = readFileSync(join(__dirname, "fill.sh"), "utf8");

/** Where the root disk's files are written that a set-up touches; what is only read stays as it is. */
const rootDisk = [
  ...["/etc", "/root", "/home", "/opt", "/srv", "/usr/local/bin", "/usr/local/sbin", "/var/backups"],
  ...["/var/log", "/var/tmp", "/var/lib/phoenix", "/var/lib/pve-manager", "/var/lib/vz"],
];

/** Makes a folder of the host full, with everything mounted in it; `/` stands for the root disk. */
export function fillFolder(host: Host, stageRoot: string): Effect {
  const stage = (id: number) => join(stageRoot, `full-${id}`);
  const call = (...args: string[]) => {
    const ran = spawnSync("bash", ["-s", ...args], { input: script, encoding: "utf8" });
    if (ran.status !== 0) throw new Mistake(`the folder cannot be filled: ${ran.stderr.trim()}`);
  };
  return {
    begin: async (fault, id) => {
      if (fault.kind !== "fill") return;
      if (!existsSync(inRoot(host.root, fault.folder)))
        throw new Mistake(`the host has no folder ${fault.folder}`);
      const folders = fault.folder === "/" ? rootDisk : [fault.folder];
      call("begin", stage(id), host.root, String(fault.freeKib), ...folders);
    },
    end: async (_fault, id) => {
      if (existsSync(stage(id))) call("end", stage(id));
    },
  };
}
