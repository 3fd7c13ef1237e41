/** The texts of a cloud-init drive, as PVE::QemuServer::Cloudinit generates them (type nocloud). */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { inRoot } from "../../../machine/confined";
import type { Section } from "../../config/guest-file";
import { PveError } from "../../errors";
import { readHost } from "../../paths";
import { parsePropertyString } from "../../schema/value";
import type { Values } from "../../schema/types";
import { locate, volumePath } from "../../storage/volumes";
import type { Host } from "../../../types";
import { parseNet } from "../config";
import { cicustomFormat, ipconfigFormat } from "../formats";

export interface CloudInitFiles {
  "user-data": string;
  "network-config": string;
  "meta-data": string;
  "vendor-data": string;
}

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);

/** Keys as they stand in the configuration: percent-encoded. */
export const sshKeys = (config: Section): string[] =>
  decodeURIComponent(config.values["sshkeys"] ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

export function userData(vmid: number, config: Section, hidePassword = false): string {
  const { name, searchdomain, ciuser, cipassword, ciupgrade } = config.values;
  const full = name ?? `VM${vmid}`;
  const hostname = full.split(".")[0] ?? full;
  const fqdn = full.includes(".") || searchdomain === undefined ? full : `${hostname}.${searchdomain}`;
  const keys = sshKeys(config);
  return [
    "#cloud-config",
    `hostname: ${hostname}`,
    "manage_etc_hosts: true",
    `fqdn: ${fqdn}`,
    ...(ciuser === undefined ? [] : [`user: ${ciuser}`]),
    ...(ciuser === "root" ? ["disable_root: False"] : []),
    ...(cipassword === undefined ? [] : [`password: ${hidePassword ? "**********" : cipassword}`]),
    ...(config.values["sshkeys"] === undefined ? [] : ["ssh_authorized_keys:"]),
    ...keys.map((key) => `  - ${key}`),
    "chpasswd:",
    "  expire: False",
    ...(ciuser === "root" ? [] : ["users:", "  - default"]),
    ...(ciupgrade === "0" ? [] : ["package_upgrade: true"]),
    "",
  ].join("\n");
}

const MASK = (bits: number): string =>
  [0, 8, 16, 24].map((from) => 256 - 2 ** (8 - Math.min(8, Math.max(0, bits - from)))).join(".");

function resolver(host: Host, config: Section): { search: string[]; servers: string[] } {
  const own = (readHost(host, "/etc/resolv.conf") ?? "").split("\n");
  const of = (key: string) => own.flatMap((line) => (line.startsWith(`${key} `) ? words(line).slice(1) : []));
  const { searchdomain, nameserver } = config.values;
  return {
    search: searchdomain === undefined ? of("search") : words(searchdomain),
    servers: nameserver === undefined ? of("nameserver") : words(nameserver),
  };
}

function subnets(ip: Values): string[] {
  const lines: string[] = [];
  const fixed = (type: string, text: string[], gateway: string | number | undefined) => {
    lines.push(`    - type: ${type}`, ...text);
    if (gateway !== undefined) lines.push(`      gateway: '${gateway}'`);
  };
  const [v4, v6] = [ip["ip"], ip["ip6"]].map((value) => (value === undefined ? undefined : String(value)));
  if (v4 === "dhcp") lines.push("    - type: dhcp4");
  else if (v4 !== undefined) {
    const [address = "", bits = "32"] = v4.split("/");
    fixed("static", [`      address: '${address}'`, `      netmask: '${MASK(Number(bits))}'`], ip["gw"]);
  }
  if (v6 === "dhcp") lines.push("    - type: dhcp6");
  else if (v6 === "auto") lines.push("    - type: ipv6_slaac");
  else if (v6 !== undefined) fixed("static6", [`      address: '${v6}'`], ip["gw6"]);
  return lines;
}

export function networkConfig(host: Host, config: Section): string {
  const cards = Object.keys(config.values)
    .filter((key) => /^net\d+$/.test(key) && config.values[`ipconfig${key.slice(3)}`] !== undefined)
    .sort()
    .flatMap((key) => {
      const number = key.slice(3);
      const ip = parsePropertyString(ipconfigFormat, config.values[`ipconfig${number}`] ?? "", host.release);
      const { mac } = parseNet(host, config.values[key] ?? "");
      return [
        "    - type: physical",
        `      name: eth${number}`,
        `      mac_address: '${(mac ?? "").toLowerCase()}'`,
        "      subnets:",
        ...subnets(ip).map((line) => `  ${line}`),
      ];
    });
  const { search, servers } = resolver(host, config);
  return [
    "version: 1",
    "config:",
    ...cards,
    "    - type: nameserver",
    ...(servers.length > 0 ? ["      address:", ...servers.map((one) => `      - '${one}'`)] : []),
    ...(search.length > 0 ? ["      search:", ...search.map((one) => `      - '${one}'`)] : []),
    "",
  ].join("\n");
}

/** A file of the snippets that `cicustom` names. */
function snippet(host: Host, volid: string): string {
  const { plugin, name } = locate(host, volid);
  if (plugin.parse(name).content !== "snippets")
    throw new PveError(`${volid} is not in the snippets directory`);
  const path = inRoot(host.root, volumePath(host, volid));
  if (!existsSync(path)) throw new PveError(`volume '${volid}' does not exist`);
  return readFileSync(path, "utf8");
}

/** Everything on the drive; `cicustom` replaces parts of it. */
export function cloudInitFiles(host: Host, vmid: number, config: Section): CloudInitFiles {
  if ((config.values["citype"] ?? "nocloud") !== "nocloud")
    throw new PveError(`the lab does not simulate cloud-init drives of type '${config.values["citype"]}'`);
  const custom = parsePropertyString(cicustomFormat, config.values["cicustom"] ?? "", host.release);
  const own = (key: string) => (custom[key] === undefined ? undefined : snippet(host, String(custom[key])));
  const user = own("user") ?? userData(vmid, config);
  const network = own("network") ?? networkConfig(host, config);
  const id = createHash("sha1")
    .update(user + network)
    .digest("hex");
  return {
    "user-data": user,
    "network-config": network,
    "meta-data": own("meta") ?? `instance-id: ${id}\n`,
    "vendor-data": own("vendor") ?? "",
  };
}
