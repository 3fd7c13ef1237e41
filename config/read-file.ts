/** Reads files that the user names: only regular files of a limited size, so that it never waits for a pipe or a device. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";

/** The text of a file, or why there is none. */
export type ReadResult = { text: string } | { problem: string; remedy: string };

/** MiB; no configuration comes near it. */
const most = 8;

/** Reads a file; a pipe, a device or a folder is reported and not waited for. */
export function readTextFile(file: string): ReadResult {
  let descriptor: number;
  try {
    // Without O_NONBLOCK, opening a pipe that nobody writes to waits for ever.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return unreadable((error as NodeJS.ErrnoException).code);
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return notRegular(stats);
    const bytes = readAtMost(descriptor, most * 2 ** 20 + 1);
    if (bytes.length > most * 2 ** 20) {
      return {
        problem: `is larger than ${most} MiB`,
        remedy: "name the right file: no configuration is that large",
      };
    }
    return { text: bytes.toString("utf8") };
  } catch (error) {
    return unreadable((error as NodeJS.ErrnoException).code);
  } finally {
    closeSync(descriptor);
  }
}

/** What is wrong with reading something that is no regular file. */
export function notRegular(stats: Stats): { problem: string; remedy: string } {
  if (stats.isDirectory()) return { problem: "is a folder", remedy: "name the file in it" };
  const kind = stats.isFIFO() ? "a pipe" : stats.isSocket() ? "a socket" : "a device";
  return {
    problem: `is ${kind}, not a file`,
    remedy: "write what comes from there to a file, and name that",
  };
}

function readAtMost(descriptor: number, length: number): Buffer {
  const parts: Buffer[] = [];
  let size = 0;
  while (size < length) {
    const part = Buffer.alloc(Math.min(length - size, 2 ** 20));
    const count = readSync(descriptor, part);
    if (count === 0) break;
    parts.push(part.subarray(0, count));
    size += count;
  }
  return Buffer.concat(parts);
}

function unreadable(code: string | undefined): { problem: string; remedy: string } {
  const known = code === undefined ? undefined : reasons[code];
  return known ?? { problem: `cannot be read (${code})`, remedy: "check the file" };
}

const reasons: Record<string, { problem: string; remedy: string }> = {
  ENOENT: { problem: "no such file", remedy: "correct the path, or create the file" },
  ENOTDIR: { problem: "no such file", remedy: "correct the path, or create the file" },
  ELOOP: { problem: "is a link that leads to itself", remedy: "correct the link" },
  ENXIO: {
    problem: "is a socket, not a file",
    remedy: "write what comes from there to a file, and name that",
  },
  EACCES: { problem: "may not be read by this user", remedy: "correct the permissions of the file" },
  EISDIR: { problem: "is a folder", remedy: "name the file in it" },
};
