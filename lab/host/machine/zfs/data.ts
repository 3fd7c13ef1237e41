/** The data of datasets and snapshots: a folder each, bound to the dataset's place in the host. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { inRoot } from "../confined";
import { ZfsError } from "./errors";

/** Space that an empty dataset refers to. */
export const emptyBytes = 96 * 1024;

export class ZfsData {
  readonly #root: string;
  readonly #folder: string;

  /**
   * @param root the host's root file system
   * @param folder where the data lies, outside of it
   */
  constructor(root: string, folder: string) {
    this.#root = root;
    this.#folder = folder;
  }

  path(id: number): string {
    return join(this.#folder, String(id));
  }

  make(id: number): void {
    mkdirSync(this.path(id), { recursive: true, mode: 0o755 });
  }

  remove(id: number): void {
    rmSync(this.path(id), { recursive: true, force: true });
  }

  /** Copies everything with owners, times, attributes and links. */
  copy(from: number, to: number): void {
    run("cp", ["-a", "--reflink=auto", this.path(from), this.path(to)]);
  }

  /** Replaces the content of a folder that may be mounted: the folder itself stays. */
  restore(from: number, to: number): void {
    const { stderr } = spawnSync("find", [this.path(to), "-mindepth", "1", "-delete"], { encoding: "utf8" });
    // What other datasets are mounted on stays.
    const failed = stderr.split("\n").filter((line) => line !== "" && !/busy|not empty/i.test(line));
    if (failed.length > 0) throw new Error(failed.join("; "));
    run("cp", ["-a", "--reflink=auto", `${this.path(from)}/.`, this.path(to)]);
  }

  mount(id: number, mountpoint: string, readonly: boolean): void {
    const target = inRoot(this.#root, mountpoint);
    mkdirSync(target, { recursive: true });
    run("mount", ["--bind", this.path(id), target]);
    if (readonly) run("mount", ["-o", "remount,bind,ro", target]);
  }

  remount(mountpoint: string, readonly: boolean): void {
    run("mount", ["-o", `remount,bind,${readonly ? "ro" : "rw"}`, inRoot(this.#root, mountpoint)]);
  }

  /** Throws the reason when something uses the file system. */
  unmount(mountpoint: string): void {
    const { status, stderr } = spawnSync("umount", [inRoot(this.#root, mountpoint)], { encoding: "utf8" });
    if (status !== 0 && stderr.includes("busy")) throw new ZfsError("pool or dataset is busy");
    if (status !== 0 && !stderr.includes("not mounted")) throw new Error(stderr.trim());
  }

  /** Removes the empty folder a dataset was mounted on. */
  removeMountpoint(mountpoint: string): void {
    try {
      rmdirSync(inRoot(this.#root, mountpoint));
    } catch {
      // Not empty, or in use: it stays, as with ZFS.
    }
  }

  /** Bytes each folder refers to, in one go. */
  referenced(ids: number[]): Map<number, number> {
    const sizes = new Map<number, number>();
    const filled = ids.filter((id) => this.#isFilled(id));
    const { stdout } =
      filled.length === 0
        ? { stdout: "" }
        : spawnSync("du", ["-skx", ...filled.map((id) => this.path(id))], { encoding: "utf8" });
    for (const line of stdout.split("\n")) {
      const [kib = "", path = ""] = line.split("\t");
      if (path !== "") sizes.set(Number(path.slice(path.lastIndexOf("/") + 1)), Number(kib) * 1024);
    }
    for (const id of ids) {
      const measured = sizes.get(id);
      sizes.set(id, emptyBytes + (measured === undefined ? 0 : measured - this.#ownBytes(id)));
    }
    return sizes;
  }

  /** What the folder itself takes of the machine's file system: a block of a disk's, nothing in memory. */
  #ownBytes(id: number): number {
    return 512 * (statSync(this.path(id), { throwIfNoEntry: false })?.blocks ?? 0);
  }

  /** Whether there is anything to be measured: most datasets of a new pool have nothing in them. */
  #isFilled(id: number): boolean {
    try {
      return readdirSync(this.path(id)).length > 0;
    } catch {
      return false; // A dataset whose data has gone, as one that is being destroyed.
    }
  }
}

function run(program: string, args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr.trim()}`);
}
