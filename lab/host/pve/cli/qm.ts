/** `qm`: virtual machines from the node's command line. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inRoot } from "../../machine/confined";
import { encodeText } from "../config/guest-file";
import { AGENT_COMMANDS, agentCommand, agentExec, agentExecStatus, agentSetPassword } from "../vm/agent";
import { list } from "../guest/config";
import { running } from "../guest/state";
import { PveError, UsageError } from "../errors";
import { vmConfig, vmPending } from "../api/methods-qemu";
import { node, vmid } from "../api/methods-lxc";
import { parseArguments } from "../schema/command-line";
import { boolean, integer, string, type Values } from "../schema/types";
import { verify } from "../schema/verify";
import { checkRunning, idOf } from "../vm/config";
import { importDiskVm, unlockVm } from "../vm/lifecycle";
import { DISK } from "../vm/options";
import { rescanVms } from "../vm/rescan";
import { listVmSnapshots } from "../vm/snapshot";
import { vmStatus } from "../vm/status";
import { fromMethod, type CommandContext, type Subcommand, type Tree } from "./command";
import { formatResult } from "./format";
import type { Find } from "./pct";
import { printSnapshots } from "./snapshotTree";

const O = { optional: true } as const;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const GUEST = "/nodes/{node}/qemu/{vmid}";
/** Bytes of standard input that the agent takes. */
const MAX_INPUT = 1024 ** 2;

const unsupported = (what: string, positions = ["vmid"]): Subcommand => ({
  parameters: Object.fromEntries(positions.map((key) => [key, key === "vmid" ? vmid : string()])),
  positions,
  async run() {
    throw new PveError(`the lab does not simulate 'qm ${what}'`);
  },
});

const onId = (run: (context: CommandContext, id: number) => void | Promise<void>): Subcommand => ({
  parameters: { vmid },
  positions: ["vmid"],
  run: async (context, values) => run(context, idOf(values)),
});

/** `--sshkeys FILE`: the file's text, percent-encoded as URI::Escape does. */
function withKeys(command: Subcommand): Subcommand {
  const { sshkeys, ...others } = command.parameters;
  if (sshkeys === undefined) return command;
  return {
    ...command,
    parameters: { ...others, sshkeys: string(O) },
    async run(context, values, rest) {
      const { sshkeys: file, ...left } = values;
      if (file === undefined) return command.run(context, left, rest);
      const path = inRoot(context.host.root, resolve(context.call.cwd, String(file)));
      if (!existsSync(path)) throw new PveError(`can't open '${file}' - No such file or directory`);
      const text = encodeURIComponent(readFileSync(path, "utf8")).replace(
        /[!'()*]/g,
        (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
      );
      return command.run(context, { ...left, sshkeys: text }, rest);
    },
  };
}

/** Results of the agent: JSON as Perl prints it, texts as they are, nothing for nothing. */
function printAgent({ print }: CommandContext, data: unknown): void {
  const result = (data as { result?: unknown }).result ?? data;
  if (typeof result !== "object" || result === null) {
    const text = String(result).trimEnd();
    if (text !== "") print(text);
    return;
  }
  if (!Array.isArray(result) && Object.keys(result).length === 0) return;
  print(
    formatResult(result, { "output-format": "json-pretty" }).replace(/^(\s*"(?:[^"\\]|\\.)*"):/gm, "$1 :"),
  );
}

const EXEC = {
  vmid,
  synchronous: boolean(O),
  timeout: integer({ ...O, minimum: 0 }),
  "pass-stdin": boolean(O),
};

/**
 * Arguments of `qm guest exec`: its own options may stand before and after the id; what follows `--`, or the first
 * word that is no option, is the command.
 */
function execArguments(args: string[]): { own: string[]; command: string[] } {
  const end = args.indexOf("--");
  const head = end < 0 ? args : args.slice(0, end);
  const tail = end < 0 ? [] : args.slice(end + 1);
  const own: string[] = [];
  const words = [...head];
  let plain = 0;
  while (words.length > 0) {
    const word = words[0] ?? "";
    if (!word.startsWith("-") && plain++ === 1) break;
    own.push(words.shift() ?? "");
    if (/^--?timeout$/.test(word)) own.push(words.shift() ?? "");
    else if (
      /^--?(synchronous|pass-stdin)$/.test(word) &&
      /^(0|1|yes|no|on|off|true|false)$/.test(words[0] ?? "")
    )
      own.push(words.shift() ?? "");
  }
  return { own, command: [...words, ...tail] };
}

async function guestExec(context: CommandContext, args: string[]): Promise<void> {
  const { host, call } = context;
  const { own, command } = execArguments(args);
  const values = verify(EXEC, parseArguments(EXEC, ["vmid"], own), host.release);
  const id = idOf(values);
  const waits = values["synchronous"] !== 0;
  if (values["timeout"] !== undefined && !waits)
    throw new UsageError("Parameter verification failed.\nsynchronous: needs to be set for 'timeout'");
  let input: string | undefined;
  if (values["pass-stdin"] === 1) {
    const bytes = await call.stdin();
    if (bytes.length > MAX_INPUT) throw new PveError("'input-data' (STDIN) is limited to 1 MiB, aborting");
    input = bytes.toString("utf8");
  }
  const started = await agentExec(host, id, command, input);
  if (!waits) return printAgent(context, started);
  const patience = Number(values["timeout"] ?? 30);
  const deadline = Date.now() + patience * 1000;
  while (patience === 0 || Date.now() < deadline) {
    const status = agentExecStatus(host, id, started.pid);
    if (status.exited === 1) return printAgent(context, status);
    await sleep(20);
  }
  context.warn("timeout reached, returning pid");
  printAgent(context, started);
}

const exec: Subcommand = {
  parameters: { ...EXEC, vmid: string(O) },
  positions: [],
  rest: "extra-args",
  run: async (context, _values, rest) => guestExec(context, rest),
};

const guestCommand: Subcommand = {
  parameters: { vmid, command: string({ enum: Object.keys(AGENT_COMMANDS).sort() }) },
  positions: ["vmid", "command"],
  run: async (context, values) =>
    printAgent(context, agentCommand(context.host, idOf(values), String(values["command"]))),
};

function printConfig(context: CommandContext, values: Values): void {
  const shown = vmConfig(context, values);
  for (const key of Object.keys(shown).sort())
    if (key !== "digest")
      context.print(`${key}: ${key === "description" ? encodeText(String(shown[key])) : String(shown[key])}`);
}

function printPending(context: CommandContext, id: number): void {
  for (const { key, value, pending, delete: removed } of vmPending(context, { vmid: id })) {
    if (key === "digest") continue;
    const text = (one: unknown) => (key === "description" ? encodeText(String(one)) : String(one));
    if (value !== undefined && pending === undefined)
      context.print(`${removed ? "del" : "cur"} ${String(key)}: ${text(value)}`);
    if (value !== undefined && pending !== undefined) context.print(`cur ${String(key)}: ${text(value)}`);
    if (pending !== undefined) context.print(`new ${String(key)}: ${text(pending)}`);
  }
}

function printList({ host, print }: CommandContext): void {
  const all = list(host, "qemu").map((id) => vmStatus(host, id));
  if (all.length === 0) return;
  const row = (...cells: [string, string, string, string, string, string]) => {
    const [id, name, status, memory, disk, pid] = cells;
    print(
      `${id.padStart(10)} ${name.padEnd(20)} ${status.padEnd(10)} ${memory.padEnd(10)} ${disk.padStart(12)} ${pid.padEnd(10)}`,
    );
  };
  row("VMID", "NAME", "STATUS", "MEM(MB)", "BOOTDISK(GB)", "PID");
  for (const { vmid: id, name, status, maxmem, maxdisk, pid } of all)
    row(String(id), name, status, String(maxmem / MIB), (maxdisk / GIB).toFixed(2), String(pid ?? 0));
}

/** Until the machine has stopped. */
async function wait({ host, print }: CommandContext, values: Values): Promise<void> {
  const id = idOf(values);
  if (!checkRunning(host, id)) return;
  print(`waiting until VM ${id} stops (PID ${running(host, id)?.pid ?? 0})`);
  const deadline = values["timeout"] === undefined ? Infinity : Date.now() + Number(values["timeout"]) * 1000;
  while (running(host, id) !== undefined && Date.now() < deadline) await sleep(50);
  if (running(host, id) !== undefined) throw new PveError("wait failed - got timeout");
}

export function qm(find: Find): Tree {
  const method = (
    verb: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    positions: string[],
    more: Partial<Subcommand> = {},
    show?: (context: CommandContext, result: unknown) => void,
  ) => fromMethod(find(verb, path), positions, show, more);
  const importDisk: Subcommand = {
    parameters: {
      vmid,
      source: string(),
      storage: string({ format: "pve-storage-id" }),
      format: string({ ...O, enum: ["raw", "qcow2", "vmdk"] }),
      "target-disk": string({ ...O, pattern: new RegExp(`${DISK.source}|^unused\\d+$`) }),
    },
    positions: ["vmid", "source", "storage"],
    run: importDiskVm,
  };
  const rescan: Subcommand = {
    parameters: { vmid: { ...vmid, optional: true }, dryrun: boolean(O) },
    positions: [],
    run: rescanVms,
  };
  const resize: Subcommand = {
    ...method("PUT", `${GUEST}/resize`, ["vmid", "disk", "size"], { ignoresWorker: true }),
    shownAs: "qm disk resize",
  };
  const move = method("POST", `${GUEST}/move_disk`, ["vmid", "disk", "storage"]);
  return {
    list: {
      parameters: { full: boolean(O) },
      positions: [],
      run: async (context) => printList(context),
    },
    create: withKeys(method("POST", "/nodes/{node}/qemu", ["vmid"])),
    set: withKeys(method("PUT", `${GUEST}/config`, ["vmid"])),
    destroy: method("DELETE", GUEST, ["vmid"]),
    clone: method("POST", `${GUEST}/clone`, ["vmid", "newid"]),
    template: method("POST", `${GUEST}/template`, ["vmid"]),
    config: {
      parameters: { ...find("GET", `${GUEST}/config`).parameters, node: { ...node, optional: true } },
      positions: ["vmid"],
      run: async (context, values) => printConfig(context, values),
    },
    pending: onId(printPending),
    status: {
      parameters: { vmid, verbose: boolean(O) },
      positions: ["vmid"],
      async run({ host, print }, values) {
        const status = vmStatus(host, idOf(values));
        if (values["verbose"] !== 1) return print(`status: ${status.status}`);
        for (const key of Object.keys(status).sort())
          if (key !== "cpu") print(`${key}: ${status[key as keyof typeof status]}`);
      },
    },
    start: method("POST", `${GUEST}/status/start`, ["vmid"]),
    stop: method("POST", `${GUEST}/status/stop`, ["vmid"]),
    shutdown: method("POST", `${GUEST}/status/shutdown`, ["vmid"]),
    reboot: method("POST", `${GUEST}/status/reboot`, ["vmid"]),
    reset: method("POST", `${GUEST}/status/reset`, ["vmid"]),
    suspend: method("POST", `${GUEST}/status/suspend`, ["vmid"]),
    resume: method("POST", `${GUEST}/status/resume`, ["vmid"]),
    wait: {
      parameters: { vmid, timeout: integer({ ...O, minimum: 1 }) },
      positions: ["vmid"],
      run: wait,
    },
    unlock: onId(async (context, id) => unlockVm(context, { vmid: id })),
    snapshot: method("POST", `${GUEST}/snapshot`, ["vmid", "snapname"]),
    delsnapshot: method("DELETE", `${GUEST}/snapshot/{snapname}`, ["vmid", "snapname"]),
    rollback: method("POST", `${GUEST}/snapshot/{snapname}/rollback`, ["vmid", "snapname"]),
    listsnapshot: onId((context, id) => printSnapshots(context, listVmSnapshots(context.host, id))),
    importdisk: importDisk,
    rescan,
    resize,
    "move-disk": move,
    move_disk: move,
    disk: { import: importDisk, move, rescan, resize, unlink: unsupported("disk unlink") },
    unlink: unsupported("disk unlink"),
    agent: guestCommand,
    guest: {
      cmd: guestCommand,
      exec,
      "exec-status": {
        parameters: { vmid, pid: integer() },
        positions: ["vmid", "pid"],
        run: async (context, values) =>
          printAgent(context, agentExecStatus(context.host, idOf(values), Number(values["pid"]))),
      },
      passwd: {
        parameters: { vmid, username: string(), crypted: boolean(O) },
        positions: ["vmid", "username"],
        async run({ host, call }, values) {
          // As PVE::CLIHandler reads it where there is no terminal: the first line, and again.
          const [first = "", second = ""] = (await call.stdin()).toString("utf8").split("\n");
          if (first !== second) throw new PveError("Passwords do not match.");
          await agentSetPassword(
            host,
            idOf(values),
            String(values["username"]),
            first,
            values["crypted"] === 1,
          );
        },
      },
    },
    cloudinit: {
      dump: method("GET", `${GUEST}/cloudinit/dump`, ["vmid", "type"], {}, ({ print }, text) =>
        print(String(text)),
      ),
      update: method("PUT", `${GUEST}/cloudinit`, ["vmid"]),
      pending: unsupported("cloudinit pending"),
    },
    showcmd: unsupported("showcmd"),
    terminal: unsupported("terminal"),
    monitor: unsupported("monitor"),
    sendkey: unsupported("sendkey", ["vmid", "key"]),
    migrate: unsupported("migrate", ["vmid", "target"]),
    importovf: unsupported("importovf", ["vmid", "manifest", "storage"]),
    import: unsupported("import", ["vmid", "source"]),
  };
}
