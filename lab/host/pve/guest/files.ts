/** `pct push` and `pct pull`: real copies between the host and a running container. */
import { existsSync } from "node:fs";
import { PveError } from "../errors";
import { inHost } from "../paths";
import type { Values } from "../schema/types";
import type { Host } from "../../types";
import { inGuest, runInGuest } from "./runtime";
import { isRunning } from "./state";

/** The mode in octal; throws for anything else. `0x…` is hexadecimal, as strtoul reads it. */
function mode(text: string | undefined): string {
  if (text === undefined) return "";
  if (/^0x[0-9a-f]+$/i.test(text)) return `0${Number(text).toString(8)}`;
  const octal = text.startsWith("0") ? text : `0${text}`;
  if (!/^0[0-7]+$/.test(octal)) throw new PveError(`invalid mode: '${octal}'`);
  return octal;
}

/** Looks up a user or group name in the guest's own files. */
async function idOf(
  host: Host,
  vmid: number,
  file: "passwd" | "group",
  name: string | undefined,
): Promise<string> {
  if (name === undefined) return "";
  if (/^\d+$/.test(name)) return name;
  const { stdout } = await runInGuest(host, vmid, ["cat", `/etc/${file}`]);
  const line = stdout.split("\n").find((entry) => entry.startsWith(`${name}:`));
  if (line === undefined)
    throw new PveError(`failed to get ${file === "passwd" ? "uid" : "gid"} for: ${name}`);
  return line.split(":")[2] ?? "0";
}

const text = (values: Values, key: string): string | undefined =>
  values[key] === undefined ? undefined : String(values[key]);

/** What the program printed last, without its own name. */
const reason = (stderr: string): string => stderr.trim().split(": ").at(-1) ?? "";

/**
 * PVE::CLI::pct::create_file, as `copy PATH UID GID MODE` with the text on standard input: what exists keeps owner and
 * mode unless they are given; what is new is root's, 0644. Exit code 3: the owner could not be changed.
 */
const COPY = `umask 077
if [ -d "$1" ]; then echo "x: Is a directory" >&2; exit 1; fi
mode=$4
[ -e "$1" ] || mode=\${4:-0644}
: >>"$1" && : >"$1" || exit 1
[ -z "$mode" ] || chmod "$mode" "$1" || exit 1
if [ -n "$2$3" ]; then chown "$2\${3:+:$3}" "$1" || exit 3; fi
cat >"$1"`;

/** What create_file says. */
const notCreated = (target: string, { code, stderr }: { code: number; stderr: string }): PveError =>
  new PveError(
    code === 3
      ? `failed to change file owner: ${reason(stderr)}`
      : `failed to create file: ${target}: ${reason(stderr)}`,
  );

export async function push(host: Host, values: Values): Promise<void> {
  const vmid = Number(values["vmid"]);
  const file = String(values["file"]);
  const target = String(values["destination"]);
  const path = inHost(host, file);
  const perms = mode(text(values, "perms"));
  const user = await idOf(host, vmid, "passwd", text(values, "user"));
  const group = await idOf(host, vmid, "group", text(values, "group"));
  if (!existsSync(path)) throw new PveError(`failed to open ${file} for reading`);
  if (!target.startsWith("/"))
    throw new PveError(`failed to create file: ${target}: No such file or directory`);
  const copy = inGuest(host, vmid, ["bash", "-c", COPY, "push", target, user, group, perms]);
  const done = await host.run(["sh", "-c", 'exec "$@" <"$0"', file, ...copy]);
  if (done.code !== 0) throw notCreated(target, done);
}

/** Copies out of the guest; an empty file is left when there was nothing to read, as on a node. */
export async function pull(host: Host, values: Values): Promise<void> {
  const vmid = Number(values["vmid"]);
  const source = String(values["path"]);
  const target = String(values["destination"]);
  const perms = mode(text(values, "perms"));
  const own = async (file: "passwd" | "group", key: string) => {
    const name = text(values, key);
    if (name === undefined || /^\d+$/.test(name)) return name ?? "";
    const { stdout } = await host.run(["getent", file, name]);
    if (stdout === "") throw new PveError(`failed to get ${file === "passwd" ? "uid" : "gid"} for: ${name}`);
    return stdout.split(":")[2] ?? "0";
  };
  const user = await own("passwd", "user");
  const group = await own("group", "group");
  // The file is made first and filled from the guest, so that nothing passes through text.
  const made = await host.run(["bash", "-c", COPY, "pull", target, user, group, perms]);
  if (made.code !== 0) throw notCreated(target, made);
  const read = inGuest(host, vmid, ["cat", "--", source]);
  const found = await host.run(["sh", "-c", 'exec "$@" >"$0"', target, ...read]);
  if (found.code !== 0) throw new PveError(`failed to open ${source}: ${reason(found.stderr)}`);
}

export function checkRunningFor(host: Host, vmid: number, verb: "push" | "pull"): void {
  if (isRunning(host, vmid)) return;
  throw new PveError(
    verb === "push" ? "can only push files to a running CT" : "can only pull files from a running VM",
  );
}
