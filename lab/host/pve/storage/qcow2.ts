/**
 * Disk images in the format qcow2 (QEMU's docs/interop/qcow2.txt, version 3), as far as the lab has them: a header
 * with the disk's size, the name of a backing file, and empty tables. What a lab's image holds instead of blocks
 * stands in a header extension, which other programs skip.
 */
import { closeSync, openSync, readSync, writeFileSync, writeSync, existsSync } from "node:fs";

const MAGIC = 0x514649fb;
const CLUSTER_BITS = 16;
const CLUSTER = 2 ** CLUSTER_BITS;
const HEADER = 104;
/** Bytes of the disk that one entry of the first table is for. */
const L1_ENTRY = CLUSTER * (CLUSTER / 8);
/** Type of the header extension: "LABS". */
const EXTENSION = 0x4c414253;

export interface Qcow2 {
  /** Bytes of the disk. */
  size: number;
  /** Name of the backing file, as the image gives it. */
  backing?: string;
  /** What a cloud image of the lab holds. */
  seed?: string;
}

/** The text of an image. */
export function makeQcow2({ size, backing = "", seed = "" }: Qcow2): Buffer {
  const entries = Math.max(1, Math.ceil(size / L1_ENTRY));
  const l1Clusters = Math.ceil((entries * 8) / CLUSTER);
  const image = Buffer.alloc((3 + l1Clusters) * CLUSTER);
  const words: [at: number, value: number][] = [
    [0, MAGIC],
    [4, 3],
    [20, CLUSTER_BITS],
    [36, entries],
    [56, 1],
    [96, 4],
    [100, HEADER],
  ];
  for (const [at, value] of words) image.writeUInt32BE(value, at);
  image.writeBigUInt64BE(BigInt(size), 24);
  image.writeBigUInt64BE(BigInt(3 * CLUSTER), 40);
  image.writeBigUInt64BE(BigInt(CLUSTER), 48);
  image.writeBigUInt64BE(BigInt(2 * CLUSTER), CLUSTER);
  for (let cluster = 0; cluster < 3 + l1Clusters; cluster++)
    image.writeUInt16BE(1, 2 * CLUSTER + 2 * cluster);
  let at = HEADER;
  if (seed !== "") {
    image.writeUInt32BE(EXTENSION, at);
    image.writeUInt32BE(Buffer.byteLength(seed), at + 4);
    image.write(seed, at + 8);
    at += 8 + Math.ceil(Buffer.byteLength(seed) / 8) * 8;
  }
  at += 8;
  if (backing !== "") {
    image.writeBigUInt64BE(BigInt(at), 8);
    image.writeUInt32BE(Buffer.byteLength(backing), 16);
    image.write(backing, at);
  }
  return image;
}

/** What the header of a file says; undefined when it is no qcow2 image. `path` as the daemon sees it. */
export function readQcow2(path: string): Qcow2 | undefined {
  if (!existsSync(path)) return undefined;
  const head = Buffer.alloc(4096);
  const file = openSync(path, "r");
  const length = readSync(file, head, 0, head.length, 0);
  closeSync(file);
  if (length < HEADER || head.readUInt32BE(0) !== MAGIC) return undefined;
  const found: Qcow2 = { size: Number(head.readBigUInt64BE(24)) };
  const at = Number(head.readBigUInt64BE(8));
  const bytes = head.readUInt32BE(16);
  if (bytes > 0) found.backing = head.toString("utf8", at, at + bytes);
  for (let next = head.readUInt32BE(100); next + 8 <= length;) {
    const type = head.readUInt32BE(next);
    const size = head.readUInt32BE(next + 4);
    if (type === 0) break;
    if (type === EXTENSION) found.seed = head.toString("utf8", next + 8, next + 8 + size);
    next += 8 + Math.ceil(size / 8) * 8;
  }
  return found;
}

export function writeQcow2(path: string, image: Qcow2): void {
  writeFileSync(path, makeQcow2(image), { mode: 0o640, flag: "wx" });
}

/** Changes the size that the header tells. */
export function resizeQcow2(path: string, size: number): void {
  const file = openSync(path, "r+");
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(size));
  writeSync(file, bytes, 0, 8, 24);
  bytes.writeUInt32BE(Math.max(1, Math.ceil(size / L1_ENTRY)));
  writeSync(file, bytes, 0, 4, 36);
  closeSync(file);
}
