/** `vzdump` and POST /nodes/{node}/vzdump: backs guests up, one after the other, in one task (PVE::VZDump). */
import { mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { poolMembers } from "../access/users";
import type { Context } from "../context";
import { messageOf, PveError } from "../errors";
import { list } from "../guest/config";
import { inHost } from "../paths";
import type { Values } from "../schema/types";
import { Killed, held, unlessKilled } from "../../machine/workers";
import type { Host } from "../../types";
import { baseName } from "./archives";
import { container } from "./container";
import { checkLimits, finish, type Job, openJob } from "./job";
import { ModeFailure, type Dump, type Kind, type Log } from "./kind";
import { machine } from "./machine";
import { verifyVzdump } from "./options";

const kindOf = (host: Host, vmid: number): Kind | undefined =>
  [container, machine].find(({ type }) => list(host, type).includes(vmid));

/** Guests of this node that are to be backed up; those that are gone fail by name. */
export function includedGuests(host: Host, values: Values): number[] {
  const ids = (value: Values[string] | undefined) =>
    String(value ?? "")
      .split(/[,;\s\0]+/)
      .filter(Boolean)
      .map(Number);
  if (values["pool"] !== undefined) return poolMembers(host, String(values["pool"])) ?? [];
  if (values["vmid"] !== undefined) return [...new Set(ids(values["vmid"]))].sort((a, b) => a - b);
  const left = ids(values["exclude"]);
  return [...list(host, "lxc"), ...list(host, "qemu")]
    .filter((vmid) => !left.includes(vmid))
    .sort((a, b) => a - b);
}

const COMPRESSORS: Record<string, [command: string, ending: string]> = {
  "0": ["", ""],
  "1": ["lzop", ".lzo"],
  lzo: ["lzop", ".lzo"],
  gzip: ["gzip", ".gz"],
  zstd: ["zstd --quiet --threads=1", ".zst"],
};

const size = (bytes: number): string => {
  const kb = bytes / 1024;
  if (kb < 1024) return `${Math.floor(kb)}KB`;
  return kb < 1024 ** 2 ? `${Math.floor(kb / 1024)}MB` : `${(kb / 1024 ** 2).toFixed(2)}GB`;
};

const now = (): string => {
  const at = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000);
  return at.toISOString().slice(0, 19).replace("T", " ");
};

const duration = (seconds: number): string =>
  [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");

async function backUp(context: Context, job: Job, vmid: number, log: Log): Promise<void> {
  const { host } = context;
  const { values, folder } = job;
  const kind = kindOf(host, vmid);
  if (!kind) throw new PveError(`unable to find VM '${vmid}'`);
  checkLimits(host, job, kind, vmid);
  const name = baseName(kind.type, vmid, new Date());
  const [compress, ending] = COMPRESSORS[String(values["compress"])]!;
  const target = `${folder}/${name}.${kind.extension}${ending}`;
  const excluded = String(values["exclude-path"] ?? "")
    .split("\0")
    .filter(Boolean);
  const dump: Dump = {
    vmid,
    mode: values["mode"] as Dump["mode"],
    running: kind.isRunning(host, vmid),
    tmpdir: `${folder}/${name}.tmp`,
    tmptar: target.replace(/\.[^.]+$/, ".dat"),
    compress,
    exclude: [
      ...excluded,
      ...(values["stdexcludes"] === 0 ? [] : ["/tmp/?*", "/var/tmp/?*", "/var/run/?*.pid"]),
    ],
  };
  mkdirSync(inHost(host, dump.tmpdir), { recursive: true });
  log(`Starting Backup of VM ${vmid} (${kind.type})`);
  log(`Backup started at ${now()}`);
  log(`status = ${dump.running ? "running" : "stopped"}`);
  const undo: (() => Promise<void> | void)[] = [
    () => rmSync(inHost(host, dump.tmpdir), { recursive: true, force: true }),
    () => rmSync(inHost(host, dump.tmptar), { force: true }),
  ];
  try {
    await kind.lock(host, vmid);
    undo.push(() => kind.unlock(host, vmid));
    await hold(context, kind, dump, job, log, undo);
    kind.assemble(context, dump, log);
    log(`creating vzdump archive '${target}'`);
    await host.latency("vzdump");
    await kind.archive(context, dump, log);
    renameSync(inHost(host, dump.tmptar), inHost(host, target));
    log(`archive file size: ${size(statSync(inHost(host, target)).size)}`);
    finish(host, job, kind, vmid, target, log);
  } finally {
    // Those that were done first are undone first: the lock goes before the snapshot does.
    for (const each of undo.reverse()) await each();
  }
}

/** Holds a running guest still, in the mode that it can have. */
async function hold(
  context: Context,
  kind: Kind,
  dump: Dump,
  { values }: Job,
  log: Log,
  undo: (() => Promise<void> | void)[],
): Promise<void> {
  if (!dump.running) dump.mode = "stop";
  try {
    await kind.prepare(context, dump, log);
  } catch (error) {
    if (!(error instanceof ModeFailure)) throw error;
    log(error.message);
    log("trying 'suspend' mode instead");
    dump.mode = "suspend";
    await kind.prepare(context, dump, log);
  }
  log(`backup mode: ${dump.mode}`);
  if (values["bwlimit"]) log(`bandwidth limit: ${values["bwlimit"]} KiB/s`);
  log(`ionice priority: ${values["ionice"]}`);
  undo.splice(2, 0, () => kind.cleanUp(context, dump, log));
  if (!dump.running) return;
  const since = Date.now();
  const back = async () => {
    await kind.letGo(context, dump);
    const delay = Math.floor((Date.now() - since) / 1000);
    log(`guest is online again after ${delay < 1 ? "<1" : delay} seconds`);
  };
  if (dump.mode === "stop") {
    log("stopping virtual guest");
    undo.unshift(async () => {
      log("restarting vm");
      await back();
    });
  } else if (dump.mode === "suspend") log("suspending guest");
  await kind.hold(context, dump, log);
  if (dump.mode === "suspend") {
    log("resuming guest");
    await back();
  }
}

const busy = new WeakSet<Host>();

/** One backup job of a node at a time. */
async function takeTurn(host: Host, log: Log): Promise<() => void> {
  const waits = busy.has(host);
  if (waits) log("trying to get global lock - waiting...");
  while (busy.has(host)) await sleep(50).then(unlessKilled);
  if (waits) log("got global lock");
  busy.add(host);
  return held(() => busy.delete(host));
}

/** Backs up the guests that the values name; the task fails when one of them does. */
export async function vzdump(context: Context, given: Values): Promise<string> {
  const { host } = context;
  const { node, ...values } = given;
  verifyVzdump(values, true);
  if (node !== undefined && node !== host.node && node !== "localhost") return "OK";
  const vmids = includedGuests(host, values);
  if (values["stop"] === 1) throw new PveError("the lab does not simulate stopping backups");
  if (vmids.length === 0 && values["all"] !== 1) return "OK";
  return context.fork("vzdump", vmids.length === 1 ? String(vmids[0]) : "", async (write) => {
    const log: Log = (line) => (values["quiet"] === 1 ? undefined : write(`INFO: ${line}`));
    const job = openJob(host, values);
    const done = await takeTurn(host, log);
    let errors = 0;
    try {
      log(`starting new backup job: ${commandLine(values)}`);
      for (const vmid of vmids) {
        const since = Date.now();
        try {
          await backUp(context, job, vmid, log);
          log(`Finished Backup of VM ${vmid} (${duration(Math.floor((Date.now() - since) / 1000))})`);
          log(`Backup finished at ${now()}`);
        } catch (error) {
          if (error instanceof Killed || !(error instanceof PveError)) throw error;
          errors++;
          write(`ERROR: Backup of VM ${vmid} failed - ${messageOf(error)}`);
          log(`Failed at ${now()}`);
        }
      }
      log(`Backup job finished ${errors > 0 ? "with errors" : "successfully"}`);
    } finally {
      done();
    }
    if (errors > 0) throw new PveError("job errors");
  });
}

/** As the log of a job begins. */
function commandLine(values: Values): string {
  const { vmid, ...options } = values;
  const ids = vmid === undefined ? [] : String(vmid).split(/[,;\s\0]+/);
  const words = Object.entries(options).flatMap(([key, value]) =>
    String(value)
      .split("\0")
      .map((one) => `--${key} ${/^[\w@%+=:,./-]+$/.test(one) ? one : `'${one}'`}`),
  );
  return ["vzdump", ...ids, ...words].join(" ");
}
