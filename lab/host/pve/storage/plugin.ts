/** What a kind of storage can do with volumes; one file per kind beside this one. */
import type { Host } from "../../types";

/** A storage of /etc/pve/storage.cfg. */
export interface Storage {
  id: string;
  type: string;
  /** Options as the file holds them. */
  values: Record<string, string>;
  content: string[];
}

/** A volume as `pvesm list` shows it. */
export interface Volume {
  volid: string;
  format: string;
  content: string;
  /** Bytes. */
  size: number;
  vmid?: number;
  ctime?: number;
  /** Of a backup: the kind of its guest, notes, and whether nothing removes it. */
  subtype?: "lxc" | "qemu";
  notes?: string;
  protected?: 1;
}

export type Format = "raw" | "qcow2" | "vmdk" | "subvol";

/** What a volume can be asked for (PVE::Storage::volume_has_feature). */
export type Feature = "snapshot" | "clone" | "copy" | "template";

export interface Plugin {
  /** Content types it can hold. */
  content: readonly string[];
  /** Content types of an entry without `content`. */
  defaultContent: readonly string[];
  /** Options that cannot change after `pvesm add`, in the file's order. */
  fixed: readonly string[];
  required: readonly string[];
  /** Other options it takes. */
  options: readonly string[];
  /** Throws why it cannot be used; makes what an activation makes. */
  activate: (host: Host, storage: Storage) => void;
  /** Bytes: [total, used]. */
  usage: (host: Host, storage: Storage) => [total: number, used: number];
  /** Throws `unable to parse …` for a name it cannot have. */
  parse: (name: string) => { content: string; vmid?: number; format: string; base?: string };
  /** Absolute path on the host. */
  path: (host: Host, storage: Storage, name: string) => string;
  list: (host: Host, storage: Storage, vmid?: number, content?: string) => Volume[];
  /** Makes a volume; returns its name. `size` in bytes. */
  alloc: (host: Host, storage: Storage, vmid: number, name: string, format: Format, size: number) => string;
  /** Removes it; returns a warning when there was nothing to remove. */
  free: (host: Host, storage: Storage, name: string) => string | undefined;
  exists: (host: Host, storage: Storage, name: string) => boolean;
  /** Bytes; undefined when it is missing. */
  size: (host: Host, storage: Storage, name: string) => number | undefined;
  resize: (host: Host, storage: Storage, name: string, size: number) => void;
  /** Folder on the host that holds a container volume's files. */
  folder: (host: Host, storage: Storage, name: string) => string;
  /** Where the daemon sees the files that stand for the blocks of a virtual disk or of its snapshot. */
  contents: (host: Host, storage: Storage, name: string, snapshot?: string) => string;
  has: (feature: Feature, name: string, options: { snapshot?: string; running?: boolean }) => boolean;
  snapshot: (host: Host, storage: Storage, name: string, snapshot: string) => void;
  /** Throws when the snapshot is not the newest. */
  checkRollback: (host: Host, storage: Storage, name: string, snapshot: string) => void;
  rollback: (host: Host, storage: Storage, name: string, snapshot: string) => void;
  deleteSnapshot: (host: Host, storage: Storage, name: string, snapshot: string) => void;
  /** Turns a volume into the base of linked clones; returns its new name. */
  createBase: (host: Host, storage: Storage, name: string) => string;
  /** A linked clone of a base; returns its name. */
  link: (host: Host, storage: Storage, base: string, vmid: number) => string;
  /**
   * A full copy into a new volume of the same kind of storage, or undefined when only copying files
   * from one folder to another can do it.
   */
  duplicate: (
    host: Host,
    storage: Storage,
    name: string,
    snapshot: string | undefined,
    vmid: number,
  ) => string | undefined;
  /** Where the files of a snapshot can be read; undefined when not. */
  snapshotFolder?: (host: Host, storage: Storage, name: string, snapshot: string) => string;
}
