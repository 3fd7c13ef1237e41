/** What the steps of NFS and Samba have in common: which scripts bring them about, look at them and undo them. */
import { join } from "node:path";

/** The scripts of a step of these areas. */
export interface ShareScripts {
  /** Script file that converges. */
  script: string;
  /**
   * Script file that only looks, with the same settings: one JSON line `{changed: false, deviations: [text]}` and
   * exit code 0.
   */
  verify: string;
  /** Script file that takes it away again. */
  remove: string;
}

/** A server of files: packages, units, firewall. */
export interface ServerSettings {
  area: "nfs" | "samba";
  packages: string[];
  units: string[];
  /** What follows `ufw`, one rule a text. */
  rules: string[];
}

const script = (name: string) => join(__dirname, "scripts", `${name}.sh`);

/** The server that every export or share of an area needs. */
export const serverStep: ShareScripts = {
  script: script("share-server"),
  verify: script("share-server-look"),
  remove: script("share-server-remove"),
};
