/**
 * Storages of type dir, and the folder part of nfs: files below a path. A raw volume of a container is a
 * sparse file of its size; its files stand in a hidden folder beside it, where a node would mount it.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, statfsSync } from "node:fs";
import { archiveOf, attributes, beside } from "../backup/archives";
import { PveError } from "../errors";
import { inHost } from "../paths";
import type { Host } from "../../types";
import {
  contentsOf,
  deleteImageSnapshot,
  filesOf,
  hasImageSnapshot,
  imageSize,
  makeImage,
  removeImage,
  renameImage,
  resizeImage,
  rollbackImage,
  snapshotImage,
  copyTree,
} from "./dirImages";
import type { Plugin, Storage, Volume } from "./plugin";
import { readQcow2 } from "./qcow2";
import { ownerContent } from "./owner";

/** Folder of each content type below the storage's path (PVE::Storage::Plugin). */
const FOLDERS: Record<string, string> = {
  images: "images",
  rootdir: "images",
  vztmpl: "template/cache",
  iso: "template/iso",
  backup: "dump",
  snippets: "snippets",
  import: "import",
};

const PATTERNS: [content: string, pattern: RegExp, format: (name: string) => string][] = [
  ["iso", /^iso\/([^/]+\.(?:iso|img))$/i, () => "iso"],
  [
    "vztmpl",
    /^vztmpl\/([^/]+\.(?:tar\.(?:gz|xz|zst|bz2)|tar|tgz|txz))$/,
    (name) => (name.endsWith(".gz") ? "tgz" : `t${/\.(xz|zst|bz2|tar)$/.exec(name)?.[1] ?? "gz"}`),
  ],
  [
    "backup",
    /^backup\/([^/]+\.(?:tgz|(?:tar|vma)(?:\.(?:gz|lzo|zst))?))$/,
    (name) => name.split(".").slice(1).join("."),
  ],
  ["snippets", /^snippets\/([^/]+)$/, () => "snippet"],
  ["import", /^import\/([^/]+\.(?:ova|ovf|qcow2|raw|vmdk))$/, (name) => name.split(".").at(-1) ?? "raw"],
];

const IMAGE =
  /^(?:(\d+)\/(base-[^/]+)\/)?(\d+)\/((?:base-|vm-|subvol-|basevol-)?[^/]*?\.?(raw|qcow2|vmdk|subvol))$/;

const base = (storage: Storage): string => storage.values["path"] ?? "";

/** Folder of a content type on the host. */
export const contentFolder = (storage: Storage, content: string): string =>
  `${base(storage)}/${FOLDERS[content] ?? content}`;

const last = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

function listFiles(host: Host, folder: string): string[] {
  const path = inHost(host, folder);
  return existsSync(path) ? readdirSync(path).sort() : [];
}

export const dir: Plugin = {
  content: ["images", "rootdir", "vztmpl", "iso", "backup", "snippets", "none", "import"],
  defaultContent: ["images", "rootdir"],
  fixed: ["path"],
  required: ["path"],
  options:
    `bwlimit content content-dirs create-base-path create-subdirs disable format is_mountpoint maxfiles mkdir
    nodes preallocation prune-backups shared max-protected-backups`.split(/\s+/),
  activate(host, storage) {
    const path = inHost(host, base(storage));
    const mountpoint = storage.values["is_mountpoint"];
    const make = storage.values["mkdir"] !== "0" && storage.values["create-base-path"] !== "0";
    if (make) mkdirSync(path, { recursive: true });
    if (mountpoint !== undefined && mountpoint !== "0" && mountpoint !== "no") {
      const wanted = /^(1|yes)$/.test(mountpoint) ? base(storage) : mountpoint;
      const zfs = host.zfs.exists(wanted.slice(1)) && host.zfs.mountpoint(wanted.slice(1)) === wanted;
      if (!zfs)
        throw new PveError(
          `unable to activate storage '${storage.id}' - directory is expected to be a mount point but is not mounted: '${wanted}'`,
        );
    }
    if (!existsSync(path))
      throw new PveError(
        `unable to activate storage '${storage.id}' - directory '${base(storage)}' does not exist or is unreachable`,
      );
    if (storage.values["create-subdirs"] === "0" || storage.values["mkdir"] === "0") return;
    for (const content of storage.content)
      if (FOLDERS[content]) mkdirSync(inHost(host, contentFolder(storage, content)), { recursive: true });
  },
  usage(host, storage) {
    const { blocks, bfree, bsize } = statfsSync(inHost(host, base(storage)));
    return [blocks * bsize, (blocks - bfree) * bsize];
  },
  parse(name) {
    for (const [content, pattern, format] of PATTERNS)
      if (pattern.test(name)) {
        const vmid = content === "backup" ? archiveOf(last(name))?.vmid : undefined;
        return { content, format: format(name), ...(vmid !== undefined && { vmid }) };
      }
    const match = IMAGE.exec(name);
    if (!match) throw new PveError(`unable to parse directory volume name '${name}'`);
    return {
      content: "images",
      vmid: Number(match[3]),
      format: match[5] ?? "raw",
      ...(match[2] !== undefined && { base: `${match[1]}/${match[2]}` }),
    };
  },
  path(host, storage, name) {
    const { content, vmid } = dir.parse(name);
    const folder = contentFolder(storage, content);
    return content === "images" ? `${folder}/${vmid}/${last(name)}` : `${folder}/${last(name)}`;
  },
  list(host, storage, vmid, content) {
    const volumes: Volume[] = [];
    const wanted = storage.content.filter((c) => content === undefined || c === content);
    for (const [kind, pattern, format] of PATTERNS) {
      if (!wanted.includes(kind) || (vmid !== undefined && kind !== "backup")) continue;
      for (const file of listFiles(host, contentFolder(storage, kind))) {
        const name = `${kind}/${file}`;
        const path = `${contentFolder(storage, kind)}/${file}`;
        const stat = statSync(inHost(host, path));
        if (!pattern.test(name) || !stat.isFile()) continue;
        const archive = kind === "backup" ? archiveOf(file) : undefined;
        if (vmid !== undefined && archive?.vmid !== vmid) continue;
        volumes.push({
          volid: `${storage.id}:${name}`,
          format: format(name),
          content: kind,
          size: stat.size,
          ctime: archive?.ctime ?? Math.floor(stat.ctimeMs / 1000),
          ...(archive && { vmid: archive.vmid, subtype: archive.type, ...attributes(host, path) }),
        });
      }
    }
    if (!wanted.includes("images") && !wanted.includes("rootdir")) return volumes;
    for (const owner of listFiles(host, contentFolder(storage, "images"))) {
      if (!/^\d+$/.test(owner) || (vmid !== undefined && Number(owner) !== vmid)) continue;
      for (const file of listFiles(host, `${contentFolder(storage, "images")}/${owner}`)) {
        if (file.startsWith(".") || !IMAGE.test(`${owner}/${file}`)) continue;
        const kind = ownerContent(host, Number(owner));
        if (!wanted.includes(kind)) continue;
        const own = `${owner}/${file}`;
        const base = baseOf(readQcow2(fileAt(host, storage, own))?.backing);
        const name = base === undefined ? own : `${base}/${own}`;
        volumes.push({
          volid: `${storage.id}:${name}`,
          format: dir.parse(name).format,
          content: kind,
          size: dir.size(host, storage, name) ?? 0,
          vmid: Number(owner),
        });
      }
    }
    return volumes;
  },
  alloc(host, storage, vmid, name, format, size) {
    const folder = `${contentFolder(storage, "images")}/${vmid}`;
    const path = (file: string) => inHost(host, `${folder}/${file}`);
    const kind = format === "subvol" ? "subvol" : "vm";
    let made = name;
    for (let n = 0; made === ""; n++) {
      const used = listFiles(host, folder).some((file) => new RegExp(`-${vmid}-disk-${n}\\.`).test(file));
      if (!used) made = `${kind}-${vmid}-disk-${n}.${format}`;
    }
    if (existsSync(path(made))) throw new PveError(`disk image '${folder}/${made}' already exists`);
    mkdirSync(path(""), { recursive: true });
    if (format === "subvol") {
      mkdirSync(path(made));
    } else {
      makeImage(path(made), format, size);
    }
    return `${vmid}/${made}`;
  },
  free(host, storage, name) {
    const path = dir.path(host, storage, name);
    if (dir.parse(name).content === "backup") removeBackup(host, storage, name, path);
    if (!existsSync(inHost(host, path))) return `disk image '${path}' does not exist`;
    removeImage(inHost(host, path));
    const folder = inHost(host, path.slice(0, path.lastIndexOf("/")));
    if (dir.parse(name).content === "images" && readdirSync(folder).length === 0)
      rmSync(folder, { recursive: true });
    return undefined;
  },
  exists(host, storage, name) {
    return existsSync(inHost(host, dir.path(host, storage, name)));
  },
  size(host, storage, name) {
    return imageSize(fileAt(host, storage, name));
  },
  resize(host, storage, name, size) {
    resizeImage(fileAt(host, storage, name), size);
  },
  folder(host, storage, name) {
    const path = dir.path(host, storage, name);
    if (dir.parse(name).format === "subvol") return path;
    mkdirSync(inHost(host, hidden(path)), { recursive: true });
    return hidden(path);
  },
  contents(host, storage, name, snapshot) {
    const folder = filesOf(fileAt(host, storage, name), snapshot);
    mkdirSync(folder, { recursive: true });
    return folder;
  },
  has(feature, name, { snapshot, running }) {
    const { format } = dir.parse(name);
    const based = /^base(vol)?-/.test(last(name));
    if (feature === "copy") return snapshot === undefined ? !running || based : format === "qcow2" && !based;
    if (feature === "template") return !based && format !== "subvol";
    if (feature === "clone") return based && format !== "subvol" && snapshot === undefined;
    return format === "qcow2";
  },
  snapshot: (host, storage, name, snapshot) => snapshotImage(image(host, storage, name), snapshot),
  checkRollback(host, storage, name, snapshot) {
    if (!hasImageSnapshot(image(host, storage, name), snapshot))
      throw new PveError(`can't rollback, snapshot '${snapshot}' does not exist on '${storage.id}:${name}'`);
  },
  rollback: (host, storage, name, snapshot) => rollbackImage(image(host, storage, name), snapshot),
  deleteSnapshot: (host, storage, name, snapshot) =>
    deleteImageSnapshot(image(host, storage, name), snapshot),
  createBase(host, storage, name) {
    if (dir.parse(name).format === "subvol")
      throw new PveError(`cannot create a base volume of '${storage.id}:${name}'`);
    const base = name.replace(/\/vm-([^/]*)$/, "/base-$1");
    renameImage(fileAt(host, storage, name), fileAt(host, storage, base));
    return base;
  },
  link(host, storage, base, vmid) {
    const size = dir.size(host, storage, base) ?? 0;
    const file = dir.alloc(host, storage, vmid, "", "qcow2", size);
    const path = fileAt(host, storage, file);
    const own = base.split("/").slice(-2).join("/");
    removeImage(path);
    makeImage(path, "qcow2", size, `../${own}`);
    copyTree(dir.contents(host, storage, base), contentsOf(path));
    return `${own}/${file}`;
  },
  duplicate: () => undefined,
};

/** Before a backup goes: one that is protected stays; what is kept beside it goes too. */
function removeBackup(host: Host, storage: Storage, name: string, path: string): void {
  const { notes, protection, log } = beside(path);
  if (existsSync(inHost(host, protection)))
    throw new PveError(`cannot remove protected volume '${name}' on '${storage.id}'`);
  for (const file of [notes, log]) rmSync(inHost(host, file), { force: true });
}

const hidden = (path: string): string => contentsOf(path);

/** A volume's file, as the daemon sees it. */
const fileAt = (host: Host, storage: Storage, name: string): string =>
  inHost(host, dir.path(host, storage, name));

/** The file of a volume that can have snapshots. */
function image(host: Host, storage: Storage, name: string): string {
  if (dir.parse(name).format !== "qcow2")
    throw new PveError(`volume snapshot is not available for '${storage.id}:${name}'`);
  return fileAt(host, storage, name);
}

/** `171/base-171-disk-0.raw` of a linked clone's `../171/base-171-disk-0.raw`. */
const baseOf = (backing: string | undefined): string | undefined =>
  backing === undefined ? undefined : /^\.\.\/(\d+\/base-[^/]+)$/.exec(backing)?.[1];
