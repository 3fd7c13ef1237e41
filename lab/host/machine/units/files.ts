/** Unit files as systemd finds and reads them, see systemd.unit(5). */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { inRoot } from "../confined";

/** Folders of unit files, the first that has one wins. */
export const folders = [
  "/etc/systemd/system",
  "/run/systemd/system",
  "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",
];

export interface UnitFile {
  /** Full name, such as ssh.service; of an instance its own name. */
  name: string;
  path: string;
  /** By section and key, in order; an empty value has cleared what stood before. */
  settings: Record<string, Record<string, string[]>>;
  dropIns: string[];
  masked?: true;
  /** Lines that systemd warns about and ignores. */
  warnings: string[];
}

/** Full unit name; `.service` is what systemctl adds to a bare name. */
export function unitName(word: string): string {
  return /\.(service|socket|target|timer|mount|automount|path|slice|scope|swap|device)$/.test(word)
    ? word
    : `${word}.service`;
}

/** The file of a unit, by its name or an alias; undefined when there is none. */
export function findUnitFile(root: string, name: string): UnitFile | undefined {
  const template = name.replace(/@[^.]+\./, "@.");
  for (const candidate of [name, ...(template === name ? [] : [template])]) {
    for (const folder of folders) {
      const path = join(folder, candidate);
      const entry = lstatSync(inRoot(root, path, { last: false }), { throwIfNoEntry: false });
      if (entry === undefined) continue;
      if (entry.isSymbolicLink()) {
        const target = readlinkSync(inRoot(root, path, { last: false }));
        if (target === "/dev/null")
          return { name, path, settings: {}, dropIns: [], masked: true, warnings: [] };
        const real = inRoot(root, path);
        if (!existsSync(real)) continue;
        const realName = basename(realpathSync(real));
        // An alias: the unit goes by the name of the file that the link leads to.
        if (realName !== candidate) return findUnitFile(root, realName);
      }
      return read(root, name, path);
    }
  }
  return undefined;
}

function read(root: string, name: string, path: string): UnitFile {
  const file: UnitFile = { name, path, settings: {}, dropIns: [], warnings: [] };
  parse(readFileSync(inRoot(root, path), "utf8"), path, file);
  for (const folder of folders) {
    const dir = `${folder}/${name}.d`;
    if (!existsSync(inRoot(root, dir))) continue;
    for (const entry of readdirSync(inRoot(root, dir)).sort()) {
      if (!entry.endsWith(".conf")) continue;
      file.dropIns.push(`${dir}/${entry}`);
      parse(readFileSync(inRoot(root, `${dir}/${entry}`), "utf8"), `${dir}/${entry}`, file);
    }
  }
  return file;
}

function parse(text: string, path: string, file: UnitFile): void {
  let section = "";
  const joined = text.replace(/\\\n/g, " ").split("\n");
  for (const [index, raw] of joined.entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const head = /^\[(.+)\]$/.exec(line);
    if (head) {
      section = head[1] ?? "";
      continue;
    }
    const [, key, value = ""] = /^([^=\s]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (section === "") file.warnings.push(`${path}:${index + 1}: Assignment outside of section. Ignoring.`);
    else if (key === undefined) file.warnings.push(`${path}:${index + 1}: Missing '=', ignoring line.`);
    else {
      const values = ((file.settings[section] ??= {})[key] ??= []);
      if (value === "") values.length = 0;
      else values.push(value);
    }
  }
}

/** A setting's values; words of lists such as WantedBy are split by the caller. */
export function setting(file: UnitFile | undefined, section: string, key: string): string[] {
  return file?.settings[section]?.[key] ?? [];
}

/** Names of all units with a file. */
export function unitFileNames(root: string): string[] {
  const names = folders.flatMap((folder) => {
    const path = inRoot(root, folder);
    return existsSync(path)
      ? readdirSync(path).filter((name) => /\.(service|timer|target|socket|mount|path)$/.test(name))
      : [];
  });
  return [...new Set(names)].sort();
}
