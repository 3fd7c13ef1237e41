/** /cluster/backup: vzdump's jobs (PVE::API2::Backup). */
import { rmSync } from "node:fs";
import { poolMembers } from "../access/users";
import { readJobs, shownJob, stored, writeJobs, type Job } from "../backup/jobs";
import { jobOptions, verifyVzdump, vzdumpOptions } from "../backup/options";
import { extractConfig } from "../backup/extract";
import { vzdump } from "../backup/vzdump";
import type { Context, Method } from "../context";
import { ParameterError, PermissionError, PveError } from "../errors";
import { inHost, writeHost } from "../paths";
import { nextEvent, parseCalendarEvent } from "../schema/calendar";
import { string, type Value, type Values } from "../schema/types";
import type { Host } from "../../types";
import { node } from "./methods-lxc";

const PATH = "/cluster/backup";
const O = { optional: true } as const;
const ALL_DAYS = "mon,tue,wed,thu,fri,sat,sun";
const id = string({ format: "pve-configid", maxLength: 64 });

const backupJobs = (host: Host): Job[] => readJobs(host).filter(({ type }) => type === "vzdump");

/** Where a job's last run is noted. */
const stateFile = (name: string): string => `/var/lib/pve-manager/jobs/vzdump-${name}.json`;

/** The older form of a schedule, turned into the newer one. */
function readSchedule(values: Values, required: boolean): void {
  const { schedule, starttime, dow } = values;
  if (schedule !== undefined && starttime !== undefined)
    throw new ParameterError({ starttime: "'starttime' and 'schedule' cannot both be set" });
  if (schedule === undefined && starttime === undefined && required)
    throw new ParameterError({ schedule: "neither 'starttime' nor 'schedule' were set" });
  if (starttime !== undefined)
    values["schedule"] = dow === undefined || dow === ALL_DAYS ? starttime : `${dow} ${starttime}`;
  delete values["starttime"];
  delete values["dow"];
}

function checkPool(host: Host, pool: Value | undefined): void {
  if (pool !== undefined && !poolMembers(host, String(pool)))
    throw new PermissionError(`pool '${pool}' does not exist`);
}

function texts(host: Host, values: Values): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, stored(host, key, String(value))]),
  );
}

function createJob({ host }: Context, { id: given, ...values }: Values): void {
  checkPool(host, values["pool"]);
  readSchedule(values, true);
  values["enabled"] ??= 1;
  const name = String(given ?? `backup-${Date.now().toString(16)}`);
  const jobs = readJobs(host);
  if (jobs.some((job) => job.id === name)) throw new PveError(`Job '${name}' already exists`);
  verifyVzdump(values, true);
  writeJobs(host, [...jobs, { type: "vzdump", id: name, values: texts(host, values) }]);
  writeHost(host, stateFile(name), JSON.stringify({ state: "created", time: Math.floor(Date.now() / 1000) }));
}

/** Guests of a job are named in one of three ways: what was set last takes the place of the others. */
function replaceGuests(values: Record<string, string>, given: Values): void {
  const drop = (...keys: string[]) => keys.forEach((key) => delete values[key]);
  if (values["exclude"] !== undefined && values["pool"] === undefined) values["all"] = "1";
  if (given["vmid"] !== undefined) drop("all", "exclude", "pool");
  else if (given["all"]) drop("vmid", "pool");
  else if (values["pool"] !== undefined) drop("vmid", "all", "exclude");
}

function updateJob({ host }: Context, { id: name, delete: deleted, ...values }: Values): void {
  checkPool(host, values["pool"]);
  readSchedule(values, false);
  const removed = String(deleted ?? "")
    .split(/[,;\s]+/)
    .filter(Boolean);
  if (Object.keys(values).length === 0 && removed.length === 0) throw new PveError("no options specified");
  verifyVzdump(values, false);
  const jobs = readJobs(host);
  const job = jobs.find((one) => one.id === name && one.type === "vzdump");
  if (!job) throw new PveError("no such vzdump job");
  for (const key of removed) {
    if (!(key in vzdumpOptions) && key !== "comment" && key !== "repeat-missed")
      throw new ParameterError({ delete: `unknown option '${key}'` });
    delete job.values[key];
  }
  Object.assign(job.values, texts(host, values));
  replaceGuests(job.values, values);
  verifyVzdump({ ...job.values, all: Number(job.values["all"] ?? 0) }, true);
  writeJobs(host, jobs);
}

function jobNamed(host: Host, name: unknown): Job {
  const job = backupJobs(host).find((one) => one.id === name);
  if (!job) throw new ParameterError({ id: `No such job '${String(name)}'` });
  return job;
}

function removeJob({ host }: Context, { id: name }: Values): void {
  const jobs = readJobs(host);
  // Proxmox VE asks for the id alone here.
  if (!jobs.some((job) => job.id === name)) throw new ParameterError({ id: `No such job '${name}'` });
  writeJobs(
    host,
    jobs.filter((job) => job.id !== name),
  );
  rmSync(inHost(host, stateFile(String(name))), { force: true });
}

function withNextRun(job: Job): Record<string, unknown> {
  const { schedule } = job.values;
  const next = schedule && nextEvent(parseCalendarEvent(schedule), Math.floor(Date.now() / 1000));
  return { ...shownJob(job), ...(next && { "next-run": next }) };
}

export function backupMethods(): Method[] {
  const audit: Method["permission"] = (check) => check.require("/", ["Sys.Audit"]);
  const modify: Method["permission"] = (check) => check.require("/", ["Sys.Modify"]);
  return [
    {
      method: "GET",
      path: PATH,
      parameters: {},
      permission: audit,
      run: async ({ host }) => backupJobs(host).map(withNextRun),
    },
    {
      method: "POST",
      path: PATH,
      parameters: { ...vzdumpOptions, ...jobOptions, id: { ...id, optional: true } },
      permission: modify,
      run: async (context, values) => createJob(context, values),
    },
    {
      method: "GET",
      path: `${PATH}/{id}`,
      parameters: { id },
      permission: audit,
      run: async ({ host }, values) => shownJob(jobNamed(host, values["id"])),
    },
    {
      method: "PUT",
      path: `${PATH}/{id}`,
      parameters: {
        ...vzdumpOptions,
        ...jobOptions,
        id,
        delete: string({ ...O, format: "pve-configid-list" }),
      },
      permission: modify,
      run: async (context, values) => updateJob(context, values),
    },
    {
      method: "DELETE",
      path: `${PATH}/{id}`,
      parameters: { id },
      permission: modify,
      run: async (context, values) => removeJob(context, values),
    },
    {
      method: "POST",
      path: "/nodes/{node}/vzdump",
      parameters: { ...vzdumpOptions, node },
      run: async (context, values) => vzdump(context, values),
    },
    {
      method: "GET",
      path: "/nodes/{node}/vzdump/extractconfig",
      parameters: { node, volume: string() },
      run: async ({ host }, values) => extractConfig(host, String(values["volume"])),
    },
  ];
}
