/** `mount_points` of a container: folders of the host, read as shared folders that this container mounts. */
import { valueAt } from "../check";
import type { Path } from "../findings";
import { wholePath } from "../folders";
import type { Moves, Place } from "../moves";
import { type Form, put, reportUnknown, type Source } from "./form";
import { isObject, type Json, objectsOf } from "../objects";

/** What `readMountPoints` reads, for the table. */
export const mountPointRows: readonly Form[] = [
  {
    file: "containers",
    key: "lxc_configs.<key>.mount_points",
    note:
      "of the host's file: host_path, container_path as this container's mount, owner_uid as the owner (plus 100000 in an " +
      "unprivileged container). An entry with that path is used, else one is made that is named after the path",
    as: "shared_volumes",
    schema: { type: "array", items: { type: "object" } },
  },
];

/** Id of the host that root of an unprivileged container is (pve-container). */
const mappedRoot = 100_000;

interface MountPoint {
  ctid: string;
  path: Path;
  host: string;
  target: string;
  owner?: string;
}

/** Takes the mount points out of the containers' file and puts them into the host's. */
export function readMountPoints(host: Source, containers: Source, moves: Moves): void {
  for (const [id, entry] of objectsOf(valueAt(containers.document, ["lxc_configs"]))) {
    if (!Array.isArray(entry.mount_points)) continue;
    const points = objectsOf(entry.mount_points);
    delete entry.mount_points;
    for (const [index, point] of points) {
      const path = ["lxc_configs", id, "mount_points", index];
      const read = readPoint(containers, String(id), path, point, entry.unprivileged !== false);
      if (read && isObject(host.document)) mount(host, containers, moves, read);
    }
  }
}

function readPoint(
  { report }: Source,
  ctid: string,
  path: Path,
  { host_path: host, container_path: target, owner_uid: uid, owner_gid: gid, ...others }: Json,
  unprivileged: boolean,
): MountPoint | undefined {
  reportUnknown(report, path, others);
  const wrong = Object.entries({ host_path: host, container_path: target }).filter(
    ([, value]) => typeof value !== "string",
  );
  for (const [key, value] of wrong) {
    const problem = value === undefined ? "is missing" : "must be text";
    report.mistake([...path, key], problem, "give the path of a folder", value);
  }
  const ids = [uid, gid].filter((id) => id !== undefined);
  const odd = ids.find(
    (id) => !Number.isInteger(id) || Number(id) < 0 || Number(id) > 65_535 || id !== ids[0],
  );
  if (odd !== undefined) {
    report.mistake(
      [...path, odd === uid ? "owner_uid" : "owner_gid"],
      "is not the one id of the owner and its group in the container",
      "give both the same whole number, 0 to 65535, or leave both out",
      odd,
    );
  }
  if (wrong.length > 0 || odd !== undefined) return undefined;
  const owner = ids[0] === undefined ? undefined : String(Number(ids[0]) + (unprivileged ? mappedRoot : 0));
  return {
    ctid,
    path,
    host: host as string,
    target: target as string,
    ...(owner !== undefined && { owner }),
  };
}

function mount(host: Source, containers: Source, moves: Moves, point: MountPoint): void {
  const { ctid, path, target, owner } = point;
  const from = (key: string): Place => ({ file: containers.report.file, path: [...path, key] });
  const place = (...keys: string[]): Place => ({ file: host.report.file, path: ["shared_volumes", ...keys] });
  const name = volumeFor(host.document, point);
  const volume = valueAt(host.document, ["shared_volumes", name]);
  if (!isObject(volume)) {
    put(host.document, ["shared_volumes", name, "host_path"], point.host);
    moves.add(place(name), { file: containers.report.file, path });
    moves.add(place(name, "owner"), from("owner_uid"));
  } else if (owner !== undefined && volume.owner !== undefined && volume.owner !== owner) {
    containers.report.mistake(
      [...path, "owner_uid"],
      `makes ${owner} the owner of the folder, and shared_volumes.${name} ${JSON.stringify(volume.owner)}`,
      "give the folder one owner",
    );
    return;
  }
  if (owner !== undefined) put(host.document, ["shared_volumes", name, "owner"], owner);
  put(host.document, ["shared_volumes", name, "mounts", ctid], target);
  moves.add(place(name, "mounts", ctid), from("container_path"));
}

/** The shared folder of that path that this container does not mount yet, or mounts there; else a new name. */
function volumeFor(document: unknown, { host, ctid, target }: MountPoint): string {
  const folder = wholePath(host);
  const volumes = objectsOf(valueAt(document, ["shared_volumes"]));
  const same = volumes.find(([, { host_path: path, mounts }]) => {
    const there = isObject(mounts) ? mounts[ctid] : undefined;
    return (
      typeof path === "string" && wholePath(path) === folder && (there === undefined || there === target)
    );
  });
  if (same) return String(same[0]);
  const base = folder.slice(1, 75).replace(/[^\p{L}\p{M}\p{N}._+@-]/gu, "-");
  const taken = new Set(volumes.map(([name]) => name));
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base}-${count}`;
    if (!taken.has(name)) return name;
  }
}
