/**
 * The contract between the parts of the lab's host: the machine (root file system, SSH, ZFS, host
 * commands) and Proxmox VE on it (guests, storages, access, API). A command is a function from a call
 * to an answer over one `Host`; the SSH side and the API side share the same functions.
 *
 * Proxmox VE's part is lab/host/pve/index.ts: `commands`, a CommandTable that the daemon puts into the
 * host's /usr/sbin, and `startApi`, which serves the node's HTTPS API.
 */

/** What a stand-in command is asked. */
export interface Call {
  /** Name it was called by, such as `pct`. */
  name: string;
  /** Arguments after the name. */
  args: string[];
  /** Working folder inside the host's root file system. */
  cwd: string;
  /** Everything on standard input, read when first asked for; only for commands with `stdin: true`. */
  stdin(): Promise<Buffer>;
  /** The container it was called in; absent on the node itself. */
  guest?: Guest;
}

/** A running container, as a stand-in command that was called in it sees it. */
export interface Guest {
  ctid: number;
  /** Where the daemon sees the guest's root file system, mounts and /dev included; join it with `inRoot`. */
  root: string;
  /**
   * Whether the guest has a device node at this path and its cgroup lets it be opened: a node that is bind
   * mounted without a `lxc.cgroup2.devices.allow` line is there in a privileged guest, but answers EPERM.
   */
  mayOpen(device: string): boolean;
}

/**
 * What it answers: an outcome, or a program that takes the caller's place with the caller's own
 * standard input, output and error (how `pct exec` runs a real process in a guest). `exec[0]` is found
 * inside the host's root file system.
 */
export type Answer = { code: number; stdout?: string; stderr?: string } | { exec: string[] };

/** A stand-in command. What it does not support it refuses by name; it never succeeds by default. */
export type Command = (host: Host, call: Call) => Promise<Answer> | Answer;

/** One family of commands: by name, with `stdin: true` where the command reads standard input. */
export type CommandTable = Record<string, { run: Command; stdin?: boolean }>;

/** A process that ran to its end. */
export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

/** The simulated host that commands and API routes work on. */
export interface Host {
  /** Node name, as `hostname` prints it. */
  readonly node: string;
  /** Proxmox VE release: 9 or 8. */
  readonly release: 8 | 9;
  /**
   * Where the daemon sees the host's root file system: join it with an absolute path of the host
   * (`inRoot` in machine/confined.ts does so without leaving it through a symbolic link). It is an
   * overlay; /var/lib/vz and every mounted dataset in it are plain folders bound there, and can serve as
   * the upper layer of another overlay.
   */
  readonly root: string;
  /** A plain folder outside the root file system for Proxmox VE's own use; emptied by a reset. */
  readonly scratch: string;
  /** Hardware, from the machine file. */
  readonly machine: Machine;
  /** ZFS pools and datasets. */
  readonly zfs: Zfs;
  /** Small JSON documents that are not files on a real node, kept on disk, written atomically. */
  readonly store: Store;
  /** Runs a program inside the host's root file system, with root's environment; never throws for its exit code. */
  run(argv: string[], options?: { input?: string; cwd?: string }): Promise<Finished>;
  /** Command line of the daemon that runs a program in it, where that takes more than another root: a container. */
  enter?(argv: string[], cwd: string): [program: string, args: string[]];
  /** Waits as long as the operation would take on real hardware, times the latency factor. */
  latency(operation: string): Promise<void>;
}

export interface Store {
  /** The document of a section; `initial` when there is none yet. */
  get<T>(section: string, initial: T): T;
  /** Replaces the document of a section. */
  set(section: string, value: unknown): void;
}

/** ZFS as `zpool`, `zfs` and the zfspool storages use it. Names are full: `tank/data`, `tank/data@snap`. */
export interface Zfs {
  exists(name: string): boolean;
  /** Makes a dataset (parents too when asked) and its mount point; throws with ZFS's own message. */
  create(dataset: string, properties?: Record<string, string>, options?: { parents?: boolean }): void;
  /** Removes a dataset or snapshot with its data; throws with ZFS's own message (busy, has children). */
  destroy(name: string, options?: { recursive?: boolean }): void;
  snapshot(name: string): void;
  /** Snapshot names (without the dataset) oldest first. */
  snapshots(dataset: string): string[];
  rollback(snapshot: string): void;
  /** A dependent clone, as `zfs clone` makes. */
  clone(snapshot: string, dataset: string): void;
  /** An independent full copy of a dataset or snapshot, as send and receive make. */
  copy(from: string, dataset: string): void;
  rename(from: string, to: string): void;
  /** Names of the datasets directly below one, sorted. */
  children(dataset: string): string[];
  /** A property's value as `zfs get -H -o value` prints it; undefined when the dataset is missing. */
  get(dataset: string, property: string): string | undefined;
  /** A size or count in full, as `zfs get -Hp -o value` prints it; 0 stands for none. */
  bytes(name: string, property: string): number | undefined;
  set(dataset: string, property: string, value: string): void;
  /** Where the dataset is mounted on the host, such as /tank/data. */
  mountpoint(dataset: string): string;
  /** Where the daemon sees the data of a dataset or snapshot: for a volume, the files that stand for its blocks. */
  folder(name: string): string;
}

/** Hardware as data: lab/machines/*.json. */
export interface Machine {
  /** What the file describes, for people. */
  description: string;
  node: string;
  release: 8 | 9;
  memoryMb: number;
  cores: number;
  disks: Disk[];
  gpus: Gpu[];
  bridges: { name: string; address: string; gateway: string }[];
  /** Pools the machine has when new; `vdevs` as after `zpool create NAME`, by kernel names. */
  pools?: { name: string; vdevs: string[]; properties?: Record<string, string> }[];
  /** Container templates in storage `local` when new, by the names `pveam available` lists. */
  templates?: string[];
  /** Names of packages it has when new beside those of the installer. */
  packages?: string[];
  /** Programs of this machine that count as missing, so that the stand-ins for them are used. */
  withoutPrograms?: string[];
  /** Lines of /etc/pve/storage.cfg when new; absent means what the installer writes. */
  storageConfig?: string[];
}

export interface Disk {
  /** Kernel name, such as nvme0n1. */
  device: string;
  /** Names below /dev/disk/by-id. */
  byId: string[];
  sizeBytes: number;
  model: string;
  serial: string;
  /** Part of the rated endurance that is used up, in per cent; 0 by default. */
  wearPercent?: number;
  /** Hours under power; 0 by default. */
  powerOnHours?: number;
  /** What was on it when the machine was new; absent means blank. */
  content?: { type: string; label?: string };
}

export interface Gpu {
  /** PCI address, such as 0000:01:00.0. */
  pci: string;
  model: string;
  uuid: string;
}
