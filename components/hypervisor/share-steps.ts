/** What the steps of NFS and Samba have in common: which scripts bring them about, look at them and take them back. */
import { join } from "node:path";
import type { StepBody } from "../../plan/step";

/** The scripts of a step of these areas. */
export type ShareScripts = Required<Pick<StepBody, "script" | "look" | "remove">>;

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
  look: script("share-server-look"),
  remove: script("share-server-remove"),
};
