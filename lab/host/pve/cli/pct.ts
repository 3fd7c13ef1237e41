/** `pct`: containers from the node's command line. */
import { statfsSync } from "node:fs";
import { inRoot } from "../../machine/confined";
import { encodeText } from "../config/guest-file";
import type { Method } from "../context";
import { PveError } from "../errors";
import { list, load, mounts } from "../guest/config";
import { checkRunningFor, pull, push } from "../guest/files";
import { unlockContainer } from "../guest/lifecycle";
import { coresOf } from "../guest/limits";
import { inGuest } from "../guest/runtime";
import { sourceOf } from "../guest/source";
import { rescanContainers } from "../guest/rescan";
import { listSnapshots } from "../guest/snapshot";
import { isRunning } from "../guest/state";
import { effective, pendingList, statusList, statusOf } from "../guest/status";
import { vmid } from "../api/methods-lxc";
import { boolean, string } from "../schema/types";
import { parseSize } from "../storage/volumes";
import type { Host } from "../../types";
import { printSnapshots } from "./snapshotTree";
import { fromMethod, type CommandContext, type Subcommand, type Tree } from "./command";

const O = { optional: true } as const;

/**
 * nsenter ends itself by the signal that ended its child; a node gives the exit code a shell would, and
 * no shell's remark about it.
 */
const AS_EXIT_CODE = 'exec 3>&2 2>/dev/null; "$@" 2>&3 3>&-; exit "$?"';

/** Finds a method of the API by its verb and path. */
export type Find = (method: Method["method"], path: string) => Method;

const GUEST = "/nodes/{node}/lxc/{vmid}";

function printConfig(
  { host, print, warn }: CommandContext,
  id: number,
  current: boolean,
  snapshot?: string,
): void {
  const file = load(host, "lxc", id, warn);
  const section = snapshot === undefined ? file : file.snapshots[snapshot];
  if (!section) throw new PveError(`snapshot '${snapshot}' does not exist`);
  const values =
    snapshot === undefined
      ? effective(file, current)
      : { ...section.values, ...(section.description !== "" && { description: section.description }) };
  for (const key of Object.keys(values).sort())
    print(`${key}: ${key === "description" ? encodeText(values[key] ?? "") : values[key]}`);
  for (const [key, value] of section.lxc) print(`${key}: ${value}`);
}

function printPending({ host, print }: CommandContext, id: number): void {
  const shown = (key: string, value: unknown) =>
    key === "description" ? encodeText(String(value)) : String(value);
  for (const { key, value, pending, delete: removed } of pendingList(host, "lxc", id).entries) {
    if (value !== undefined) print(`${removed ? "del" : "cur"} ${key}: ${shown(key, value)}`);
    if (pending !== undefined) print(`new ${key}: ${shown(key, pending)}`);
  }
}

function printList({ host, print }: CommandContext): void {
  const row = (id: string, status: string, lock: string, name: string) =>
    print(`${id.padEnd(10)} ${status.padEnd(10)} ${lock.padEnd(12)} ${name.padEnd(20)}`);
  const all = statusList(host);
  if (all.length === 0) return;
  row("VMID", "Status", "Lock", "Name");
  for (const { vmid: id, status, lock, name } of all) row(String(id), status, lock ?? "", name);
}

/** PVE::CLI::pct's own sizes, such as `1.0G`. */
function size(bytes: number): string {
  let value = bytes;
  for (const unit of ["", "K", "M", "G"]) {
    if (value < 1024) return unit === "" ? String(value) : `${value.toFixed(1)}${unit}`;
    value /= 1024;
  }
  return `${value.toFixed(1)}T`;
}

/** What each mount holds: its volume's size, and what its files take. */
async function printUsage({ host, print }: CommandContext, id: number): Promise<void> {
  const rows = [["MP", "Volume", "Size", "Used", "Avail", "Use%", "Path"]];
  for (const mount of mounts(host, load(host, "lxc", id))) {
    const folder = sourceOf(host, mount);
    const { stdout } = await host.run(["du", "--summarize", "--bytes", "--one-file-system", folder]);
    const { blocks, bsize } = statfsSync(inRoot(host.root, folder));
    const used = Number(stdout.split("\t")[0] ?? 0);
    const total = parseSize(String(mount.values["size"] ?? "0")) || blocks * bsize;
    const left = Math.max(0, total - used);
    const share = ((100 * used) / total).toFixed(1);
    rows.push([mount.key, mount.volume, size(total), size(used), size(left), share, mount.mp]);
  }
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const widths = [0, 1, 2, 3, 4, 5].map(width);
  for (const row of rows)
    print(
      row
        .map((text, column) =>
          column < 2 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
        )
        .join(" "),
    );
}

/** The processors of each running container, a column each. */
function printCpusets({ host, print }: CommandContext): void {
  const running = list(host, "lxc").filter((id) => isRunning(host, id));
  if (running.length === 0) return print("no running containers");
  const lines = running.map((id) => {
    const cores = coresOf(host, load(host, "lxc", id));
    return [String(id), `: ${Array.from({ length: cores }, (_, cpu) => ` ${cpu}`).join("")}`] as const;
  });
  const width = Math.max(...lines.map(([id]) => id.length));
  const rule = "-".repeat(width + Math.max(...lines.map(([, text]) => text.length)));
  print(rule);
  for (const [id, text] of lines) print(id.padStart(width) + text);
  print(rule);
}

function checkRunning(host: Host, id: number): void {
  load(host, "lxc", id);
  if (!isRunning(host, id)) throw new PveError(`container '${id}' not running!`);
}

const file = (source: string): Subcommand["parameters"] => ({
  vmid,
  [source]: string(),
  destination: string(),
  perms: string(O),
  user: string(O),
  group: string(O),
});

const onId = (run: (context: CommandContext, id: number) => void | Promise<void>): Subcommand => ({
  parameters: { vmid },
  positions: ["vmid"],
  run: async (context, values) => run(context, Number(values["vmid"])),
});

const unsupported = (what: string, positions = ["vmid"]): Subcommand => ({
  parameters: Object.fromEntries(positions.map((key) => [key, key === "vmid" ? vmid : string()])),
  positions,
  async run() {
    throw new PveError(`the lab does not simulate 'pct ${what}'`);
  },
});

/** `pct restore`: `pct create` with an option that it does not have itself. */
function restored(create: Subcommand): Subcommand {
  const parameters = { ...create.parameters };
  delete parameters["restore"];
  return {
    ...create,
    parameters,
    run: (context, values, rest) => create.run(context, { ...values, restore: 1 }, rest),
  };
}

/** `--keep-env 0` before the command of `pct exec`; it takes every other word as it is. */
function environmentOption(rest: string[]): { keepEnvironment: boolean; words: string[] } {
  const [first = "", second = ""] = rest;
  const match = /^--?keep-env(?:=(.*))?$/.exec(first);
  if (!match) return { keepEnvironment: true, words: rest };
  const after = rest.slice(match[1] === undefined ? 2 : 1);
  return {
    keepEnvironment: (match[1] ?? second) !== "0",
    words: after[0] === "--" ? after.slice(1) : after,
  };
}

export function pct(find: Find): Tree {
  const method = (
    verb: Method["method"],
    path: string,
    positions: string[],
    more: Partial<Subcommand> = {},
  ) => fromMethod(find(verb, path), positions, undefined, more);
  return {
    list: { parameters: {}, positions: [], run: async (context) => printList(context) },
    config: {
      parameters: { ...find("GET", `${GUEST}/config`).parameters, node: string(O) },
      positions: ["vmid"],
      run: async (context, values) =>
        printConfig(
          context,
          Number(values["vmid"]),
          values["current"] === 1,
          values["snapshot"] === undefined ? undefined : String(values["snapshot"]),
        ),
    },
    pending: onId(printPending),
    status: {
      parameters: { vmid, verbose: boolean(O) },
      positions: ["vmid"],
      async run({ host, print }, values) {
        const status = statusOf(host, Number(values["vmid"]));
        if (values["verbose"] !== 1) return print(`status: ${status.status}`);
        for (const key of Object.keys(status).sort())
          if (key !== "cpu") print(`${key}: ${status[key as keyof typeof status]}`);
      },
    },
    create: method("POST", "/nodes/{node}/lxc", ["vmid", "ostemplate"]),
    restore: restored(method("POST", "/nodes/{node}/lxc", ["vmid", "ostemplate"])),
    set: method("PUT", `${GUEST}/config`, ["vmid"]),
    destroy: method("DELETE", GUEST, ["vmid"]),
    clone: method("POST", `${GUEST}/clone`, ["vmid", "newid"]),
    template: method("POST", `${GUEST}/template`, ["vmid"], { ignoresWorker: true }),
    resize: method("PUT", `${GUEST}/resize`, ["vmid", "disk", "size"], { ignoresWorker: true }),
    start: method("POST", `${GUEST}/status/start`, ["vmid"]),
    stop: method("POST", `${GUEST}/status/stop`, ["vmid"]),
    shutdown: method("POST", `${GUEST}/status/shutdown`, ["vmid"]),
    reboot: method("POST", `${GUEST}/status/reboot`, ["vmid"]),
    snapshot: method("POST", `${GUEST}/snapshot`, ["vmid", "snapname"]),
    delsnapshot: method("DELETE", `${GUEST}/snapshot/{snapname}`, ["vmid", "snapname"]),
    rollback: method("POST", `${GUEST}/snapshot/{snapname}/rollback`, ["vmid", "snapname"]),
    listsnapshot: onId((context, id) => printSnapshots(context, listSnapshots(context.host, id))),
    unlock: onId(async (context, id) => void (await unlockContainer(context, { vmid: id }))),
    exec: {
      parameters: { vmid },
      positions: ["vmid"],
      rest: "extra-args",
      async run({ host, call }, values, rest) {
        const id = Number(values["vmid"]);
        const { keepEnvironment, words } = environmentOption(rest);
        checkRunning(host, id);
        if (words.length === 0) throw new PveError("missing command");
        const attach = inGuest(host, id, words, { cwd: call.cwd, keepEnvironment });
        return { exec: ["bash", "-c", AS_EXIT_CODE, "pct", ...attach] };
      },
    },
    enter: {
      parameters: { vmid, "keep-env": boolean(O) },
      positions: ["vmid"],
      async run({ host, call }, values) {
        const id = Number(values["vmid"]);
        checkRunning(host, id);
        // lxc-attach without a command: the login shell of the guest's root.
        return {
          exec: inGuest(host, id, ["/bin/bash"], {
            cwd: call.cwd,
            keepEnvironment: values["keep-env"] !== 0,
          }),
        };
      },
    },
    push: {
      parameters: file("file"),
      positions: ["vmid", "file", "destination"],
      ignoresWorker: true,
      async run(context, values) {
        checkRunningFor(context.host, Number(values["vmid"]), "push");
        await context.fork("vzpush", String(values["vmid"]), () => push(context.host, values));
      },
    },
    pull: {
      parameters: file("path"),
      positions: ["vmid", "path", "destination"],
      ignoresWorker: true,
      async run(context, values) {
        checkRunningFor(context.host, Number(values["vmid"]), "pull");
        await context.fork("vzpull", String(values["vmid"]), () => pull(context.host, values));
      },
    },
    df: onId(printUsage),
    cpusets: { parameters: {}, positions: [], run: async (context) => printCpusets(context) },
    mount: unsupported("mount"),
    unmount: unsupported("unmount"),
    console: unsupported("console"),
    suspend: unsupported("suspend"),
    resume: unsupported("resume"),
    fsck: unsupported("fsck"),
    fstrim: unsupported("fstrim"),
    rescan: {
      parameters: { vmid: { ...vmid, optional: true }, dryrun: boolean({ optional: true }) },
      positions: [],
      run: rescanContainers,
    },
    migrate: unsupported("migrate", ["vmid", "target"]),
    "move-volume": unsupported("move-volume", ["vmid", "volume"]),
  };
}
