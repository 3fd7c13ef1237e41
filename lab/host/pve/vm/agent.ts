/**
 * The QEMU guest agent of a running machine: there when the configuration gives it a port, its package is installed
 * in the guest and its service runs. Programs are run for real in the guest, as the agent's service does.
 */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inRoot } from "../../machine/confined";
import { PveError } from "../errors";
import { AGENT_MARK } from "../guestsystem/agentMark";
import { interfaces } from "../guest/interfaces";
import { intoGuest, rootOf } from "../guest/enter";
import { running } from "../guest/state";
import type { Finished, Host } from "../../types";
import { loadVm } from "./config";

/** As systemd starts the service. */
const ENVIRONMENT = ["-i", "LANG=C.UTF-8", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"];

interface Process {
  finished?: Finished;
}

interface Agent {
  /** systemd starts services, the agent's among them, after cloud-init's first stage. */
  waits: boolean;
  next: number;
  processes: Map<number, Process>;
}

const agents = new WeakMap<Host, Map<number, Agent>>();

function agentOf(host: Host, vmid: number): Agent {
  const all = agents.get(host) ?? new Map<number, Agent>();
  agents.set(host, all);
  const known = all.get(vmid) ?? { waits: false, next: 900, processes: new Map<number, Process>() };
  all.set(vmid, known);
  return known;
}

/** A machine that starts anew knows nothing of earlier processes. */
export function forgetAgent(host: Host, vmid: number): void {
  agents.get(host)?.delete(vmid);
}

/** Keeps the agent of a machine that starts from answering, or lets it. */
export function holdAgent(host: Host, vmid: number, waits: boolean): void {
  agentOf(host, vmid).waits = waits;
}

const guestRoot = (host: Host, vmid: number): string => rootOf(host, running(host, vmid)?.pid ?? 0);

export function agentRuns(host: Host, vmid: number): boolean {
  const state = running(host, vmid);
  return (
    !agentOf(host, vmid).waits &&
    state?.shape?.values["hostname"] !== undefined &&
    existsSync(join(guestRoot(host, vmid), AGENT_MARK))
  );
}

/** Throws where no agent answers (PVE::QemuServer::Agent::assert_agent_available). */
export function assertAgent(host: Host, vmid: number): void {
  const config = loadVm(host, vmid);
  if (config.values["agent"] === undefined) throw new PveError("No QEMU guest agent configured");
  if (running(host, vmid) === undefined) throw new PveError(`VM ${vmid} is not running`);
  if (!agentRuns(host, vmid)) throw new PveError("QEMU guest agent is not running");
}

/** Runs a program as root in the guest's root folder. */
export function runInMachine(
  host: Host,
  vmid: number,
  argv: string[],
  options: { input?: string; environment?: string[] } = {},
): Promise<Finished> {
  const state = running(host, vmid);
  if (state === undefined) throw new PveError(`VM ${vmid} is not running`);
  // The words after `env` are replaced: a machine is no container.
  const [, ...enter] = intoGuest(host, state, argv, { cwd: "/", keepEnvironment: false });
  const words = enter.slice(enter.indexOf("nsenter"));
  return host.run(["env", ...(options.environment ?? ENVIRONMENT), ...words], {
    cwd: "/",
    ...(options.input !== undefined && { input: options.input }),
  });
}

const failed = (message: string): PveError =>
  new PveError(`Agent error: Guest agent command failed, error was '${message}'`);

/** Whether a program can be started in the guest; GLib's reason when not. */
async function findProgram(host: Host, vmid: number, program: string): Promise<void> {
  const look = ["bash", "-c", 'p=$(type -P -- "$1") || exit 1; [ -x "$p" ]', "look", program];
  if ((await runInMachine(host, vmid, look)).code === 0) return;
  const path = program.includes("/") ? inRoot(guestRoot(host, vmid), program) : undefined;
  const there = path !== undefined && existsSync(path);
  const reason = there ? "Permission denied" : "No such file or directory";
  throw failed(`Failed to execute child process “${program}” (${reason})`);
}

/** Starts a program; answers the number to ask for its end with. */
export async function agentExec(
  host: Host,
  vmid: number,
  command: string[],
  input?: string,
): Promise<{ pid: number }> {
  assertAgent(host, vmid);
  const [program, ...args] = command;
  if (program === undefined && input === undefined)
    throw new PveError("command or input-data (or both) required");
  await findProgram(host, vmid, program ?? "");
  const agent = agentOf(host, vmid);
  const pid = ++agent.next;
  const process: Process = {};
  agent.processes.set(pid, process);
  void runInMachine(host, vmid, [program ?? "", ...args], input === undefined ? {} : { input }).then(
    (finished) => (process.finished = finished),
  );
  return { pid };
}

export interface ExecStatus {
  exited: 0 | 1;
  exitcode?: number;
  signal?: number;
  "out-data"?: string;
  "err-data"?: string;
}

/** What became of a program; once it has ended, the agent forgets it with the answer. */
export function agentExecStatus(host: Host, vmid: number, pid: number): ExecStatus {
  assertAgent(host, vmid);
  const { processes } = agentOf(host, vmid);
  const process = processes.get(pid);
  if (process === undefined) throw new PveError(`Agent error: Invalid parameter 'pid'`);
  if (process.finished === undefined) return { exited: 0 };
  processes.delete(pid);
  const { code, stdout, stderr } = process.finished;
  return {
    exited: 1,
    // What ended nsenter by a signal reaches the daemon as 137: it stands for SIGKILL.
    ...(code === 137 ? { signal: 9 } : { exitcode: code }),
    ...(stdout !== "" && { "out-data": stdout }),
    ...(stderr !== "" && { "err-data": stderr }),
  };
}

/** Bytes that file-read gives at once. */
const MAX_READ = 16 * 1024 ** 2;

export function agentFileRead(
  host: Host,
  vmid: number,
  file: string,
  count = MAX_READ,
): { content: string; truncated?: 1 } {
  assertAgent(host, vmid);
  const path = inRoot(guestRoot(host, vmid), file);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new PveError(`Agent error: failed to open file '${file}' (mode: 'r'): No such file or directory`);
  if (!stat.isFile()) throw new PveError(`Agent error: failed to read file '${file}': Is a directory`);
  const bytes = readFileSync(path);
  return {
    content: bytes.subarray(0, count).toString("latin1"),
    ...(bytes.length > count && { truncated: 1 as const }),
  };
}

export function agentFileWrite(host: Host, vmid: number, file: string, content: Buffer): null {
  assertAgent(host, vmid);
  const path = inRoot(guestRoot(host, vmid), file);
  const folder = statSync(join(path, ".."), { throwIfNoEntry: false });
  if (!folder?.isDirectory())
    throw new PveError(`Agent error: failed to open file '${file}' (mode: 'w'): No such file or directory`);
  writeFileSync(path, content);
  return null;
}

interface Address {
  "ip-address": string;
  "ip-address-type": "ipv4" | "ipv6";
  prefix: number;
}

/** guest-network-get-interfaces: loopback, and each card with the addresses it has now. */
function networkInterfaces(host: Host, vmid: number): unknown[] {
  return (interfaces(host, vmid) ?? []).map(({ name, hwaddr, "ip-addresses": addresses }) => {
    const own = addresses.map((one): Address => ({
      "ip-address": one["ip-address"],
      "ip-address-type": one["ip-address-type"] === "inet" ? "ipv4" : "ipv6",
      prefix: one.prefix,
    }));
    const loopback: Address = { "ip-address": "::1", "ip-address-type": "ipv6", prefix: 128 };
    return {
      name,
      "hardware-address": hwaddr,
      "ip-addresses": name === "lo" ? [...own, loopback] : own,
      statistics: Object.fromEntries(
        ["rx", "tx"].flatMap((way) =>
          ["bytes", "dropped", "errs", "packets"].map((what) => [`${way}-${what}`, 0]),
        ),
      ),
    };
  });
}

function osInformation(host: Host, vmid: number): Record<string, string> {
  const path = inRoot(guestRoot(host, vmid), "/etc/os-release");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const value = (key: string) => new RegExp(`^${key}="?([^"\n]*)"?$`, "m").exec(text)?.[1] ?? "";
  return {
    id: value("ID"),
    name: value("NAME"),
    "pretty-name": value("PRETTY_NAME"),
    version: value("VERSION"),
    "version-id": value("VERSION_ID"),
    machine: "x86_64",
  };
}

/** Commands of the agent without arguments, as the lab has them; undefined for another. */
export const AGENT_COMMANDS: Record<
  string,
  { method: "GET" | "POST"; run?: (host: Host, vmid: number) => unknown }
> = {
  ping: { method: "POST", run: () => ({}) },
  "get-host-name": {
    method: "GET",
    run: (host, vmid) => ({
      "host-name": readFileSync(inRoot(guestRoot(host, vmid), "/etc/hostname"), "utf8").trim(),
    }),
  },
  "get-osinfo": { method: "GET", run: osInformation },
  "network-get-interfaces": { method: "GET", run: networkInterfaces },
  "get-time": { method: "GET", run: () => Date.now() * 1_000_000 },
  "fsfreeze-status": { method: "POST", run: () => "thawed" },
  fstrim: { method: "POST", run: () => ({ paths: [] }) },
  info: {
    method: "GET",
    run: () => ({
      version: "8.2.2",
      supported_commands: Object.keys(AGENT_COMMANDS).map((name) => ({
        name: `guest-${name}`,
        enabled: true,
        "success-response": true,
      })),
    }),
  },
  "fsfreeze-freeze": { method: "POST" },
  "fsfreeze-thaw": { method: "POST" },
  "get-vcpus": { method: "GET" },
  "get-fsinfo": { method: "GET" },
  "get-memory-blocks": { method: "GET" },
  "get-memory-block-info": { method: "GET" },
  "suspend-hybrid": { method: "POST" },
  "suspend-ram": { method: "POST" },
  "suspend-disk": { method: "POST" },
  shutdown: { method: "POST" },
  "get-users": { method: "GET" },
  "get-timezone": { method: "GET" },
};

export function agentCommand(host: Host, vmid: number, name: string): { result: unknown } {
  assertAgent(host, vmid);
  const command = AGENT_COMMANDS[name]?.run;
  if (command === undefined) throw new PveError(`the lab does not simulate the guest agent's '${name}'`);
  return { result: command(host, vmid) };
}

/** Changes a user's password in the guest. */
export async function agentSetPassword(
  host: Host,
  vmid: number,
  user: string,
  password: string,
  crypted: boolean,
): Promise<{ result: unknown }> {
  assertAgent(host, vmid);
  const argv = ["chpasswd", ...(crypted ? ["-e"] : [])];
  const done = await runInMachine(host, vmid, argv, { input: `${user}:${password}\n` });
  if (done.code !== 0) throw failed(`child process has failed to set user password`);
  return { result: {} };
}
