/** The server that every export or share of an area needs: packages, units, firewall. */
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";

export interface Settings {
  /** Whose server it is. */
  area: "nfs" | "samba";
  /** Names of Debian packages. */
  packages: string[];
  /** Names of systemd's units, without `.service`. */
  units: string[];
  /** What follows `ufw`, one rule a text. */
  rules: string[];
}

/** @param makes names of what needs the server */
export const serverStep = (settings: Settings, makes?: string[]): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings,
  ...(makes && { makes }),
});
