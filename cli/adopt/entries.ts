/** Entries of the two files for guests that a node has. */
import type { Survey, SurveyedGuest } from "../survey";
import { parseConf } from "./conf";
import { containerEntry } from "./container-entry";
import { vmEntry } from "./machine-entry";
import { NotExpressible } from "./said";

export interface Adoptable {
  kind: "lxc" | "qemu";
  id: number;
  name: string;
  /** What the file gets. */
  entry: Record<string, unknown>;
  /** Values that no entry can express; they stay as they are. */
  left: string[];
}

/** Why a guest cannot be adopted. */
export interface Refused {
  kind: "lxc" | "qemu";
  id: number;
  name: string;
  why: string;
}

/** The entry of a guest, or why it can have none. */
export function entryOf(guest: SurveyedGuest, survey: Survey): Adoptable | Refused {
  const { kind, id, running } = guest;
  const conf = parseConf(guest.conf);
  const name = conf.values.get("hostname") ?? conf.values.get("name") ?? "";
  try {
    const made = kind === "lxc" ? containerEntry(guest, conf, survey) : vmEntry(id, conf, running);
    return { kind, id, name, ...made };
  } catch (error) {
    if (error instanceof NotExpressible) return { kind, id, name, why: error.message };
    throw error;
  }
}
