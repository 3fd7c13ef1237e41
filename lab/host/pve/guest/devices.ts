/** Devices of the host that a container is given, and which of them its cgroup lets it open. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Section } from "../config/guest-file";
import { PveError } from "../errors";
import { inHost } from "../paths";
import { parsePropertyString } from "../schema/value";
import type { Host } from "../../types";
import { idMaps, outsideId } from "./idmap";
import { deviceFormat } from "./options";

/** Throws when the host does not have the device of a devN value. */
export function checkDevices(host: Host, text: string): void {
  const path = parsePropertyString(deviceFormat, text, host.release)["path"];
  if (path === undefined) throw new PveError("Path is not defined for passthrough device");
  if (!existsSync(inHost(host, String(path)))) throw new PveError(`Device ${path} does not exist`);
}

/** A device node. */
export interface Node {
  type: "c" | "b";
  major: number;
  minor: number;
}

/** The device node at a path of the daemon; undefined when it is none, or not there. */
export function nodeAt(path: string): Node | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !(stat.isCharacterDevice() || stat.isBlockDevice())) return undefined;
  // As glibc's gnu_dev_major and gnu_dev_minor take a number apart, without its upper halves.
  return {
    type: stat.isBlockDevice() ? "b" : "c",
    major: Math.floor(stat.rdev / 256) % 4096,
    minor: (stat.rdev % 256) + 256 * (Math.floor(stat.rdev / 2 ** 20) % 4096),
  };
}

/** Every devN, as lines for launch.sh; throws Proxmox VE's text for a device that is gone. */
export function deviceNodes(host: Host, config: Section, only?: string): string[][] {
  const maps = idMaps(config);
  return Object.keys(config.values)
    .filter((key) => (only === undefined ? /^dev\d+$/.test(key) : key === only))
    .map((key) => {
      const device = parsePropertyString(deviceFormat, config.values[key] ?? "", host.release);
      const path = String(device["path"]);
      const node = nodeAt(inHost(host, path));
      if (node === undefined) throw new PveError(`Could not get mode or device ID of ${path}`);
      const id = (kind: "u" | "g", name: string) => outsideId(maps, kind, Number(device[name] ?? 0));
      const numbers = [node.type, String(node.major), String(node.minor)];
      return [
        ...numbers,
        path,
        String(device["mode"] ?? "0660"),
        String(id("u", "uid")),
        String(id("g", "gid")),
      ];
    });
}

const STANDARD = [
  "c 1:3",
  "c 1:5",
  "c 1:7",
  "c 5:0",
  "c 5:1",
  "c 5:2",
  "c 1:8",
  "c 1:9",
  "c 136:*",
  "c 10:229",
];

interface Rule {
  allow: boolean;
  type: string;
  major: string;
  minor: string;
  access: string;
}

function parseRule(allow: boolean, text: string): Rule | undefined {
  if (text.trim() === "a") return { allow, type: "a", major: "*", minor: "*", access: "rwm" };
  const match = /^([abc])\s+(\d+|\*):(\d+|\*)(?:\s+([rwm]+))?$/.exec(text.trim());
  if (!match) return undefined;
  const [, type = "", major = "", minor = "", access = "rwm"] = match;
  return { allow, type, major, minor, access };
}

/**
 * The rules of a container's device cgroup: a list of what is allowed for a privileged one (lxc's common.conf), and
 * a list of what is denied for an unprivileged one, to which everything is allowed (lxc-pve-userns.conf).
 */
function rules(host: Host, config: Section): Rule[] {
  const unprivileged = idMaps(config).length > 0;
  const base = unprivileged ? ["a"] : STANDARD;
  const given = Object.entries(config.values).flatMap(([key, value]) => {
    if (!/^dev\d+$/.test(key)) return [];
    const node = nodeAt(inHost(host, String(parsePropertyString(deviceFormat, value, host.release)["path"])));
    return node === undefined ? [] : [`${node.type} ${node.major}:${node.minor}`];
  });
  const fixed = [...base, ...given].map((text) => parseRule(true, text));
  const own = config.lxc.flatMap(([key, value]) => {
    const match = /^lxc\.cgroup2\.devices\.(allow|deny)$/.exec(key);
    return match ? [parseRule(match[1] === "allow", value)] : [];
  });
  return [...fixed, ...own].filter((rule) => rule !== undefined);
}

/** Whether a container's cgroup lets it read and write a device. */
export function allows(host: Host, config: Section, node: Node): boolean {
  const fits = (pattern: string, value: number) => pattern === "*" || Number(pattern) === value;
  const decided = (access: string) =>
    rules(host, config)
      .filter((rule) => (rule.type === "a" || rule.type === node.type) && rule.access.includes(access))
      .filter((rule) => fits(rule.major, node.major) && fits(rule.minor, node.minor))
      .at(-1)?.allow ?? false;
  return decided("r") && decided("w");
}

/** Whether a bind mount's source brings device nodes that the container's cgroup does not let it open. */
export function bringsForbidden(host: Host, config: Section, source: string): boolean {
  const node = nodeAt(source);
  if (node !== undefined) return !allows(host, config, node);
  if (
    !source.startsWith(inHost(host, "/dev/")) ||
    !statSync(source, { throwIfNoEntry: false })?.isDirectory()
  )
    return false;
  return readdirSync(source).some((name) => {
    const inner = nodeAt(join(source, name));
    return inner !== undefined && !allows(host, config, inner);
  });
}
