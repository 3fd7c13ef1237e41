/**
 * Virtual disks as files of a folder: raw, or qcow2 with its header. What a disk holds stands in a hidden folder beside
 * the file, and what each of its snapshots holds in another.
 */
import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { PveError } from "../errors";
import { readQcow2, resizeQcow2, writeQcow2 } from "./qcow2";

/** The folder with the files on a disk. */
export const contentsOf = (file: string): string => join(dirname(file), `.${basename(file)}.mounted`);
const snapshotOf = (file: string, snapshot: string): string => `${contentsOf(file)}@${snapshot}`;

/** Copies a tree with owners, times and links. */
export function copyTree(from: string, to: string): void {
  const { status, stderr } = spawnSync("cp", ["-a", "--reflink=auto", from, to], { encoding: "utf8" });
  if (status !== 0) throw new PveError(`copying failed: ${stderr.trim()}`);
}

export function makeImage(file: string, format: string, size: number, backing?: string): void {
  if (format === "qcow2") return writeQcow2(file, { size, ...(backing !== undefined && { backing }) });
  const made = openSync(file, "wx", 0o640);
  ftruncateSync(made, size);
  closeSync(made);
}

/** Bytes of the disk; undefined when there is no such file. */
export function imageSize(file: string): number | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (stat.isDirectory()) return 0;
  return readQcow2(file)?.size ?? stat.size;
}

export function resizeImage(file: string, size: number): void {
  if (readQcow2(file)) resizeQcow2(file, size);
  else truncateSync(file, size);
}

export function removeImage(file: string): void {
  rmSync(file, { recursive: true, force: true });
  const hidden = basename(contentsOf(file));
  for (const name of readdirSync(dirname(file)))
    if (name === hidden || name.startsWith(`${hidden}@`))
      rmSync(join(dirname(file), name), { recursive: true, force: true });
}

export function renameImage(from: string, to: string): void {
  renameSync(from, to);
  if (existsSync(contentsOf(from))) renameSync(contentsOf(from), contentsOf(to));
}

export function snapshotImage(file: string, snapshot: string): void {
  mkdirSync(contentsOf(file), { recursive: true });
  copyTree(contentsOf(file), snapshotOf(file, snapshot));
}

export function rollbackImage(file: string, snapshot: string): void {
  rmSync(contentsOf(file), { recursive: true, force: true });
  copyTree(snapshotOf(file, snapshot), contentsOf(file));
}

export const hasImageSnapshot = (file: string, snapshot: string): boolean =>
  existsSync(snapshotOf(file, snapshot));

export function deleteImageSnapshot(file: string, snapshot: string): void {
  rmSync(snapshotOf(file, snapshot), { recursive: true, force: true });
}

/** Where the files of a disk, or of one of its snapshots, are. */
export const filesOf = (file: string, snapshot?: string): string =>
  snapshot === undefined ? contentsOf(file) : snapshotOf(file, snapshot);
