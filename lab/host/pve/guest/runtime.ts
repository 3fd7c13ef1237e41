/** Runs containers: real processes in namespaces of their own, see rootfs.sh and launch.sh. */
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { inRoot } from "../../machine/confined";
import type { Finished, Host } from "../../types";
import type { GuestFile } from "../config/guest-file";
import { PveError } from "../errors";
import { serveGuest, type MachineSystem } from "../guestsystem/serve";
import { guestLayer } from "../guestsystem/layer";
import { mounts, type Mount } from "./config";
import { bringsForbidden, deviceNodes } from "./devices";
import { conflict, idMaps, mapLines, refusal, rootIds } from "./idmap";
import { intoGuest, type Attach } from "./enter";
import { forgetLimits, showInterfaces, showLimits, stateFolder } from "./limits";
import { hookFailed, mapRefused, mountFailed } from "./lxcLog";
import { sourceOf } from "./source";
import { running, setRunning, setStopped } from "./state";

const ROOTFS = readFileSync(join(__dirname, "rootfs.sh"), "utf8");
const USERNS = readFileSync(join(__dirname, "userns.sh"), "utf8");
const SCRIPT = USERNS + ROOTFS + readFileSync(join(__dirname, "launch.sh"), "utf8");

/** Where a lab's programs see the machine: its own namespaces' first process stands outside the host's root. */
const OUTSIDE = ["nsenter", "--mount=/proc/1/ns/mnt", "--"];

/** What stood in a start's way: lxc's lines, and why, for the daemon's log. */
class NotStarted extends Error {
  constructor(
    readonly lines: string[],
    why: string,
  ) {
    super(why);
  }
}

type Line = [flags: string, source: string, target: string, kind: string, need: "optional" | "required"];

/** `lxc.mount.entry: /dev/nvidia0 dev/nvidia0 none bind,optional,create=file`. */
function mountEntry(host: Host, vmid: number, config: GuestFile, value: string): Line | undefined {
  const [given = "", target, , options = ""] = value.trim().split(/\s+/);
  const words = options.split(",");
  if (target === undefined || !(words.includes("bind") || words.includes("rbind"))) return undefined;
  const optional = words.includes("optional");
  const source = inRoot(host.root, given);
  if (!existsSync(source)) {
    if (optional) return undefined;
    throw new NotStarted(mountFailed(host, vmid, given, target), `${given} does not exist`);
  }
  const create = words.find((word) => word.startsWith("create="))?.slice("create=".length) ?? "keep";
  // A node below a nodev mount cannot be opened: how a device cgroup is stood in for.
  const flags = [
    words.includes("ro") ? "ro" : "rw",
    ...(bringsForbidden(host, config, source) ? ["nodev"] : []),
  ].join(",");
  return [flags, source, target, create, optional ? "optional" : "required"];
}

function mountLines(host: Host, vmid: number, config: GuestFile): Line[] {
  const own = mounts(host, config)
    .filter((mount) => mount.key !== "rootfs")
    .map((mount): Line => {
      const source = inRoot(host.root, sourceOf(host, mount));
      if (!statSync(source, { throwIfNoEntry: false })?.isDirectory())
        throw new NotStarted(
          hookFailed(host, vmid, 2),
          `directory '${sourceOf(host, mount)}' does not exist`,
        );
      return [mount.values["ro"] === 1 ? "ro" : "rw", source, mount.mp, "dir", "required"];
    });
  const raw = config.lxc
    .filter(([key]) => key === "lxc.mount.entry")
    .map(([, value]) => mountEntry(host, vmid, config, value))
    .filter((line) => line !== undefined);
  const fuse = /(?:^|,)fuse=1(?:,|$)/.test(config.values["features"] ?? "")
    ? mountEntry(host, vmid, config, "/dev/fuse dev/fuse none bind,create=file,optional 0 0")
    : undefined;
  return [...own, ...raw, ...(fuse ? [fuse] : [])];
}

/** The folder with everything of a guest that runs, made anew. */
function makeState(host: Host, vmid: number, config: GuestFile): string {
  const state = stateFolder(host, vmid);
  rmSync(state, { recursive: true, force: true });
  for (const name of ["root", "proc", "client", "below"]) mkdirSync(join(state, name), { recursive: true });
  const { uid, gid } = rootIds(config);
  chownSync(join(state, "client"), uid, gid);
  showLimits(host, vmid, config);
  showInterfaces(host, vmid, config);
  return state;
}

/** A virtual machine that is started as a container is: where its files are, and what it has beside. */
export interface VirtualMachine extends MachineSystem {
  /** Folder of the files on its disk, as the daemon sees it. */
  root: string;
  /** The process that the node shows. */
  title: string;
}

function rootOf(host: Host, config: GuestFile): string {
  const root = mounts(host, config).find((mount) => mount.key === "rootfs");
  if (!root) throw new PveError("missing 'rootfs' configuration");
  return inRoot(host.root, sourceOf(host, root));
}

function settings(
  host: Host,
  vmid: number,
  config: GuestFile,
  machine: VirtualMachine | undefined,
): Record<string, string> {
  const root = machine?.root ?? rootOf(host, config);
  const maps = idMaps(config);
  const refused = refusal(host, maps);
  const rows = (lines: string[][]) => lines.map((line) => line.join("\t")).join("\n");
  let nodes: string[][];
  try {
    nodes = deviceNodes(host, config);
  } catch (error) {
    throw new NotStarted(hookFailed(host, vmid, 2), (error as Error).message);
  }
  const lines = mountLines(host, vmid, config);
  if (refused) throw new NotStarted(mapRefused(host, vmid, refused), refused.message);
  const { uid, gid } = rootIds(config);
  return {
    ID: String(vmid),
    HOST: host.root,
    STATE: makeState(host, vmid, config),
    ROOT: root,
    TITLE: machine?.title ?? `[lxc monitor] /var/lib/lxc ${vmid}`,
    LAYER: guestLayer(host),
    NAME: (config.values["hostname"] ?? `CT${vmid}`).split(".")[0] ?? "",
    UID_MAP: mapLines(maps, "u"),
    GID_MAP: mapLines(maps, "g"),
    ROOT_UID: String(uid),
    ROOT_GID: String(gid),
    MOUNTS: rows(lines),
    DEVICES: rows(nodes),
  };
}

/** Warns about maps of ids that contradict each other; throws when they cannot be read at all. */
export function checkMaps(vmid: number, config: GuestFile, say: (line: string) => void): void {
  try {
    const wrong = conflict(idMaps(config));
    if (wrong !== undefined) say(`lxc.idmap: ${wrong}`);
  } catch (error) {
    // lxc-start itself cannot read its configuration and ends before it becomes a daemon.
    const unit = `pve-container@${vmid}`;
    say(`lxc.idmap: ${(error as Error).message}`);
    say(`Job for ${unit}.service failed because the control process exited with error code.`);
    say(`See "systemctl status ${unit}.service" and "journalctl -xeu ${unit}.service" for details.`);
    throw new PveError(`command 'systemctl start ${unit}' failed: exit code 1`);
  }
}

/**
 * Starts a container's first process; throws `startup for container '…' failed` after lxc's own lines.
 *
 * @param say takes those lines, and warnings
 * @param machine for a virtual machine, whose system `config` describes
 */
export async function launch(
  host: Host,
  vmid: number,
  config: GuestFile,
  say: (line: string) => void,
  machine?: VirtualMachine,
): Promise<Host> {
  const failed = new PveError(`startup for container '${vmid}' failed`);
  let variables: Record<string, string>;
  try {
    variables = settings(host, vmid, config, machine);
  } catch (error) {
    if (!(error instanceof NotStarted)) throw error;
    process.stderr.write(`CT ${vmid} did not start: ${error.message}\n`);
    error.lines.forEach(say);
    throw failed;
  }
  const environment = Object.entries(variables).map(([key, value]) => `${key}=${value}`);
  const done = await host.run([...OUTSIDE, "env", ...environment, "bash", "-c", SCRIPT, "launch"]);
  const [pid = 0, monitor = 0] = done.stdout.trim().split("\n").map(Number);
  if (done.code !== 0 || !Number.isInteger(pid) || pid <= 0) {
    forgetLimits(host, vmid);
    done.stderr.trim().split("\n").forEach(say);
    throw failed;
  }
  const state = { pid, monitor, mapped: variables["UID_MAP"] !== "", since: Date.now() };
  const service = await serveGuest(host, vmid, config, state, machine);
  setRunning(host, vmid, { ...state, ...(machine && { shape: config }), ended: () => service.close() });
  return service.guest;
}

/** Ends everything that runs in a container, and waits until its mounts are gone. */
export async function kill(host: Host, vmid: number): Promise<void> {
  const state = running(host, vmid);
  if (state) await host.run(["kill", "-KILL", String(state.pid)]);
  const lives = () => state && existsSync(join(host.root, `proc/${state.monitor}`));
  for (let wait = 0; lives() && wait < 500; wait++) await new Promise((resolve) => setTimeout(resolve, 5));
  setStopped(host, vmid);
  forgetLimits(host, vmid);
}

/** The command line that runs a program in a running container, to be run on the host. */
export function inGuest(host: Host, vmid: number, argv: string[], options: Attach = {}): string[] {
  const state = running(host, vmid);
  if (!state) throw new PveError(`container '${vmid}' not running!`);
  return intoGuest(host, state, argv, options);
}

export const runInGuest = (host: Host, vmid: number, argv: string[], input?: string): Promise<Finished> =>
  host.run(inGuest(host, vmid, argv), input === undefined ? {} : { input });

/** Runs a program of the node as root of a container's user namespace, as lxc-usernsexec does. */
export function runMapped(host: Host, config: GuestFile, argv: string[]): Promise<Finished> {
  const maps = idMaps(config);
  if (maps.length === 0) return host.run(argv);
  const variables = [`HOST=${host.root}`, `UID_MAP=${mapLines(maps, "u")}`, `GID_MAP=${mapLines(maps, "g")}`];
  return host.run([
    ...OUTSIDE,
    "env",
    ...variables,
    "bash",
    "-c",
    `${USERNS}mapped "$@"`,
    "lxc-usernsexec",
    ...argv,
  ]);
}

/** Gives a running container a new devN, on the monitor's side. */
export async function attachDevice(host: Host, vmid: number, config: GuestFile, key: string): Promise<void> {
  const state = running(host, vmid);
  const [node] = deviceNodes(host, config, key);
  if (!state || !node) return;
  const done = await host.run([
    ...["nsenter", "--target", String(state.monitor), "--mount", "--"],
    ...[
      "bash",
      "-c",
      `${USERNS}${ROOTFS}\ndevice "$@"`,
      "device",
      `${stateFolder(host, vmid)}/root`,
      ...node,
    ],
  ]);
  if (done.code !== 0)
    throw new PveError(`Bind mount of device ${node[3]} into container failed: ${done.stderr.trim()}`);
}

/** Mounts a new mpN into a running container: on the monitor's side, from where it reaches the guest. */
export async function attachMount(host: Host, vmid: number, config: GuestFile, mount: Mount): Promise<void> {
  const state = running(host, vmid);
  if (!state) return;
  const source = inRoot(host.root, sourceOf(host, mount));
  const folder = stateFolder(host, vmid);
  const { uid, gid } = rootIds(config);
  const variables = [`STATE=${folder}`, `ROOT_UID=${uid}`, `ROOT_GID=${gid}`];
  const script = `${USERNS}${ROOTFS}\nattach "$1" "$2" "$3" dir`;
  const done = await host.run([
    ...["nsenter", "--target", String(state.monitor), "--mount", "--", "env", ...variables],
    ...["bash", "-c", script, "attach", mount.values["ro"] === 1 ? "ro" : "rw", source],
    `${folder}/root${mount.mp}`,
  ]);
  if (done.code !== 0)
    throw new PveError(`cannot mount '${sourceOf(host, mount)}' at '${mount.mp}': ${done.stderr.trim()}`);
}
