import { randomBytes } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/** Beside the file that it is to replace. */
export function temporaryName(path: string): string {
  return `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
}

/** Readers see the old text or the new one, whatever happens in between. */
export function writeAtomically(path: string, text: string | Uint8Array, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = temporaryName(path);
  const fd = openSync(temporary, "wx", mode);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
}

/** Keeps what a file holds as `<file>.bak`. A second name will do: the file is only ever replaced, never written into. */
export function keepAsBackup(path: string): void {
  if (!existsSync(path)) return;
  rmSync(`${path}.bak`, { force: true });
  try {
    linkSync(path, `${path}.bak`);
  } catch {
    // A file system without links.
    copyFileSync(path, `${path}.bak`);
  }
}

export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
