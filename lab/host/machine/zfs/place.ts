import type { Machine, Store } from "../../types";

/** Where the ZFS of a host lives. */
export interface ZfsPlace {
  /** The host's root file system. */
  root: string;
  /** Folder of the data. */
  data: string;
  store: Store;
  machine: Machine;
}
