/** Backup jobs as Proxmox VE has them: VMIDs for guests, its own options and texts. */
import type { BackupEntry } from "./backup-schema";
import type { HypervisorConfig } from "./hypervisor-schema";
import type { LxcConfigs } from "./lxc-schema";
import { sortBy } from "./sort-by";

/** A job. */
export interface BackupJobSpec {
  id: string;
  storage: string;
  /** Storage for fleecing. */
  fleecingStorage?: string;
  /** Options by their names in Proxmox VE's API, as texts: flags are 0 and 1, lists have a comma between, sorted. */
  options: Record<string, string>;
  /** Globs of paths that are left out, in the order of the file. */
  excludePaths: string[];
}

/** The jobs, by id. */
export function backupJobs(hypervisor: HypervisorConfig, lxc: LxcConfigs): BackupJobSpec[] {
  const idOf = guestIds(hypervisor, Object.keys(lxc.lxc_configs));
  const jobs = Object.entries(hypervisor.backups).map(([id, entry]): BackupJobSpec => {
    const { storage, fleecing, exclude_path: excludePaths } = entry;
    const texts = Object.entries(optionsOf(entry, idOf)).flatMap(([key, value]): [string, string][] =>
      value === undefined || value === "" ? [] : [[key, String(value)]],
    );
    return {
      id,
      storage,
      ...(fleecing?.storage !== undefined && { fleecingStorage: fleecing.storage }),
      options: Object.fromEntries(texts.sort(([a], [b]) => (a < b ? -1 : 1))),
      excludePaths,
    };
  });
  return sortBy(jobs, ({ id }) => id);
}

type IdOf = (guest: string) => number;

/** VMIDs by what the files call a guest. A machine without one has been refused. */
function guestIds({ vms }: HypervisorConfig, ctids: readonly string[]): IdOf {
  const byName = new Map(vms.map(({ name, vmid }) => [name, vmid]));
  return (guest) => (ctids.includes(guest) ? Number(guest) : (byName.get(guest) ?? Number(guest)));
}

function optionsOf(entry: BackupEntry, idOf: IdOf): Record<string, string | number | undefined> {
  const { guests, mailto, performance, fleecing, retention } = entry;
  return {
    ...(entry.all ? { all: 1, exclude: ids(entry.exclude, idOf) } : { vmid: ids(guests ?? [], idOf) }),
    pool: entry.pool,
    schedule: entry.schedule.trim(),
    storage: entry.storage,
    mode: entry.mode,
    compress: entry.compress === "none" ? "0" : entry.compress,
    enabled: flag(entry.enabled),
    "notes-template": entry.notes_template,
    "repeat-missed": entry.repeat_missed ? 1 : undefined,
    protected: entry.protected ? 1 : undefined,
    stdexcludes: entry.stdexcludes ? undefined : 0,
    "prune-backups": retention && propertyString(retention),
    fleecing: fleecing && propertyString({ ...fleecing, enabled: flag(fleecing.enabled) }),
    performance: performance && propertyString(performance),
    comment: entry.comment,
    bwlimit: entry.bwlimit,
    ionice: entry.ionice,
    zstd: entry.zstd,
    pigz: entry.pigz,
    lockwait: entry.lockwait,
    stopwait: entry.stopwait,
    "pbs-change-detection-mode": entry.pbs_change_detection_mode,
    "notification-mode": entry.notification_mode,
    mailto: [...new Set(mailto)].sort().join(","),
    mailnotification: entry.mailnotification,
    node: entry.node,
  };
}

const flag = (value: boolean): number => (value ? 1 : 0);

const ids = (guests: readonly string[], idOf: IdOf): string =>
  [...new Set(guests.map(idOf))].sort((a, b) => a - b).join(",");

/** `key=value` with Proxmox VE's names, in their order. */
const propertyString = (values: Record<string, string | number | boolean | undefined>): string =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key.replaceAll("_", "-")}=${value === true ? 1 : value}`)
    .sort()
    .join(",");
