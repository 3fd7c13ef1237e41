/** Runs containers: real processes in namespaces of their own, see launch.sh. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { GuestFile } from "../config/guest-file";
import { PveError } from "../errors";
import { volumeFolder } from "../storage/volumes";
import type { Finished, Host } from "../../types";
import { mounts, type Mount } from "./config";
import { parsePropertyString } from "../schema/property-string";
import { deviceFormat } from "./options";
import { running, setRunning, setStopped } from "./state";

const LAUNCH = readFileSync(join(__dirname, "launch.sh"), "utf8");

/** Folder on the host that a mount takes its files from. */
export const sourceOf = (host: Host, mount: Mount): string =>
  mount.type === "volume" ? volumeFolder(host, mount.volume) : mount.volume;

type Line = [mode: "ro" | "rw", source: string, target: string, kind: string, need: "optional" | "required"];

/** `lxc.mount.entry: /dev/nvidia0 dev/nvidia0 none bind,optional,create=file`. */
function mountEntry(value: string): Line | undefined {
  const [source, target, , options = ""] = value.split(/\s+/);
  if (source === undefined || target === undefined) return undefined;
  const words = options.split(",");
  if (!words.includes("bind") && !words.includes("rbind")) return undefined;
  const create = words.find((word) => word.startsWith("create="))?.slice("create=".length);
  return [
    words.includes("ro") ? "ro" : "rw",
    source,
    target,
    create ?? "keep",
    words.includes("optional") ? "optional" : "required",
  ];
}

function mountLines(host: Host, config: GuestFile): Line[] {
  const lines: Line[] = mounts(host, config)
    .filter((mount) => mount.key !== "rootfs")
    .map((mount) => [
      mount.values["ro"] === 1 ? "ro" : "rw",
      sourceOf(host, mount),
      mount.mp,
      "any",
      "required",
    ]);
  for (const [key, value] of Object.entries(config.values)) {
    if (!/^dev\d+$/.test(key)) continue;
    const path = String(parsePropertyString(deviceFormat, value, host.release)["path"]);
    lines.push(["rw", path, path, "file", "required"]);
  }
  for (const [key, value] of config.lxc) {
    const line = key === "lxc.mount.entry" ? mountEntry(value) : undefined;
    if (line) lines.push(line);
  }
  return lines;
}

/** Starts a container's first process; throws what stood in its way. */
export async function launch(host: Host, vmid: number, config: GuestFile): Promise<void> {
  const root = mounts(host, config).find((mount) => mount.key === "rootfs");
  if (!root) throw new PveError("missing 'rootfs' configuration");
  const settings = {
    STATE: `/run/lab-guests/${vmid}`,
    ROOT: sourceOf(host, root),
    NAME: (config.values["hostname"] ?? `CT${vmid}`).split(".")[0] ?? "",
    MOUNTS: mountLines(host, config)
      .map((line) => line.join("\t"))
      .join("\n"),
  };
  const variables = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  const done = await host.run(["env", ...variables, "bash", "-s"], { input: LAUNCH });
  const pid = Number(done.stdout.trim());
  if (done.code !== 0 || !Number.isInteger(pid) || pid <= 0) {
    const reason = done.stderr.trim().split("\n").at(-1) ?? "";
    throw new PveError(`startup for container '${vmid}' failed${reason === "" ? "" : `: ${reason}`}`);
  }
  setRunning(host, vmid, pid);
}

/** Ends everything that runs in a container. */
export async function kill(host: Host, vmid: number): Promise<void> {
  const state = running(host, vmid);
  if (state) await host.run(["kill", "-KILL", String(state.pid)]);
  for (let wait = 0; running(host, vmid) && wait < 200; wait++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  setStopped(host, vmid);
}

const ENVIRONMENT = [
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  "HOME=/root",
  "USER=root",
  "TERM=linux",
  "container=lxc",
];

/** The command line that runs a program in a running container, to be run on the host. */
export function inGuest(host: Host, vmid: number, argv: string[]): string[] {
  const state = running(host, vmid);
  if (!state) throw new PveError(`container '${vmid}' not running!`);
  const enter = [
    "nsenter",
    "--target",
    String(state.pid),
    "--mount",
    "--uts",
    "--ipc",
    "--pid",
    "--root",
    "--wd",
  ];
  return [...enter, "--", "env", "-i", ...ENVIRONMENT, ...argv];
}

export const runInGuest = (host: Host, vmid: number, argv: string[], input?: string): Promise<Finished> =>
  host.run(inGuest(host, vmid, argv), input === undefined ? {} : { input });

/** Mounts a new mpN into a running container. */
export async function attachMount(host: Host, vmid: number, mount: Mount): Promise<void> {
  const state = running(host, vmid);
  if (!state) return;
  const source = sourceOf(host, mount);
  const target = `/run/lab-guests/${vmid}/root${mount.mp}`;
  const script =
    'mkdir -p "$2" && mount --bind "$1" "$2" && { [ "$3" = 0 ] || mount -o remount,bind,ro "$2"; }';
  // Entering a mount namespace leaves the host's root folder, which has the same path in there.
  const done = await host.run([
    ...["nsenter", "--target", String(state.pid), "--mount", "--", "chroot", host.root],
    ...["bash", "-c", script, "attach", source, target, mount.values["ro"] === 1 ? "1" : "0"],
  ]);
  if (done.code !== 0) throw new PveError(`cannot mount '${source}' at '${mount.mp}': ${done.stderr.trim()}`);
}
