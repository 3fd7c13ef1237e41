/** Backup jobs: guests of the files, a storage for backups, retention that keeps something. */
import type { Draft } from "../check";
import type { BackupEntry } from "../backup-schema";
import type { Path } from "../findings";
import { checkStorage, type Context, readable, type Rule } from "./context";

export const backups: Rule = (context) => {
  const { hypervisor } = context;
  for (const [id, entry] of Object.entries(hypervisor?.backups ?? {})) {
    if (entry === undefined) continue;
    const path = ["backups", id];
    checkStorage(context, context.hypervisorReport, [...path, "storage"], entry.storage, "backup");
    checkGuests(context, path, entry);
    checkRetention(context, path, entry);
    checkFleecing(context, path, entry);
  }
};

/** One of the three ways to say which guests. */
const ways = ["guests", "all", "pool"] as const;

function checkGuests(context: Context, path: Path, entry: Draft<BackupEntry>): void {
  const { hypervisorReport: report, rawBackups } = context;
  const raw = rawBackups[String(path.at(-1))] ?? {};
  const [way, other] = ways.filter((key) => Object.hasOwn(raw, key));
  if (way === undefined) report.mistake(path, "names no guests", "add guests, all or pool");
  if (way !== undefined && other !== undefined)
    report.mistake([...path, other], `stands beside ${way}`, "keep one of the two", entry[other]);
  for (const { item, index } of readable(entry.guests)) checkGuest(context, [...path, "guests", index], item);
  const left = readable(entry.exclude);
  if (left.length > 0 && way !== undefined && way !== "all" && other === undefined)
    report.mistake(
      [...path, "exclude"],
      "is for all",
      `take the guests out of ${way === "pool" ? "the pool" : way}`,
    );
  for (const { item, index } of left) checkGuest(context, [...path, "exclude", index], item, true);
}

/** A guest by its CTID, VMID or name; one that is left out may be nobody's of these files. */
function checkGuest(context: Context, path: Path, guest: string, leftOut = false): void {
  const { hypervisor, lxc, hypervisorReport: report, containers } = context;
  if (hypervisor === undefined || lxc === undefined) return;
  if (containers.some(({ id }) => id === guest)) return;
  const machines = (hypervisor.vms ?? []).flatMap((vm) => vm ?? []);
  const machine = machines.find(({ name, vmid }) => name === guest || String(vmid) === guest);
  if (machine?.vmid !== undefined) return;
  if (machine) {
    report.mistake(
      path,
      "is a virtual machine whose VMID Proxmox chooses, and a job names guests by theirs",
      "give its entry a vmid",
      guest,
    );
  } else if (leftOut && /^[1-9][0-9]{2,8}$/.test(guest)) {
    report.warning(
      path,
      "is no guest of these files",
      "nothing has to be done if it is another guest of the node; else correct it",
      guest,
    );
  } else {
    report.mistake(
      path,
      "is no guest of these files",
      "name a CTID, or the VMID or name of a virtual machine; guests of others are in a job with all or pool",
      guest,
    );
  }
}

function checkRetention(context: Context, path: Path, entry: Draft<BackupEntry>): void {
  const { hypervisorReport: report, rawBackups } = context;
  if (entry.retention === undefined) return;
  const { retention = {} } = rawBackups[String(path.at(-1))] as { retention?: object };
  const keys = Object.keys(retention);
  if (keys.length === 0) {
    report.mistake(
      [...path, "retention"],
      "keeps nothing by any rule",
      "say what is kept, such as keep_last or keep_all, or remove retention for that of the storage",
    );
  } else if (keys.includes("keep_all") && keys.length > 1) {
    report.mistake(
      [...path, "retention", "keep_all"],
      "stands beside other rules",
      "keep all, or by rules",
      true,
    );
  }
}

function checkFleecing(context: Context, path: Path, entry: Draft<BackupEntry>): void {
  const { fleecing } = entry;
  if (fleecing === undefined) return;
  const place = [...path, "fleecing", "storage"];
  if (fleecing.enabled !== false && fleecing.storage === undefined) {
    const { mistakes } = context.hypervisorReport;
    if (!mistakes.some((one) => one.path === place.join(".")))
      context.hypervisorReport.mistake(
        place,
        "is missing",
        "name a storage of content images, or set enabled to false",
      );
  }
  checkStorage(context, context.hypervisorReport, place, fleecing.storage, "images");
}
