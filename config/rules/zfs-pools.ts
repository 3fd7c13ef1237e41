/** Pools and their disks. */
import { formatPath } from "../findings";
import { firstBy } from "../first-by";
import { isSystemPool } from "../folders";
import { leastDisks, type RaidLevel } from "../zfs-schema";
import { type Context, readable, type Rule } from "./context";
import { reportRepeats, type Use } from "./unique";
import { checkProperties } from "./zfs-properties";

type Place = (string | number)[];

/** A part of a pool, as far as it could be read. */
interface Part {
  path: Place;
  level?: RaidLevel | undefined;
  disks: { item: string; index: number }[];
  /** False when a disk of it could not be read. */
  complete: boolean;
}

type DraftPool = NonNullable<
  NonNullable<NonNullable<NonNullable<Context["hypervisor"]>["zfs"]>["pools"]>[number]
>;

/** Each pool once, each disk once, enough disks for each layout, and nothing else named for wiping. */
export const pools: Rule = (context) => {
  const { hypervisor, hypervisorReport: report } = context;
  const names: Use[] = [];
  const disks: Use[] = [];
  for (const { item: pool, index } of readable(hypervisor?.zfs?.pools)) {
    const path = ["zfs", "pools", index];
    const user = `pool ${pool.name ?? index}`;
    if (pool.name)
      names.push({ key: pool.name, path: [...path, "name"], report, user: `zfs.pools[${index}]` });
    if (pool.name !== undefined && isSystemPool(pool.name)) {
      report.mistake(
        [...path, "name"],
        `is the name of a folder of the system, over which ZFS would mount it (/${pool.name})`,
        "give the pool another name",
        pool.name,
      );
    }
    const parts = partsOf(pool, path);
    checkParts(context, pool, path, parts);
    for (const part of parts) {
      for (const { item: disk, index: at } of part.disks) {
        disks.push({ key: sameDisk(disk), value: disk, path: [...part.path, "disks", at], report, user });
        checkPath(context, [...part.path, "disks", at], disk);
      }
    }
    checkWiped(context, pool, path, parts);
    for (const problem of checkProperties(pool.properties ?? "")) {
      report[problem.known ? "mistake" : "warning"]([...path, "properties"], problem.message, problem.remedy);
    }
  }
  reportRepeats(names, "the name", "give each pool a name of its own");
  reportRepeats(disks, "a disk", "use each disk in one place only");
  const byDisk = firstBy(disks, ({ key }) => key);
  for (const use of disks) {
    const whole = byDisk.get(sameDisk(wholeOf(use.value ?? use.key)));
    if (whole && whole.key !== use.key) {
      report.mistake(
        use.path,
        `is a partition of a disk of ${whole.user}`,
        "use each disk in one place only",
        use.value,
      );
    }
  }
};

function partsOf(pool: DraftPool, path: Place): Part[] {
  const part = (item: Pick<DraftPool, "raid_level" | "disks">, at: Place): Part => ({
    path: at,
    level: item.raid_level,
    disks: readable(item.disks),
    complete: item.disks?.includes(undefined) === false,
  });
  if (pool.vdevs === undefined) return [part(pool, path)];
  return readable(pool.vdevs).map(({ item, index }) => part(item, [...path, "vdevs", index]));
}

function checkParts(
  { hypervisorReport: report }: Context,
  pool: DraftPool,
  path: Place,
  parts: Part[],
): void {
  const wrong = (key: string) =>
    report.mistakes.some((finding) => finding.path.startsWith(formatPath([...path, key])));
  if (pool.vdevs !== undefined) {
    const beside = (["raid_level", "disks"] as const).filter((key) => pool[key] !== undefined);
    if (beside.length > 0) {
      report.mistake(
        [...path, "vdevs"],
        `stands beside ${beside.join(" and ")}`,
        "write the pool in one of the two ways",
      );
    }
  } else if (!wrong("vdevs")) {
    for (const key of ["raid_level", "disks"] as const) {
      if (pool[key] !== undefined || wrong(key)) continue;
      report.mistake(
        [...path, key],
        "is missing",
        "give raid_level and disks, or vdevs for a pool of several parts",
      );
    }
  }
  for (const { level, disks, path: at, complete } of parts) {
    const least = level && leastDisks[level];
    if (least !== undefined && complete && disks.length < least) {
      report.mistake(
        [...at, "disks"],
        `${level} needs ${least} disks or more, not ${disks.length}`,
        "add disks, or choose another raid_level",
      );
    }
  }
  const layouts = new Set(
    parts.map(({ level, disks }) => (level === "single" ? level : `${level} of ${disks.length}`)),
  );
  const readableParts = parts.every(({ level, complete }) => level !== undefined && complete);
  if (readableParts && layouts.size > 1 && pool.unequal_disks !== true) {
    report.mistake(
      [...path, "vdevs"],
      `has parts of different layout (${[...layouts].join(", ")})`,
      "give all parts one layout, or set unequal_disks to true",
    );
  }
}

function checkWiped(
  { hypervisorReport: report }: Context,
  pool: DraftPool,
  path: Place,
  parts: Part[],
): void {
  const own = parts.flatMap(({ disks }) => disks.map(({ item }) => item));
  const seen: Use[] = [];
  for (const { item: disk, index } of readable(pool.wipe_disks)) {
    const at = [...path, "wipe_disks", index];
    seen.push({ key: disk, path: at, report, user: "wipe_disks" });
    if (!own.includes(disk)) {
      const same = own.find((other) => sameDisk(other) === sameDisk(wholeOf(disk)));
      report.mistake(
        at,
        `is no disk of pool ${pool.name ?? ""}`.trimEnd(),
        same === undefined
          ? "name a disk of this pool, written as in its disks"
          : `write it as in disks: ${same}`,
        disk,
      );
    } else if (unstable.test(disk)) {
      report.mistake(
        at,
        "is a name that may belong to another disk after a restart, and this one would be wiped",
        "name the disk by its path in /dev/disk/by-id, here and in disks",
        disk,
      );
    }
  }
  reportRepeats(seen, "an entry", "name each disk once");
}

const unstable = /^\/dev\/(?:(?:[shv]|xv)d[a-z]+|nvme\d+n\d+)$/;
const partition = /-part\d+$|^\/dev\/(?:(?:[shv]|xv)d[a-z]+\d+|nvme\d+n\d+p\d+)$/;

/** One name for the names that udev gives one NVMe disk: `nvme-MODEL_SERIAL` and `nvme-MODEL_SERIAL_1`. */
function sameDisk(path: string): string {
  return path.includes("/by-id/nvme-") ? path.replace(/_1(?=$|-part\d+$)/, "") : path;
}

function wholeOf(path: string): string {
  return path.replace(/-part\d+$/, "");
}

function checkPath({ hypervisorReport: report }: Context, path: Place, disk: string): void {
  if (partition.test(disk)) {
    report.warning(
      path,
      "is a partition, and a pool is created on whole disks only",
      "name the whole disk, unless the pool is there already",
      disk,
    );
  } else if (unstable.test(disk)) {
    report.warning(
      path,
      "is a name that may belong to another disk after a restart",
      "name the disk by its path in /dev/disk/by-id",
      disk,
    );
  }
}
