/** What the scripts below are given: they run for `phoenix backup` and `phoenix restore`, and are no steps. */

/** back-up.sh */
export interface BackUpSettings {
  guests: { id: number; kind: "CT" | "VM" }[];
  /** Storage that the backups go to. */
  storage: string;
  /** Options of vzdump, such as `mode`. */
  options: Record<string, string>;
}

/** list-backups.sh */
export interface ListSettings {
  id: number;
  kind: "CT" | "VM";
}

/** restore-container.sh and restore-machine.sh */
export interface RestoreSettings {
  id: number;
  /** The tag of the stack. */
  tag: string;
  /** The backup, as `local:backup/vzdump-lxc-910-….tar.zst`. */
  from: string;
  /** Storage for the disks; each goes where it was without it. */
  storage?: string;
  /** Only says what would be done. */
  plan: boolean;
  /** Takes a backup of another guest too. */
  force: boolean;
}

/** A backup, as list-backups.sh tells of it. */
export interface Backup {
  volid: string;
  /** Seconds since 1970. */
  time: number;
  /** Bytes. */
  size: number;
  notes: string;
  protected: boolean;
}

/** What a restore takes away and what it leaves. */
export interface RestorePlan {
  /** Whether there is a guest under this id now. */
  there: boolean;
  running: boolean;
  /** Disks that go back to what the backup has. */
  back: string[];
  /** Disks and mounts that stay as they are. */
  stays: string[];
  /** Snapshots, which a restore removes. */
  snapshots: string[];
}
