/** Where things lie in the lab's folder. */
import { join } from "node:path";

/** Paths of a lab's folder. `disk` is what a reset removes; `keys` and `settings` stay. */
export interface Layout {
  dir: string;
  /** Everything the host has on its disks: overlay layers, ZFS data, documents. */
  disk: string;
  /** Mount point of the host's root file system; empty outside the daemon's namespace. */
  root: string;
  /** Upper layer of the overlay. */
  upper: string;
  /** Plain folders that are bound into the root file system. */
  own: string;
  /** Data of ZFS datasets and snapshots. */
  zfs: string;
  /** JSON documents of `Host.store`. */
  store: string;
  /** `Host.scratch`. */
  scratch: string;
  keys: string;
  certificates: string;
  settings: string;
  stats: string;
  /** Process id of the host's first process, as the machine counts. */
  pid: string;
  log: string;
  /** Control socket, relative to `dir`: a socket's path has at most 107 bytes. */
  socket: string;
}

/** The layout of a lab's folder, given as an absolute path. */
export function layout(dir: string): Layout {
  const disk = join(dir, "disk");
  return {
    dir,
    disk,
    root: join(dir, "root"),
    upper: join(disk, "upper"),
    own: join(disk, "own"),
    zfs: join(disk, "zfs"),
    store: join(disk, "store"),
    scratch: join(disk, "scratch"),
    keys: join(dir, "keys"),
    certificates: join(dir, "certificates"),
    settings: join(dir, "settings.json"),
    stats: join(dir, "stats.json"),
    pid: join(dir, "pid"),
    log: join(dir, "log"),
    socket: "control.sock",
  };
}
