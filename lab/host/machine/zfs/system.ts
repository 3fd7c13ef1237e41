/** Which system this is, as ZFS writes it into a pool's labels. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { inRoot } from "../confined";

/** /etc/hostid as `hostid` prints it without leading zeros; Proxmox VE's zfsutils make it when they are installed. */
export function ownHostid(root: string, node: string): string {
  const path = inRoot(root, "/etc/hostid");
  if (!existsSync(path)) {
    writeFileSync(path, createHash("sha256").update(node).digest().subarray(0, 4));
  }
  return readFileSync(path).readUInt32LE(0).toString(16);
}

/** Name, hostid and the time now. */
export function thisSystem(
  root: string,
  node: string,
): { hostname: string; hostid: string; seconds: number } {
  return { hostname: hostname(), hostid: ownHostid(root, node), seconds: Math.floor(Date.now() / 1000) };
}

/** A time as C's ctime has it, in the host's zone: `Sun Nov  9 09:07:05 2025`. */
export function ctime(seconds: number): string {
  const time = new Date(seconds * 1000);
  const [day = "", month = ""] = [time.toDateString().slice(0, 3), time.toDateString().slice(4, 7)];
  const clock = time.toTimeString().slice(0, 8);
  return `${day} ${month} ${String(time.getDate()).padStart(2)} ${clock} ${time.getFullYear()}`;
}
