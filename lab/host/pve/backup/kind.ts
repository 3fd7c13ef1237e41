/** What backing up a guest is made of; containers and virtual machines each have their own. */
import type { Context } from "../context";
import { PveError } from "../errors";
import type { Host } from "../../types";
import type { Archive } from "./archives";

export type Log = (line: string) => void;

/** A mode that this guest cannot have: the next one is tried. */
export class ModeFailure extends PveError {}

/** One guest's backup while it is made. */
export interface Dump {
  vmid: number;
  mode: "snapshot" | "suspend" | "stop";
  /** Whether the guest ran when it began. */
  running: boolean;
  /** Folder for what is put into the archive. */
  tmpdir: string;
  /** The archive while it is written. */
  tmptar: string;
  /** Command that compresses; empty for none. */
  compress: string;
  exclude: readonly string[];
}

export interface Kind {
  type: Archive["type"];
  /** Of its archives, before what tells the compression. */
  extension: "tar" | "vma";
  isRunning(host: Host, vmid: number): boolean;
  nameOf(host: Host, vmid: number): string;
  lock(host: Host, vmid: number): Promise<void>;
  unlock(host: Host, vmid: number): Promise<void>;
  /** Says what is in the backup; throws ModeFailure. */
  prepare(context: Context, dump: Dump, log: Log): Promise<void>;
  /** Holds a running guest still, by its mode. */
  hold(context: Context, dump: Dump, log: Log): Promise<void>;
  /** What `hold` stopped goes on. */
  letGo(context: Context, dump: Dump): Promise<void>;
  assemble(context: Context, dump: Dump, log: Log): void;
  archive(context: Context, dump: Dump, log: Log): Promise<void>;
  cleanUp(context: Context, dump: Dump, log: Log): Promise<void>;
}
