/** Device nodes. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";

/** Makes a device node, in place of what stands there. */
export function mknod(path: string, type: "b" | "c", major: number, minor: number): void {
  rmSync(path, { force: true });
  const { status, stderr } = spawnSync("mknod", ["-m", "660", path, type, String(major), String(minor)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`mknod ${path}: ${stderr.trim()}`);
}
