import type { Machine, Store, Zfs } from "../../types";
export interface ZfsPlace {
  root: string;
  data: string;
  store: Store;
  machine: Machine;
}
export function openZfs(_place: ZfsPlace): Zfs {
  return {} as Zfs;
}
