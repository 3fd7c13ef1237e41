/**
 * Storages of type lvmthin, such as the installer's local-lvm: logical volumes as sparse files in a folder
 * of the lab, containers' files in folders beside them. Snapshots and linked clones are not simulated.
 */
import { PveError } from "../errors";
import { dir } from "./dir";
import type { Plugin, Storage } from "./plugin";

/** The folder storage that holds a volume group's volumes. */
const inner = (storage: Storage): Storage => ({
  ...storage,
  values: { path: `/var/lib/lvm/${storage.values["vgname"]}-${storage.values["thinpool"]}` },
});

/** `vm-100-disk-0` is `100/vm-100-disk-0.raw` in the folder. */
const file = (name: string): string => `${lvmthin.parse(name).vmid}/${name}.raw`;

const refuse = (what: string) => (): never => {
  throw new PveError(`the lab does not simulate ${what} on lvmthin storages`);
};

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
  has: (feature) => feature === "copy",
  snapshot: refuse("snapshots"),
  checkRollback: refuse("snapshots"),
  rollback: refuse("snapshots"),
  deleteSnapshot: refuse("snapshots"),
  createBase: refuse("templates"),
  link: refuse("linked clones"),
  duplicate: () => undefined,
};
