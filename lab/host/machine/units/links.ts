/** enable, disable and mask: links below /etc/systemd/system, as systemctl makes them. */
import { existsSync, lstatSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { dirname, basename } from "node:path";
import type { Host } from "../../types";
import { inRoot } from "../confined";
import { findUnitFile, setting, unitName, type UnitFile } from "./files";
import { makeFolder } from "../files";

const etc = "/etc/systemd/system";

interface Changed {
  code: number;
  /** What systemctl says on standard error. */
  lines: string[];
}

const list = (values: string[]) =>
  values.flatMap((value) => value.split(/\s+/)).filter((word) => word !== "");

function wanted(file: UnitFile): string[] {
  const of = (key: string, ending: string) =>
    list(setting(file, "Install", key)).map((target) => `${etc}/${target}.${ending}/${file.name}`);
  const aliases = list(setting(file, "Install", "Alias")).map((alias) => `${etc}/${alias}`);
  return [
    ...aliases,
    ...of("WantedBy", "wants"),
    ...of("RequiredBy", "requires"),
    ...of("UpheldBy", "upholds"),
  ];
}

/** Texts of systemd 257. */
export function enable(host: Host, word: string): Changed {
  const file = findUnitFile(host.root, unitName(word));
  if (file === undefined)
    return { code: 1, lines: [`Failed to enable unit: Unit ${unitName(word)} does not exist`] };
  if (file.masked) return { code: 1, lines: [`Failed to enable unit: Unit ${file.path} is masked`] };
  const links = [
    ...wanted(file),
    ...list(setting(file, "Install", "Also")).flatMap((also) => {
      const other = findUnitFile(host.root, unitName(also));
      return other === undefined ? [] : wanted(other);
    }),
  ];
  if (links.length === 0) {
    return {
      code: 0,
      lines: [
        "The unit files have no installation config (WantedBy=, RequiredBy=, UpheldBy=,",
        "Also=, or Alias= settings in the [Install] section, and DefaultInstance= for",
        "template units). This means they are not meant to be enabled or disabled using systemctl.",
      ],
    };
  }
  const lines = links.flatMap((link) => {
    const path = inRoot(host.root, link, { last: false });
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return [];
    makeFolder(dirname(path));
    symlinkSync(file.path, path);
    return [`Created symlink '${link}' → '${file.path}'.`];
  });
  return { code: 0, lines };
}

/** Every link that leads to a unit from a .wants folder, or as an alias. */
function linksTo(host: Host, name: string): string[] {
  const root = inRoot(host.root, etc);
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory() && /\.(wants|requires|upholds)$/.test(entry.name)) {
      return lstatSync(`${root}/${entry.name}/${name}`, { throwIfNoEntry: false })
        ? [`${etc}/${entry.name}/${name}`]
        : [];
    }
    if (!entry.isSymbolicLink() || entry.name === name) return [];
    const target = readlinkSync(`${root}/${entry.name}`);
    return target !== "/dev/null" && basename(target) === name ? [`${etc}/${entry.name}`] : [];
  });
}

export function disable(host: Host, word: string): Changed {
  const file = findUnitFile(host.root, unitName(word));
  const name = file?.name ?? unitName(word);
  const links = linksTo(host, name);
  if (file === undefined && links.length === 0) {
    return { code: 1, lines: [`Failed to disable unit: Unit ${name} does not exist`] };
  }
  for (const link of links) rmSync(inRoot(host.root, link, { last: false }));
  return { code: 0, lines: links.map((link) => `Removed '${link}'.`) };
}

export function mask(host: Host, word: string): Changed {
  const name = unitName(word);
  const link = `${etc}/${name}`;
  const path = inRoot(host.root, link, { last: false });
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry?.isSymbolicLink() === true && readlinkSync(path) === "/dev/null") return { code: 0, lines: [] };
  if (entry !== undefined && !entry.isSymbolicLink()) {
    return { code: 1, lines: [`Failed to mask unit: File '${link}' already exists.`] };
  }
  makeFolder(dirname(path));
  rmSync(path, { force: true });
  symlinkSync("/dev/null", path);
  return { code: 0, lines: [`Created symlink '${link}' → '/dev/null'.`] };
}

export function unmask(host: Host, word: string): Changed {
  const link = `${etc}/${unitName(word)}`;
  const path = inRoot(host.root, link, { last: false });
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry?.isSymbolicLink() !== true || readlinkSync(path) !== "/dev/null") return { code: 0, lines: [] };
  rmSync(path);
  return { code: 0, lines: [`Removed '${link}'.`] };
}

/** What `systemctl is-enabled` says. */
export function isEnabled(host: Host, word: string): string {
  const name = unitName(word);
  const file = findUnitFile(host.root, name);
  if (file === undefined) return "not-found";
  if (file.masked) return "masked";
  if (linksTo(host, file.name).some((link) => /\.(wants|requires|upholds)\//.test(link))) {
    return file.name === name ? "enabled" : "alias";
  }
  if (wanted(file).length > 0) return file.name === name ? "disabled" : "alias";
  return list(setting(file, "Install", "Also")).length > 0 ? "indirect" : "static";
}

/** Units that a target pulls in at boot. */
export function wantedBy(host: Host, target: string): string[] {
  return ["wants", "requires"].flatMap((ending) => {
    const path = inRoot(host.root, `${etc}/${target}.${ending}`);
    return existsSync(path) ? readdirSync(path).sort() : [];
  });
}
