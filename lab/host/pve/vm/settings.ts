/** What create and set share: who may set what, and how values are stored. */
import type { Context } from "../context";
import { PveError } from "../errors";
import { sortTags } from "../guest/update";
import type { Values } from "../schema/types";
import type { Host } from "../../types";
import { completeNet } from "./config";
import { DISK, vmOptions } from "./options";

const NOT_OPTIONS = new Set([
  "node",
  "vmid",
  "archive",
  "background_delay",
  "bwlimit",
  "delete",
  "digest",
  "force",
  "ha-managed",
  "import-working-storage",
  "live-restore",
  "pool",
  "revert",
  "skiplock",
  "start",
  "storage",
  "unique",
]);

/** Options of a call, as text. */
export const changesOf = (values: Values): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([key]) => !NOT_OPTIONS.has(key) && vmOptions()[key] !== undefined)
      .map(([key, value]) => [key, String(value)]),
  );

/** What not even a full token of root@pam may set (PVE::API2::Qemu). */
export function checkRoot(context: Context, changes: Record<string, string>, deletes: string[]): void {
  if (context.user === "root@pam") return;
  const touched = new Set([...Object.keys(changes), ...deletes]);
  for (const key of [...touched].sort()) {
    const value = changes[key] ?? "";
    if (key === "args" || key === "hookscript") throw new PveError(`only root can set '${key}' config`);
    if (/^hostpci\d+$/.test(key) && !/mapping=/.test(value))
      throw new PveError(`only root can set '${key}' config for non-mapped devices`);
    if (/^usb\d+$/.test(key) && value !== "" && !/^(host=)?spice|mapping=/i.test(value))
      throw new PveError(`only root can set '${key}' config for real devices`);
    if (/^serial\d+$/.test(key) && value.startsWith("/dev/"))
      throw new PveError(`only root can modify '${key}' config for real devices`);
    if (DISK.test(key) && /import-from=\//.test(value))
      throw new PveError("Only root can pass arbitrary filesystem paths.");
  }
}

/** Passwords that are hashes already are kept (PVE::API2::Qemu::create_vm). */
const HASHED = /^\$(?:[156]|2[ay]|y)\$/;

/** A value as it is stored; drives are made elsewhere. */
export async function storedValue(host: Host, key: string, value: string): Promise<string> {
  if (/^net\d+$/.test(key)) return completeNet(host, value);
  if (key === "tags") return sortTags(value);
  if (key !== "cipassword" || HASHED.test(value)) return value;
  const hashed = await host.run(["openssl", "passwd", "-5", "-stdin"], { input: `${value}\n` });
  if (hashed.code !== 0) throw new PveError("hashing the password failed");
  return hashed.stdout.trim();
}
