/** What the steps of NFS and Samba have in common: which scripts bring them about, check them and undo them. */
import { join } from "node:path";

export interface ShareStep {
  /** Name within the area, such as `export-media`. */
  name: string;
  /** Script files that converge. */
  script: string[];
  /**
   * Script files that only look, with the same settings: one JSON line `{changed: false, deviations: [text]}` and
   * exit code 0.
   */
  verify: string[];
  /** Script files that take it away again. */
  remove: string[];
}

/** A server of files: packages, units, firewall. */
export interface ServerSettings {
  area: "nfs" | "samba";
  packages: string[];
  units: string[];
  /** What follows `ufw`, one rule a text. */
  rules: string[];
}

const zfs = (name: string) => join(__dirname, "zfs", "scripts", `${name}.sh`);
const own = (name: string) => join(__dirname, "scripts", `${name}.sh`);
const shared = (...names: string[]) => names.map(own);
const common = { front: [zfs("lib")], look: [zfs("look")] };

/** The scripts of a step: what it brings about, and what takes it away, with what is joined in front of them. */
export function scripts(parts: {
  front?: string[];
  make: string[];
  remove: string[];
}): Omit<ShareStep, "name"> {
  const front = [...shared("sharing"), ...(parts.front ?? [])];
  return {
    script: [...common.front, ...front, ...parts.make],
    verify: [...common.front, ...common.look, ...front, ...parts.make],
    remove: [...common.front, ...front, ...parts.remove],
  };
}

/** Scripts about Proxmox VE's storages that ZFS has too. */
export const storedScript = zfs("stored");

/** The server that every export or share of an area needs. */
export const serverStep: ShareStep = {
  name: "server",
  ...scripts({
    front: shared("packages", "services", "firewall"),
    make: shared("share-server"),
    remove: shared("share-server-remove"),
  }),
};

/** The script that makes servers read their files again needs this one. */
export const servicesScript = shared("services");

/** The script that knows of Linux users whose making was cut off. */
export const linuxUserScript = own("linux-user");
