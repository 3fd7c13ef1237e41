/** What one run of vzdump is: its storage and retention, and what it does to a backup once the archive stands. */
import { mkdirSync, rmSync } from "node:fs";
import { messageOf, PveError } from "../errors";
import { inHost, writeHost } from "../paths";
import { parsePropertyString } from "../schema/value";
import type { Values } from "../schema/types";
import { contentFolder } from "../storage/dir";
import type { Storage } from "../storage/plugin";
import { pluginOf, storageOf, usableStorage } from "../storage/storages";
import type { Host } from "../../types";
import { archiveOf, attributes, beside, removedBy } from "./archives";
import type { Kind, Log } from "./kind";
import { keepsSome, PROPERTY_STRINGS } from "./options";

const DEFAULTS: Values = { mode: "snapshot", compress: "0", ionice: 7, stdexcludes: 1, remove: 1 };

/** A job's retention, else the storage's; undefined keeps all. */
function retention(values: Values, storage: Storage, release: 8 | 9): Values | undefined {
  const text = values["prune-backups"] ?? storage.values["prune-backups"];
  const keep =
    text === undefined ? {} : parsePropertyString(PROPERTY_STRINGS["prune-backups"]!, String(text), release);
  return keepsSome(keep) ? keep : undefined;
}

export interface Job {
  values: Values;
  storage: Storage;
  folder: string;
  keep?: Values | undefined;
}

/** The storage, ready for backups; throws all that is wrong with it. */
export function openJob(host: Host, given: Values): Job {
  const values = { ...DEFAULTS, ...given };
  const id = String(values["storage"] ?? "local");
  let problem = "";
  try {
    const storage = usableStorage(host, id);
    pluginOf(storage.type).activate(host, storage);
  } catch (error) {
    problem = `could not activate storage '${id}': ${messageOf(error)}`;
  }
  try {
    const storage = storageOf(host, id);
    if (!storage.content.includes("backup"))
      throw new PveError(`can't use storage '${id}' for backups - wrong content type`);
    if (problem === "") {
      const folder = contentFolder(storage, "backup");
      mkdirSync(inHost(host, folder), { recursive: true });
      return { values, storage, folder, keep: retention(values, storage, host.release) };
    }
  } catch (error) {
    const also = `could not get storage information for '${id}': ${messageOf(error)}`;
    problem = problem === "" ? also : `${problem}\n${also}`;
  }
  throw new PveError(problem);
}

function notesOf(host: Host, kind: Kind, vmid: number, template: string): string {
  const known: Record<string, string> = {
    cluster: "standalone node",
    guestname: kind.nameOf(host, vmid),
    node: host.node,
    vmid: String(vmid),
  };
  return template
    .replace(/\\(.)/g, (_all, char: string) => (char === "n" ? "\n" : char))
    .replace(/\{\{([^\s{}]+)\}\}/g, (all, name: string) => known[name] ?? all);
}

/** Backups of a guest on the storage, oldest first. */
function backupsOf(host: Host, { storage }: Job, kind: Kind, vmid: number) {
  return pluginOf(storage.type)
    .list(host, storage, vmid, "backup")
    .map(({ volid }) => {
      const file = volid.slice(volid.lastIndexOf("/") + 1);
      const path = `${contentFolder(storage, "backup")}/${file}`;
      return { path, ...archiveOf(file), ...attributes(host, path) };
    })
    .filter((one): one is typeof one & { ctime: number } => one.type === kind.type && one.vmid === vmid);
}

export function checkLimits(host: Host, job: Job, kind: Kind, vmid: number): void {
  const { values, keep, storage } = job;
  const limit = Object.values(keep ?? {}).reduce<number>((sum, each) => sum + Number(each), 0);
  if (values["protected"] !== 1 && (limit === 0 || values["remove"] === 1)) return;
  const all = backupsOf(host, job, kind, vmid);
  const most = Number(storage.values["max-protected-backups"] ?? 5);
  if (values["protected"] === 1) {
    if (most > -1 && all.filter((one) => one.protected).length >= most)
      throw new PveError(
        `The number of protected backups per guest is limited to ${most} on storage '${storage.id}'`,
      );
  } else if (all.filter((one) => !one.protected).length >= limit)
    throw new PveError(
      `There is a max backup limit of ${limit} enforced by the target storage or the vzdump parameters. Either increase the limit or delete old backups.`,
    );
}

/** Notes, protection and retention, once the archive stands. */
export function finish(host: Host, job: Job, kind: Kind, vmid: number, target: string, log: Log): void {
  const { values, keep } = job;
  const template = values["notes-template"];
  if (template !== undefined && template !== "") {
    log("adding notes to backup");
    writeHost(host, beside(target).notes, notesOf(host, kind, vmid, String(template)), 0o644);
  }
  if (values["protected"] === 1) {
    log("marking backup as protected");
    writeHost(host, beside(target).protection, "", 0o644);
  }
  if (keep === undefined || values["remove"] !== 1) return;
  const said = Object.keys(keep)
    .sort()
    .map((key) => `${key}=${keep[key]}`);
  log(`prune older backups with retention: ${said.join(", ")}`);
  const gone = removedBy(
    backupsOf(host, job, kind, vmid).filter((one) => !one.protected),
    keep,
  );
  for (const { path } of gone) {
    log(`removing backup '${job.storage.id}:backup/${path.slice(path.lastIndexOf("/") + 1)}'`);
    for (const file of [path, ...Object.values(beside(path))]) rmSync(inHost(host, file), { force: true });
  }
  log(`pruned ${gone.length} backup(s)${gone.length > 0 ? " not covered by keep-retention policy" : ""}`);
}
