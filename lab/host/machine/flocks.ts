/** Which process holds a lock on a file, by the kernel's list (proc_locks(5)). */
import { readFileSync, statSync } from "node:fs";

/** Major and minor number of a device as /proc/locks prints them (the kernel's new_encode_dev undone). */
function deviceName(dev: number): string {
  const major = (dev >>> 8) & 0xfff;
  const minor = (dev & 0xff) | ((dev >>> 12) & 0xfff00);
  const hex = (value: number) => value.toString(16).padStart(2, "0");
  return `${hex(major)}:${hex(minor)}`;
}

/**
 * The number of the process that holds a flock on a file, 0 when it is out of sight; undefined when none does.
 * Not for files of an overlay: the kernel lists them by an inode number that stat does not tell.
 *
 * @param proc the /proc to look in
 */
export function flockHolder(path: string, proc = "/proc"): number | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const file = `${deviceName(found.dev)}:${found.ino}`;
  for (const line of readFileSync(`${proc}/locks`, "utf8").split("\n")) {
    const [, type, , , pid, name] = line.trim().split(/\s+/);
    if (type === "FLOCK" && name === file) return Math.max(0, Number(pid));
  }
  return undefined;
}
