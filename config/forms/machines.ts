/** Forms of machines that say more than one key of ours. */
import { remove, valueAt } from "../check";
import { releaseOfContainerTemplate } from "../images";
import type { Moves } from "../moves";
import { type Form, move, type Source } from "./form";
import { isObject, type Json, objectsOf } from "../objects";

/** What is read here, for the table. */
export const machineRows: readonly Form[] = [
  {
    file: "host",
    key: "vm_defaults.ubuntu_release",
    as: "vm_defaults.template",
    note: "jammy is ubuntu-22.04, noble is ubuntu-24.04",
  },
  {
    file: "host",
    key: "vms[].clone_from_vmid",
    as: "vms[].clone_from",
    note: "the name of the entry with that VMID",
    schema: { type: "integer" },
  },
  {
    file: "host",
    key: "vms[].volumes",
    as: "vms[].nfs_volumes",
    note: "those of the type nfs; path is export, name is a comment",
    schema: { type: "array", items: { type: "object" } },
  },
  {
    file: "host",
    key: "vms[].template_snapshot_name",
    as: "vms[].snapshots",
    note: "a snapshot more; of a template, which can have none, it has no effect",
    schema: { type: "string" },
  },
  {
    file: "host",
    key: "vms[].snapshots",
    as: "vms[].snapshots",
    note: "of an object, `post_features` is a snapshot, `pre_features` has no effect",
    schema: { type: "object", additionalProperties: { type: "string" } },
  },
];

const releases: Record<string, string> = { jammy: "ubuntu-22.04", noble: "ubuntu-24.04" };

/** `vm_defaults.ubuntu_release`; a template of the same release may stand beside it. */
export function readRelease(host: Source, moves: Moves): void {
  const path = ["vm_defaults", "ubuntu_release"];
  const target = ["vm_defaults", "template"];
  const release = valueAt(host.document, path);
  if (release === undefined) return;
  const value = (typeof release === "string" ? releases[release] : undefined) ?? release;
  const template = valueAt(host.document, target);
  if (typeof template === "string" && releaseOfContainerTemplate(template) === value)
    remove(host.document, path);
  else move(host, moves, { path, target, value });
}

/** Size that the original gives a machine from `template_image`, GB. */
const imageDisk = 32;

/** Changes the entries of `vms` to our keys. */
export function readMachines(host: Source, moves: Moves): void {
  const entries = objectsOf(valueAt(host.document, ["vms"]));
  const names = new Map(entries.map(([, { vmid, name }]) => [vmid, name]));
  for (const [index, entry] of entries) {
    const at = (key: string) => ["vms", index, key];
    if ("template_image" in entry) entry.disk_size_gb ??= imageDisk;
    if ("clone_from_vmid" in entry) {
      const value = names.get(entry.clone_from_vmid) ?? String(entry.clone_from_vmid);
      move(host, moves, { path: at("clone_from_vmid"), target: at("clone_from"), value });
    }
    if ("volumes" in entry) readVolumes(host, moves, at("volumes"), entry.volumes);
    readSnapshots(host, moves, at, entry);
  }
}

function readVolumes(host: Source, moves: Moves, path: (string | number)[], volumes: unknown): void {
  const value = Array.isArray(volumes)
    ? volumes.map((volume: unknown) => (isObject(volume) ? nfsVolume(volume) : volume))
    : volumes;
  const target = [...path.slice(0, -1), "nfs_volumes"];
  objectsOf(value).forEach(([index]) => {
    for (const [key, was] of [
      ["export", "path"],
      ["description", "name"],
    ] as const) {
      moves.add(
        { file: host.report.file, path: [...target, index, key] },
        { file: host.report.file, path: [...path, index, was] },
      );
    }
  });
  objectsOf(volumes).forEach(([index, { type }]) => {
    if (type === "nfs") return;
    host.report.mistake(
      [...path, index, "type"],
      "is no volume that a machine can have",
      "give nfs, or remove it",
      type,
    );
  });
  move(host, moves, { path, target, value });
}

const nfsVolume = ({ type: _type, path, name, ...volume }: Json): Json => ({
  ...volume,
  ...(path !== undefined && { export: path }),
  ...(name !== undefined && { description: name }),
});

function readSnapshots(
  { report }: Source,
  moves: Moves,
  at: (key: string) => (string | number)[],
  entry: Json,
): void {
  if (isObject(entry.snapshots)) {
    const { post_features: after, "post-features": alsoAfter, ...others } = entry.snapshots;
    for (const key of Object.keys(others)) {
      report.warning(
        [...at("snapshots"), key],
        "has no effect",
        "snapshots are taken when everything is right",
        others[key],
      );
    }
    entry.snapshots = [after, alsoAfter].filter((name) => name !== undefined);
  }
  if (!("template_snapshot_name" in entry)) return;
  const name = entry.template_snapshot_name;
  delete entry.template_snapshot_name;
  if (entry.is_template === true) {
    report.warning(
      at("template_snapshot_name"),
      "has no effect",
      "a template has no snapshots; remove it",
      name,
    );
    return;
  }
  const there = Array.isArray(entry.snapshots) ? (entry.snapshots as unknown[]) : [];
  if (there.includes(name)) return;
  const target = [...at("snapshots"), there.length];
  moves.add({ file: report.file, path: target }, { file: report.file, path: at("template_snapshot_name") });
  entry.snapshots = [...there, name];
}
