/**
 * Storages of type lvmthin, such as the installer's local-lvm: logical volumes as sparse files in a folder
 * of the lab, what is on them in folders beside them.
 */
import { PveError } from "../errors";
import { inHost } from "../paths";
import type { Host } from "../../types";
import { dir } from "./dir";
import {
  copyTree,
  deleteImageSnapshot,
  filesOf,
  hasImageSnapshot,
  renameImage,
  rollbackImage,
  snapshotImage,
} from "./dirImages";
import type { Plugin, Storage } from "./plugin";

/** The folder storage that holds a volume group's volumes. */
const inner = (storage: Storage): Storage => ({
  ...storage,
  values: { path: `/var/lib/lvm/${storage.values["vgname"]}-${storage.values["thinpool"]}` },
});

/** `vm-100-disk-0` is `100/vm-100-disk-0.raw` in the folder. */
const file = (name: string): string => `${lvmthin.parse(name).vmid}/${name}.raw`;

/** The sparse file of a volume, as the daemon sees it. */
const fileAt = (host: Host, storage: Storage, name: string): string =>
  inHost(host, dir.path(host, inner(storage), file(name)));

export const lvmthin: Plugin = {
  content: ["images", "rootdir"],
  defaultContent: ["images", "rootdir"],
  fixed: ["thinpool", "vgname"],
  required: ["thinpool", "vgname"],
  options: ["bwlimit", "content", "disable", "nodes"],
  activate: (host, storage) => dir.activate(host, inner(storage)),
  usage: (host, storage) => dir.usage(host, inner(storage)),
  parse(name) {
    const match = /^(?:vm|base)-(\d+)-\S+$/.exec(name);
    if (!match) throw new PveError(`unable to parse lvm volume name '${name}'`);
    return { content: "images", vmid: Number(match[1]), format: "raw" };
  },
  path: (_host, storage, name) => `/dev/${storage.values["vgname"]}/${name}`,
  list: (host, storage, vmid) =>
    dir
      .list(host, { ...inner(storage), content: ["images", "rootdir"] }, vmid)
      .map((volume) => ({ ...volume, volid: volume.volid.replace(/:\d+\/(.*)\.raw$/, ":$1") })),
  alloc(host, storage, vmid, name, format, size) {
    if (format !== "raw") throw new PveError(`unsupported format '${format}'`);
    const made = dir.alloc(host, inner(storage), vmid, name === "" ? "" : `${name}.raw`, "raw", size);
    return made.replace(/^\d+\/(.*)\.raw$/, "$1");
  },
  free: (host, storage, name) => dir.free(host, inner(storage), file(name)),
  exists: (host, storage, name) => dir.exists(host, inner(storage), file(name)),
  size: (host, storage, name) => dir.size(host, inner(storage), file(name)),
  resize: (host, storage, name, size) => dir.resize(host, inner(storage), file(name), size),
  folder: (host, storage, name) => dir.folder(host, inner(storage), file(name)),
  contents: (host, storage, name, snapshot) => dir.contents(host, inner(storage), file(name), snapshot),
  has: (feature, name, { snapshot }) => {
    const based = name.startsWith("base-");
    if (feature === "clone") return based && snapshot === undefined;
    if (feature === "template") return !based;
    return feature === "copy" || !based;
  },
  snapshot: (host, storage, name, snapshot) => snapshotImage(fileAt(host, storage, name), snapshot),
  checkRollback(host, storage, name, snapshot) {
    if (!hasImageSnapshot(fileAt(host, storage, name), snapshot))
      throw new PveError(`can't rollback, snapshot '${snapshot}' does not exist on '${storage.id}:${name}'`);
  },
  rollback: (host, storage, name, snapshot) => rollbackImage(fileAt(host, storage, name), snapshot),
  deleteSnapshot: (host, storage, name, snapshot) =>
    deleteImageSnapshot(fileAt(host, storage, name), snapshot),
  createBase(host, storage, name) {
    const base = name.replace(/^vm-/, "base-");
    renameImage(fileAt(host, storage, name), fileAt(host, storage, base));
    return base;
  },
  // A thin snapshot stands alone: the base is not in its name, and may go before it.
  link(host, storage, base, vmid) {
    const made = lvmthin.alloc(host, storage, vmid, "", "raw", lvmthin.size(host, storage, base) ?? 0);
    copyTree(lvmthin.contents(host, storage, base), filesOf(fileAt(host, storage, made)));
    return made;
  },
  duplicate: () => undefined,
  snapshotFolder: (host, storage, name, snapshot) => {
    const folder = dir.folder(host, inner(storage), file(name));
    return `${folder}@${snapshot}`;
  },
};
