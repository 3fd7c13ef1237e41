/** smb.conf as Samba reads it: sections, parameters, files that are included. */
import { existsSync, readFileSync, statSync } from "node:fs";
import type { Host } from "../../../types";
import { inRoot } from "../../confined";
import { parameter, printed, ValueError } from "./smbParameters";

export interface Share {
  /** As first written. */
  name: string;
  /** Printed values by printed name. */
  values: Map<string, string>;
}

export interface Configuration {
  /** Values of [global] by printed name; those of shares' parameters are what shares take by default. */
  global: Map<string, string>;
  shares: Share[];
  /** What Samba says while it reads, a line each. */
  messages: string[];
  /** False: it is refused whole. */
  usable: boolean;
}

/** Where Samba looks. */
export const configurationFile = "/etc/samba/smb.conf";
/** What `net conf` keeps, in the lab as the text of a configuration. */
export const registryFile = "/var/lib/samba/registry.tdb";

/** A share by name, whatever its case. */
export function share({ shares }: Configuration, name: string): Share | undefined {
  return shares.find((one) => one.name.toLowerCase() === name.toLowerCase());
}

class Unreadable extends Error {}
/** The files are left for the registry, with all that they said. */
class ToRegistry extends Error {}

/** Reads a configuration with what it includes. */
export function readConfiguration(host: Host, file: string = configurationFile): Configuration {
  const found: Configuration = { global: new Map(), shares: [], messages: [], usable: true };
  try {
    const reader = new Reader(host, found);
    if (!reader.file(file, 0)) throw new Unreadable("");
    reader.end();
  } catch (error) {
    if (error instanceof ToRegistry) return onlyRegistry(host, found.messages);
    if (!(error instanceof ValueError) && !(error instanceof Unreadable)) throw error;
    if (error.message !== "") found.messages.push(error.message);
    found.usable = false;
    return found;
  }
  for (const { name, values } of found.shares) {
    if (values.has("path") || ["homes", "printers"].includes(name.toLowerCase())) continue;
    found.messages.push(
      `WARNING: No path in service ${name} - making it unavailable!`,
      `NOTE: Service ${name} is flagged unavailable.`,
    );
    values.set("available", "No");
  }
  return found;
}

function onlyRegistry(host: Host, messages: string[]): Configuration {
  const found: Configuration = { global: new Map(), shares: [], messages, usable: true };
  messages.push("lp_load_ex: changing to config backend registry");
  const reader = new Reader(host, found);
  reader.set("include", "registry", 0);
  reader.end();
  return found;
}

class Reader {
  /** Undefined stands for [global]. An included file leaves it as its own last section. */
  private section: Share | undefined;
  private registryShares = false;

  constructor(
    private readonly host: Host,
    private readonly found: Configuration,
  ) {}

  /** Whether there is such a file. */
  file(path: string, depth: number): boolean {
    const place = inRoot(this.host.root, path);
    if (!existsSync(place) || !statSync(place).isFile()) return false;
    if (depth > 100) throw new Unreadable(`Include depth of ${path} is too deep`);
    const text = readFileSync(place, "utf8").replace(/[ \t]*\\\n[ \t]*/g, " ");
    for (const line of text.split("\n")) this.line(line.trim(), depth);
    return true;
  }

  /** What Samba adds when all files are read: the registry's shares. */
  end(): void {
    if (!this.registryShares) return;
    const stored = readConfiguration(this.host, registryFile);
    for (const one of stored.shares) if (!share(this.found, one.name)) this.found.shares.push(one);
  }

  private line(line: string, depth: number): void {
    if (line === "" || line.startsWith("#") || line.startsWith(";")) return;
    if (line.startsWith("[")) return this.open(line);
    const at = line.indexOf("=");
    if (at === 0) throw new Unreadable("");
    // A line without = means nothing, and Samba says nothing.
    if (at > 0) this.set(line.slice(0, at).trim(), line.slice(at + 1).trim(), depth);
  }

  private open(line: string): void {
    const end = line.indexOf("]");
    if (end < 0) throw new Unreadable("");
    const name = line.slice(1, end);
    if (name.trim() === "") throw new Unreadable("No service name in service entry.");
    if (["global", "globals"].includes(name.toLowerCase())) {
      this.section = undefined;
      return;
    }
    const existing = share(this.found, name);
    this.section = existing ?? { name, values: new Map() };
    if (!existing) this.found.shares.push(this.section);
  }

  set(name: string, value: string, depth: number): void {
    const values = this.section?.values ?? this.found.global;
    if (name.includes(":")) {
      values.set(name, value);
      return;
    }
    const known = parameter(name);
    if (!known) {
      this.found.messages.push(
        `Unknown parameter encountered: "${name}"`,
        `Ignoring unknown parameter "${name}"`,
      );
      return;
    }
    if (this.section && !known.local) {
      this.found.messages.push(`Global parameter ${known.name} found in service section!`);
      return;
    }
    if (known.name === "include") return this.include(values, value, depth);
    values.set(known.name, printed(known, value));
    if (known.name === "copy") this.copy(values, value);
    if (known.name === "config backend" && values.get(known.name) === "registry") throw new ToRegistry();
    if (known.name === "registry shares") this.registryShares = values.get(known.name) === "Yes";
  }

  private include(values: Map<string, string>, value: string, depth: number): void {
    if (value !== "registry") {
      // Nobody has connected: what tells of a client or a user is empty.
      const path = value.replace(/%(.)/g, (_, what: string) => (/[hL]/.test(what) ? this.host.node : ""));
      values.set("include", path);
      this.file(path, depth + 1);
      return;
    }
    this.registryShares = true;
    values.set("registry shares", "Yes");
    for (const [name, one] of readConfiguration(this.host, registryFile).global) values.set(name, one);
  }

  private copy(values: Map<string, string>, from: string): void {
    const source = share(this.found, from);
    if (!source) throw new Unreadable(`Unable to copy service - source not found: ${from}`);
    for (const [name, value] of source.values) if (!values.has(name)) values.set(name, value);
  }
}
