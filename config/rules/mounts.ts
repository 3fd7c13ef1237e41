/** What is mounted in each guest, from both files together: never over its system, nor over one another. */
import { guestFolderProblem, isWithin, wholePath } from "../folders";
import type { Path, Report } from "../findings";
import { type Context, readable, type Rule } from "./context";

/** One thing that is mounted. */
interface Mount {
  /** Folder in the guest as the file has it. */
  target: string;
  report: Report;
  path: Path;
  /** What it is, in words that follow `container 901 has`. */
  what: string;
  remedy: string;
  readOnly: boolean;
}

/** A volume or an export, as far as it could be read. */
interface Mountable {
  mount_point?: string | undefined;
  read_only?: boolean | undefined;
}

/** Folders in the guests: no part of the system, each once, and none hidden by another. */
export const mounts: Rule = (context) => {
  const ids = new Set([
    ...context.containers.map(({ id }) => id),
    ...Object.values(context.hypervisor?.shared_volumes ?? {}).flatMap((volume) =>
      Object.keys(volume?.mounts ?? {}),
    ),
  ]);
  for (const id of ids) {
    const all = [...sharedMounts(context, id), ...ownMounts(context, id)];
    checkTargets(all);
    checkOrder(all);
  }
  // In a virtual machine, systemd orders the mounts by their paths.
  for (const { item, index } of readable(context.hypervisor?.vms)) {
    const remedy = "give each export a folder of its own";
    checkTargets(listed(context.hypervisorReport, ["vms", index], "nfs_volumes", item.nfs_volumes, remedy));
  }
};

function sharedMounts({ hypervisor, hypervisorReport: report }: Context, id: string): Mount[] {
  return Object.entries(hypervisor?.shared_volumes ?? {}).flatMap(([name, volume]): Mount[] => {
    const mounts = volume?.mounts ?? {};
    const target = Object.hasOwn(mounts, id) ? mounts[id] : undefined;
    if (target === undefined) return [];
    return [
      {
        target,
        report,
        path: ["shared_volumes", name, "mounts", id],
        what: `shared_volumes.${name}`,
        remedy: "give each mount a folder of its own",
        readOnly: volume?.read_only?.includes(id) === true,
      },
    ];
  });
}

function ownMounts({ containers, lxcReport: report }: Context, id: string): Mount[] {
  const entry = containers.find((container) => container.id === id)?.entry;
  const remedy = "give each volume a folder of its own";
  return (["volumes", "zfs_volumes"] as const).flatMap((list) =>
    listed(report, ["lxc_configs", id], list, entry?.[list], remedy),
  );
}

/** What a list of an entry has mounted. */
function listed(
  report: Report,
  path: Path,
  list: string,
  items: readonly (Mountable | undefined)[] | undefined,
  remedy: string,
): Mount[] {
  return readable(items).flatMap(({ item: { mount_point: target, read_only }, index }): Mount[] => {
    if (target === undefined) return [];
    const what = `${list}[${index}]`;
    return [
      {
        ...{ target, report, path: [...path, list, index, "mount_point"], what, remedy },
        readOnly: read_only === true,
      },
    ];
  });
}

/** Each at a folder that may be covered, and alone there. */
function checkTargets(all: readonly Mount[]): void {
  const taken = new Map<string, Mount>();
  for (const mount of all) {
    const { target, report, path } = mount;
    const folder = wholePath(target);
    const problem = guestFolderProblem(folder);
    if (problem) report[problem.kind](path, problem.message, problem.remedy, target);
    const before = taken.get(folder);
    if (before) report.mistake(path, `${before.what} is mounted there too`, mount.remedy, target);
    else taken.set(folder, mount);
  }
}

/** Proxmox VE mounts in the order of mp0, mp1, …: one that comes later covers what lies in its folder. */
function checkOrder(all: readonly Mount[]): void {
  for (const { target, report, path } of all) {
    const folder = wholePath(target);
    const around = all.find((other) => {
      const outer = wholePath(other.target);
      return outer !== folder && isWithin(folder, outer);
    });
    // Below /, everything lies in it, and that has been reported.
    if (!around || wholePath(around.target) === "/") continue;
    const where = `lies in ${wholePath(around.target)}, where ${around.what} is mounted`;
    if (around.readOnly) {
      report.warning(
        path,
        `${where} read-only, so the folder must be there already, or the container does not start`,
        "give each a folder apart from the other, or make the folder on the host or in the volume first",
        target,
      );
    } else {
      report.warning(
        path,
        `${where}: Proxmox VE mounts in the order in which mounts are added, and that one must have come first, or it covers this one`,
        "give each a folder apart from the other, or add the outer one first",
        target,
      );
    }
  }
}
