/**
 * The text of /etc/pve/lxc/<id>.conf and /etc/pve/qemu-server/<id>.conf. Behaviour as recorded on
 * Proxmox VE: description lines start with `#`, keys are sorted, raw `lxc.*` lines come last in their
 * own order, then the pending changes, then a section per snapshot. Text appended to the end of the
 * file belongs to its last section.
 */
import { createHash } from "node:crypto";
import { lxcKeyError } from "./lxc-keys";

/** Settings of one section: key to text as the file holds it. */
export interface Section {
  /** Lines of the description, each ended by a newline; "" when there is none. */
  description: string;
  values: Record<string, string>;
  /** Raw lines in their own order. */
  lxc: [key: string, value: string][];
}

export interface GuestFile extends Section {
  pending: Section;
  snapshots: Record<string, Section>;
  /** SHA-1 of the text it was read from. */
  digest: string;
}

/** What differs between containers and virtual machines. */
export interface Dialect {
  /** Name of the pending section. */
  pending: string;
  /** Why a key or value is not valid; undefined when it is. */
  check(key: string, value: string): string | undefined;
  raw: boolean;
}

export const emptySection = (): Section => ({ description: "", values: {}, lxc: [] });

export function emptyFile(): GuestFile {
  return { ...emptySection(), pending: emptySection(), snapshots: {}, digest: "" };
}

export function copySection(section: Section): Section {
  return {
    description: section.description,
    values: { ...section.values },
    lxc: section.lxc.map(([key, value]) => [key, value]),
  };
}

/** `%`, `:` and control characters as %XX. */
export function encodeText(text: string): string {
  return [...text].map((c) => (c < " " || c === "%" || c === ":" || c === "\u007f" ? escape(c) : c)).join("");
}

const escape = (c: string): string => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;

export function decodeText(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** Reads the text; `warn` gets each line that Proxmox VE warns about, as it words it. */
export function parseGuestFile(
  text: string,
  vmid: number,
  dialect: Dialect,
  warn: (message: string) => void = () => undefined,
): GuestFile {
  const file = emptyFile();
  file.digest = createHash("sha1").update(text).digest("hex");
  let section: Section = file;
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const head = /^\[([a-z][a-z0-9_:-]+)\]\s*$/i.exec(line)?.[1];
    if (head !== undefined) {
      if (head.toLowerCase() === dialect.pending.toLowerCase()) section = file.pending = emptySection();
      else section = file.snapshots[head] = emptySection();
      continue;
    }
    parseLine(line, section, section === file.pending, vmid, dialect, warn);
  }
  return file;
}

function parseLine(
  line: string,
  section: Section,
  pending: boolean,
  vmid: number,
  dialect: Dialect,
  warn: (message: string) => void,
): void {
  const comment = /^#(.*?)\s*$/.exec(line);
  if (comment) {
    section.description += `${decodeText(comment[1] ?? "")}\n`;
    return;
  }
  const raw = dialect.raw ? /^(lxc\.[a-z0-9_\-.]+)(?::|\s*=)\s*(.*?)\s*$/.exec(line) : null;
  if (raw) {
    const [, key = "", value = ""] = raw;
    const error = lxcKeyError(key);
    if (error === undefined) section.lxc.push([key, value]);
    else if (error === "") warn(`vm ${vmid} - unable to parse config: ${line}`);
    else warn(`vm ${vmid} - ${key}: ${error}`);
    return;
  }
  const description = /^description:\s*(.*\S)\s*$/.exec(line);
  if (description) {
    section.description += decodeText(description[1] ?? "");
    return;
  }
  const removal = /^delete:\s*(.*\S)\s*$/.exec(line);
  if (removal) {
    if (pending) section.values["delete"] = removal[1] ?? "";
    else warn(`vm ${vmid} - property 'delete' is only allowed in [${dialect.pending}]`);
    return;
  }
  const setting = /^([a-z][a-z_]*\d*):\s*(.+?)\s*$/.exec(line);
  if (!setting) {
    warn(`vm ${vmid} - unable to parse config: ${line}`);
    return;
  }
  const key = setting[1] ?? "";
  const value = (setting[2] ?? "").trim();
  const error = dialect.check(key, value);
  if (error !== undefined) warn(`vm ${vmid} - unable to parse value of '${key}' - ${error}`);
  section.values[key] = value;
}

function printSection(section: Section): string {
  const description = section.description.replace(/\n+$/, "");
  const described = description === "" ? [] : description.split("\n").map((line) => `#${encodeText(line)}`);
  const keys = Object.keys(section.values)
    .sort()
    .map((key) => `${key}: ${section.values[key]}`);
  const raw = section.lxc.map(([key, value]) => `${key}: ${value}`);
  return [...described, ...keys, ...raw].map((line) => `${line}\n`).join("");
}

/** The text of a file, as Proxmox VE writes it. */
export function printGuestFile(file: GuestFile, dialect: Dialect): string {
  let text = printSection(file);
  if (Object.keys(file.pending.values).length > 0 || file.pending.description !== "")
    text += `\n[${dialect.pending}]\n${printSection(file.pending)}`;
  for (const name of Object.keys(file.snapshots).sort())
    text += `\n[${name}]\n${printSection(file.snapshots[name] ?? emptySection())}`;
  return text;
}
