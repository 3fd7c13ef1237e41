/** What runs: lost with the power, like everything in memory. */
import type { Host } from "../../types";
import type { Unit } from "../packages/types";
import { findUnitFile, type UnitFile } from "./files";
import { definitionOf } from "./builtin";

export interface Running {
  active: "active" | "inactive" | "failed" | "activating";
  sub: string;
  /** systemd's Result: success, exit-code, signal. */
  result: string;
  status: number;
  pid: number;
  /** Milliseconds since the epoch of the last change. */
  since: number;
}

interface Manager {
  states: Map<string, Running>;
  /** Unit files as they were read; forgotten by daemon-reload. */
  loaded: Map<string, { file: UnitFile; text: string }>;
}

const managers = new WeakMap<Host, Manager>();

function manager(host: Host): Manager {
  let found = managers.get(host);
  if (found === undefined) managers.set(host, (found = { states: new Map(), loaded: new Map() }));
  return found;
}

const initial: Running = { active: "inactive", sub: "dead", result: "success", status: 0, pid: 0, since: 0 };

/** State of a unit by its full name. */
export function stateOf(host: Host, name: string): Running {
  return manager(host).states.get(name) ?? initial;
}

export function setState(host: Host, name: string, change: Partial<Running>): void {
  manager(host).states.set(name, { ...stateOf(host, name), since: Date.now(), ...change });
}

/** Names of units that have been started since the boot. */
export function known(host: Host): string[] {
  return [...manager(host).states.keys()].sort();
}

/** Nothing runs any more: the host has lost power. */
export function forgetAll(host: Host): void {
  managers.delete(host);
}

/** The next start reads unit files anew. */
export function reloadFiles(host: Host): void {
  manager(host).loaded.clear();
}

export interface Loaded {
  name: string;
  file: UnitFile;
  /** What the lab knows about it beyond its file. */
  definition?: Unit;
  /** The file on disk is another one than the one in use. */
  outdated: boolean;
}

/** A unit as systemd has it loaded; undefined when it has no file. A loaded unit keeps its file until daemon-reload. */
export function load(host: Host, word: string): Loaded | undefined {
  const onDisk = findUnitFile(host.root, word);
  const name = onDisk?.name ?? word;
  const { loaded } = manager(host);
  const cached = loaded.get(name);
  const text = onDisk === undefined ? "" : JSON.stringify(onDisk);
  if (cached === undefined) {
    if (onDisk === undefined) return undefined;
    loaded.set(name, { file: onDisk, text });
  }
  const file = cached?.file ?? onDisk;
  if (file === undefined) return undefined;
  const definition = definitionOf(host, name);
  return {
    name,
    file,
    ...(definition ? { definition } : {}),
    outdated: cached !== undefined && cached.text !== text,
  };
}
