/** /etc/network/interfaces as ifupdown2 reads it, interfaces(5). */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { isIP } from "node:net";
import { inRoot } from "../confined";

export interface Stanza {
  name: string;
  method: string;
  addresses: string[];
  gateway?: string;
  ports: string[];
  bridge: boolean;
}

export interface Interfaces {
  /** Interfaces by name; several stanzas of one name are one. */
  stanzas: Map<string, Stanza>;
  auto: Set<string>;
  /** What ifupdown2 complains about; with any, nothing is changed. */
  errors: string[];
}

/** Attributes of ifupdown2's modules address, bridge, link, bond, vlan and those that pass to commands. */
const keywords =
  /^(address|netmask|gateway|broadcast|scope|mtu|hwaddress|metric|network|pointopoint|bridge[-_].*|bond[-_].*|slaves|vlan[-_].*|link-.*|pre-up|up|post-up|pre-down|down|post-down|dns-.*|ethtool-.*|accept_ra|autoconf|privext|preferred-lifetime|alias|vxlan-.*|ovs_.*|forward|ip-forward|ip6-forward|arp-accept|mode|requires|wait-delay|comment|comments)$/;

const main = "/etc/network/interfaces";

export function readInterfaces(root: string): Interfaces {
  const found: Interfaces = { stanzas: new Map(), auto: new Set(), errors: [] };
  if (existsSync(inRoot(root, main))) read(root, main, found);
  else found.errors.push(`error: ${main}: No such file or directory`);
  return found;
}

/** Paths that a `source` line means. */
function sourced(root: string, pattern: string): string[] {
  const path = pattern.startsWith("/") ? pattern : `/etc/network/${pattern}`;
  const folder = inRoot(root, dirname(path));
  if (!existsSync(folder)) return [];
  const regex = new RegExp(
    `^${basename(path).replace(/[.+]/g, "\\$&").replace(/\*/g, "[^/]*").replace(/\?/g, ".")}$`,
  );
  return readdirSync(folder)
    .filter((name) => regex.test(name) && !name.startsWith("."))
    .sort()
    .map((name) => `${dirname(path)}/${name}`);
}

function read(root: string, path: string, found: Interfaces): void {
  let current: Stanza | undefined;
  const lines = readFileSync(inRoot(root, path), "utf8").replace(/\\\n/g, " ").split("\n");
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const fail = (why: string) => found.errors.push(`error: ${path}: line${index + 1}: ${why}`);
    const [word = "", ...rest] = line.split(/\s+/);
    if (word === "auto" || word === "allow-auto" || word === "allow-hotplug") {
      for (const name of rest) found.auto.add(name);
      current = undefined;
    } else if (word === "source") {
      for (const other of sourced(root, rest[0] ?? "")) read(root, other, found);
      current = undefined;
    } else if (word === "source-directory") {
      for (const other of sourced(root, `${(rest[0] ?? "").replace(/\/$/, "")}/*`)) read(root, other, found);
      current = undefined;
    } else if (word === "iface") {
      const [name, family = "inet", method = "static"] = rest;
      current = undefined;
      if (name === undefined) fail(`invalid iface line '${line}'`);
      else if (!["inet", "inet6"].includes(family))
        fail(`iface ${name}: unsupported address family (${family})`);
      else if (!["static", "manual", "dhcp", "loopback", "auto"].includes(method))
        fail(`iface ${name}: unsupported address method (${method})`);
      else {
        current = found.stanzas.get(name) ?? { name, method, addresses: [], ports: [], bridge: false };
        if (method !== "manual") current.method = method;
        found.stanzas.set(name, current);
      }
    } else if (current === undefined) fail(`unprocessed line '${line}'`);
    else attribute(current, word, rest, fail);
  }
}

function attribute(stanza: Stanza, key: string, values: string[], fail: (why: string) => void): void {
  const [value = ""] = values;
  if (!keywords.test(key)) return void fail(`iface ${stanza.name}: unsupported keyword (${key})`);
  if (key === "address") {
    const [ip = "", prefix] = value.split("/");
    const version = isIP(ip);
    if (
      version === 0 ||
      (prefix !== undefined && !(/^\d+$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128)))
    )
      fail(`iface ${stanza.name}: invalid address '${value}'`);
    else stanza.addresses.push(prefix === undefined ? `${ip}/${version === 4 ? 32 : 128}` : value);
  } else if (key === "netmask") {
    const last = stanza.addresses.pop();
    const bits = /^\d+$/.test(value)
      ? value
      : String(
          value
            .split(".")
            .map((part) => Number(part).toString(2).replaceAll("0", "").length)
            .reduce((a, b) => a + b, 0),
        );
    if (last !== undefined) stanza.addresses.push(`${last.split("/")[0] ?? ""}/${bits}`);
  } else if (key === "gateway") {
    if (isIP(value) === 0) fail(`iface ${stanza.name}: invalid gateway '${value}'`);
    else stanza.gateway = value;
  } else if (/^bridge[-_]ports$/.test(key)) {
    stanza.bridge = true;
    stanza.ports = values.filter((port) => port !== "none");
  }
}
