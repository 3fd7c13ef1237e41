/** Tasks: workers with a UPID and a log, as `/nodes/<node>/tasks` lists them. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf, ParameterError } from "../errors";
import { asWorker, Killed } from "../../machine/workers";
import { inHost } from "../paths";
import type { Host } from "../../types";
import type { Work } from "../context";

export interface Upid {
  upid: string;
  node: string;
  pid: number;
  pstart: number;
  starttime: number;
  type: string;
  id: string;
  /** User with the token, if any. */
  user: string;
}

export interface Task extends Upid {
  status: "running" | "stopped";
  exitstatus?: string;
  endtime?: number;
}

/** Raised where a worker that ran in the foreground failed. */
export class WorkerError extends Error {}

const running = new WeakMap<Host, Set<string>>();
const active = (host: Host): Set<string> => {
  const found = running.get(host) ?? new Set<string>();
  running.set(host, found);
  return found;
};

const hex = (value: number): string => (value >>> 0).toString(16).toUpperCase().padStart(8, "0");

let serial = 1000;

function newUpid(host: Host, type: string, id: string, user: string): Upid {
  const pid = ++serial;
  const pstart = Math.floor(process.uptime() * 100);
  const starttime = Math.floor(Date.now() / 1000);
  const upid = `UPID:${host.node}:${hex(pid)}:${hex(pstart)}:${hex(starttime)}:${type}:${id}:${user}:`;
  return { upid, node: host.node, pid, pstart, starttime, type, id, user };
}

const UPID = /^UPID:([^:\s]+):([0-9A-F]{8}):([0-9A-F]{8,9}):([0-9A-F]{8}):([^:\s]+):([^:\s]*):([^:\s]+):$/;

/** Reads a UPID; throws as the API does. */
export function parseUpid(upid: string): Upid {
  const match = UPID.exec(upid);
  if (!match) throw new ParameterError({ upid: "unable to parse worker upid" });
  const [, node = "", pid = "", pstart = "", starttime = "", type = "", id = "", user = ""] = match;
  return {
    upid,
    node,
    pid: parseInt(pid, 16),
    pstart: parseInt(pstart, 16),
    starttime: parseInt(starttime, 16),
    type,
    id,
    user,
  };
}

/** Log files stand in 16 folders, by the last digit of the start time. */
const logFile = (task: Upid): string => `/var/log/pve/tasks/${hex(task.starttime).slice(-1)}/${task.upid}`;

/** Starts a task; `finished` settles when it ends, with the number of its warnings or a WorkerError. */
export function startTask(
  host: Host,
  type: string,
  id: string,
  user: string,
  work: Work,
  echo: (line: string) => void = () => undefined,
): { upid: string; finished: Promise<number> } {
  const task = newUpid(host, type, id, user);
  const file = inHost(host, logFile(task));
  mkdirSync(dirname(file), { recursive: true });
  const write = (line: string) => appendFileSync(file, `${line}\n`, { mode: 0o640 });
  const log = (line: string) => {
    write(line);
    echo(line);
  };
  let warnings = 0;
  const warn = (message: string) => {
    warnings++;
    log(`WARN: ${message}`);
  };
  active(host).add(task.upid);
  const body = async () => {
    try {
      await asWorker(id, () => work(log, warn));
      write(warnings > 0 ? `TASK WARNINGS: ${warnings}` : "TASK OK");
      return warnings;
    } catch (error) {
      // A worker that was killed writes no end.
      if (error instanceof Killed) throw error;
      write(`TASK ERROR: ${messageOf(error)}`);
      throw new WorkerError(messageOf(error));
    } finally {
      active(host).delete(task.upid);
    }
  };
  const finished = body();
  finished.catch(() => undefined);
  return { upid: task.upid, finished };
}

/** Lines of a task's log; throws when there is no such task. */
export function taskLog(host: Host, upid: string): string[] {
  const file = inHost(host, logFile(parseUpid(upid)));
  if (!existsSync(file)) {
    if (active(host).has(upid)) return [];
    throw new ParameterError({ upid: "no such task" });
  }
  return readFileSync(file, "utf8").split("\n").slice(0, -1);
}

export function taskStatus(host: Host, upid: string): Task {
  const task = parseUpid(upid);
  const log = taskLog(host, upid);
  if (active(host).has(upid)) return { ...task, status: "running" };
  // A daemon that was killed leaves a log without an end, as a node that lost power does.
  const end = log.map((line) => line.startsWith("TASK ")).lastIndexOf(true);
  const exitstatus =
    end < 0
      ? "unexpected status"
      : log
          .slice(end)
          .join("\n")
          .replace(/^TASK (ERROR: )?/, "");
  return { ...task, status: "stopped", exitstatus };
}

/** All tasks, newest first. */
export function listTasks(host: Host): Task[] {
  const root = inHost(host, "/var/log/pve/tasks");
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .flatMap((folder) => readdirSync(`${root}/${folder}`))
    .filter((name) => UPID.test(name))
    .map((upid) => taskStatus(host, upid))
    .sort((a, b) => b.starttime - a.starttime || b.pid - a.pid);
}
