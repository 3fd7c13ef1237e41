/** What the steps of NFS and Samba have in common: which scripts bring them about, look at them and take them back. */
import { roomScripts } from "../../../plan/room";

/** A server of files: packages, units, firewall. */
export interface ServerSettings {
  area: "nfs" | "samba";
  packages: string[];
  units: string[];
  /** What follows `ufw`, one rule a text. */
  rules: string[];
}

/** The server that every export or share of an area needs. */
export const serverStep = roomScripts(__dirname);
