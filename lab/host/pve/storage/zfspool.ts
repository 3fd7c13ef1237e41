/** Storages of type zfspool: a container's volume is a dataset below the storage's own. */
import { PveError } from "../errors";
import type { Host } from "../../types";
import type { Plugin, Storage, Volume } from "./plugin";
import { ownerContent } from "./owner";

const BASE_SNAPSHOT = "__base__";

const pool = (storage: Storage): string => storage.values["pool"] ?? "";
const last = (name: string): string => name.slice(name.lastIndexOf("/") + 1);
const dataset = (storage: Storage, name: string): string => `${pool(storage)}/${last(name)}`;

/** Runs a change of ZFS; its message is passed on as Proxmox VE does. */
function zfs<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new PveError(`zfs error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function freeName(host: Host, storage: Storage, kind: string, vmid: number): string {
  const taken = new Set(host.zfs.children(pool(storage)).map(last));
  for (let n = 0; ; n++) {
    const suffix = `${vmid}-disk-${n}`;
    if (!["subvol", "basevol", "vm", "base"].some((k) => taken.has(`${k}-${suffix}`)))
      return `${kind}-${suffix}`;
  }
}

/** The property that holds a volume's size: a container's dataset has a quota, a disk is a zvol. */
const sizeOf = (name: string): "volsize" | "refquota" =>
  zfspool.parse(name).format === "raw" ? "volsize" : "refquota";

const kindOf = (name: string): "vm" | "subvol" => (zfspool.parse(name).format === "raw" ? "vm" : "subvol");

function clones(host: Host, storage: Storage, name: string): string[] {
  const origin = `${dataset(storage, name)}@${BASE_SNAPSHOT}`;
  return host.zfs.children(pool(storage)).filter((child) => host.zfs.get(child, "origin") === origin);
}

export const zfspool: Plugin = {
  content: ["images", "rootdir"],
  defaultContent: ["images", "rootdir"],
  fixed: ["pool"],
  required: ["pool"],
  options: ["blocksize", "content", "disable", "mountpoint", "nodes", "sparse", "bwlimit"],
  activate(host, storage) {
    if (!host.zfs.exists(pool(storage)))
      throw new PveError(
        `could not activate storage '${storage.id}', zfs error: cannot open '${pool(storage)}': no such pool`,
      );
  },
  usage(host, storage) {
    const available = host.zfs.bytes(pool(storage), "available") ?? 0;
    const used = host.zfs.bytes(pool(storage), "used") ?? 0;
    return [available + used, used];
  },
  parse(name) {
    const match = /^(?:(base(?:vol)?-\d+-\S+)\/)?((base|basevol|vm|subvol)-(\d+)-\S+)$/.exec(name);
    if (!match) throw new PveError(`unable to parse zfs volume name '${name}'`);
    const format = (match[3] ?? "").endsWith("vol") ? "subvol" : "raw";
    return {
      content: format === "subvol" ? "rootdir" : "images",
      vmid: Number(match[4]),
      format,
      ...(match[1] !== undefined && { base: match[1] }),
    };
  },
  path(host, storage, name) {
    const parsed = zfspool.parse(name);
    if (parsed.format === "raw") return `/dev/zvol/${dataset(storage, name)}`;
    return `${storage.values["mountpoint"] ?? `/${pool(storage)}`}/${last(name)}`;
  },
  list(host, storage, vmid) {
    if (!host.zfs.exists(pool(storage))) return [];
    const volumes: Volume[] = [];
    for (const child of host.zfs.children(pool(storage))) {
      const match = /^(?:base|basevol|vm|subvol)-(\d+)-\S+$/.exec(last(child));
      if (!match || (vmid !== undefined && Number(match[1]) !== vmid)) continue;
      const owner = Number(match[1]);
      const origin = host.zfs.get(child, "origin") ?? "-";
      const base = /\/([^/@]+)@__base__$/.exec(origin)?.[1];
      const name = base === undefined ? last(child) : `${base}/${last(child)}`;
      volumes.push({
        volid: `${storage.id}:${name}`,
        format: zfspool.parse(name).format,
        content: ownerContent(host, owner),
        size: zfspool.size(host, storage, name) ?? 0,
        vmid: owner,
      });
    }
    return volumes;
  },
  alloc(host, storage, vmid, name, format, size) {
    if (format === "subvol") {
      if (name !== "" && !name.startsWith(`subvol-${vmid}-`))
        throw new PveError(`illegal name '${name}' - should be 'subvol-${vmid}-*'`);
      const made = name === "" ? freeName(host, storage, "subvol", vmid) : name;
      zfs(() =>
        host.zfs.create(dataset(storage, made), {
          acltype: "posixacl",
          xattr: "sa",
          refquota: size > 0 ? String(size) : "none",
        }),
      );
      return made;
    }
    if (format !== "raw") throw new PveError(`unsupported format '${format}'`);
    if (name !== "" && !name.startsWith(`vm-${vmid}-`))
      throw new PveError(`illegal name '${name}' - should be 'vm-${vmid}-*'`);
    const made = name === "" ? freeName(host, storage, "vm", vmid) : name;
    const properties: Record<string, string> = { volsize: String(size) };
    if (storage.values["sparse"] !== "1") properties["refreservation"] = String(size);
    zfs(() => host.zfs.create(dataset(storage, made), properties));
    return made;
  },
  free(host, storage, name) {
    const target = dataset(storage, name);
    if (!host.zfs.exists(target)) return undefined;
    if (clones(host, storage, name).length > 0)
      throw new PveError(`base volume '${last(name)}' is still in use by linked clones`);
    zfs(() => host.zfs.destroy(target, { recursive: true }));
    return undefined;
  },
  exists: (host, storage, name) => host.zfs.exists(dataset(storage, name)),
  size(host, storage, name) {
    const target = dataset(storage, name);
    return host.zfs.exists(target) ? (host.zfs.bytes(target, sizeOf(name)) ?? 0) : undefined;
  },
  resize(host, storage, name, size) {
    zfs(() => host.zfs.set(dataset(storage, name), sizeOf(name), String(size)));
  },
  folder: (host, storage, name) => host.zfs.mountpoint(dataset(storage, name)),
  contents: (host, storage, name, snapshot) =>
    host.zfs.folder(`${dataset(storage, name)}${snapshot === undefined ? "" : `@${snapshot}`}`),
  has(feature, name, { snapshot }) {
    const based = /^base/.test(last(name));
    if (feature === "snapshot") return true;
    if (feature === "clone") return based && snapshot === undefined;
    if (feature === "copy") return true;
    return !based;
  },
  snapshot(host, storage, name, snapshot) {
    zfs(() => host.zfs.snapshot(`${dataset(storage, name)}@${snapshot}`));
  },
  checkRollback(host, storage, name, snapshot) {
    const all = host.zfs.snapshots(dataset(storage, name));
    if (!all.includes(snapshot))
      throw new PveError(`can't rollback, snapshot '${snapshot}' does not exist on '${storage.id}:${name}'`);
    if (all.at(-1) !== snapshot)
      throw new PveError(
        `can't rollback, '${snapshot}' is not most recent snapshot on '${storage.id}:${name}'`,
      );
  },
  rollback(host, storage, name, snapshot) {
    zfs(() => host.zfs.rollback(`${dataset(storage, name)}@${snapshot}`));
  },
  deleteSnapshot(host, storage, name, snapshot) {
    zfs(() => host.zfs.destroy(`${dataset(storage, name)}@${snapshot}`));
  },
  createBase(host, storage, name) {
    const base = last(name)
      .replace(/^subvol-/, "basevol-")
      .replace(/^vm-/, "base-");
    zfs(() => host.zfs.rename(dataset(storage, name), dataset(storage, base)));
    zfs(() => host.zfs.snapshot(`${dataset(storage, base)}@${BASE_SNAPSHOT}`));
    return name.includes("/") ? `${name.slice(0, name.lastIndexOf("/"))}/${base}` : base;
  },
  link(host, storage, base, vmid) {
    const made = freeName(host, storage, kindOf(base), vmid);
    zfs(() => host.zfs.clone(`${dataset(storage, base)}@${BASE_SNAPSHOT}`, dataset(storage, made)));
    const size = zfspool.size(host, storage, base);
    if (size !== undefined) host.zfs.set(dataset(storage, made), sizeOf(made), String(size));
    return `${last(base)}/${made}`;
  },
  duplicate(host, storage, name, snapshot, vmid) {
    const made = freeName(host, storage, kindOf(name), vmid);
    const from = snapshot === undefined ? dataset(storage, name) : `${dataset(storage, name)}@${snapshot}`;
    zfs(() => host.zfs.copy(from, dataset(storage, made)));
    const size = zfspool.size(host, storage, name);
    if (size !== undefined) host.zfs.set(dataset(storage, made), sizeOf(made), String(size));
    return made;
  },
};
