/** The network of a machine's system: what cloud-init's drive says at its start, or what an earlier start left. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parse, stringify } from "yaml";
import { inRoot } from "../../../machine/confined";
import { lease } from "../../../machine/network/leases";
import type { GuestFile } from "../../config/guest-file";
import type { Host } from "../../../types";
import { parseNet } from "../config";
import { makeFolder } from "../../../machine/files";

/** Where cloud-init writes it for netplan. */
const NETPLAN = "/etc/netplan/50-cloud-init.yaml";

/** One card as the guest's system sets it up. */
export interface Card {
  name: string;
  mac: string;
  dhcp: boolean;
  /** With its prefix. */
  address?: string;
  gateway?: string;
}

export interface Network {
  cards: Card[];
  servers: string[];
  search: string[];
}

type Tree = Record<string, unknown>;
const tree = (value: unknown): Tree => (typeof value === "object" && value !== null ? (value as Tree) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const strings = (value: unknown): string[] => list(value).map(String);

const bitsOf = (mask: string): number =>
  /^\d+$/.test(mask)
    ? Number(mask)
    : mask.split(".").reduce((sum, part) => sum + Number(part).toString(2).replace(/0/g, "").length, 0);

function card(name: string, mac: string, dhcp: boolean, address?: string, gateway?: string): Card {
  return {
    name,
    mac: mac.toLowerCase(),
    dhcp,
    ...(address !== undefined && { address }),
    ...(gateway !== undefined && { gateway }),
  };
}

function version1(config: Tree): Network {
  const found: Network = { cards: [], servers: [], search: [] };
  for (const entry of list(config["config"]).map(tree)) {
    if (entry["type"] === "nameserver") {
      found.servers.push(...strings(entry["address"]));
      found.search.push(...strings(entry["search"]));
    }
    if (entry["type"] !== "physical") continue;
    const subnets = list(entry["subnets"]).map(tree);
    const fixed = subnets.find((one) => one["type"] === "static");
    const address = text(fixed?.["address"]);
    const mask = text(fixed?.["netmask"]) === undefined ? "" : `/${bitsOf(text(fixed?.["netmask"]) ?? "")}`;
    const whole = address === undefined || address.includes("/") ? address : `${address}${mask}`;
    const dhcp = subnets.some((one) => /^dhcp4?$/.test(String(one["type"])));
    found.cards.push(
      card(String(entry["name"]), String(entry["mac_address"]), dhcp, whole, text(fixed?.["gateway"])),
    );
  }
  return found;
}

function version2(config: Tree): Network {
  const found: Network = { cards: [], servers: [], search: [] };
  for (const [key, value] of Object.entries(tree(config["ethernets"]))) {
    const entry = tree(value);
    const name = text(entry["set-name"]) ?? key;
    const route = list(entry["routes"])
      .map(tree)
      .find((one) => one["to"] === "default" || one["to"] === "0.0.0.0/0");
    const gateway = text(entry["gateway4"]) ?? text(route?.["via"]);
    const mac = text(tree(entry["match"])["macaddress"]) ?? "";
    const address = strings(entry["addresses"]).find((one) => !one.includes(":"));
    found.cards.push(card(name, mac, entry["dhcp4"] === true, address, gateway));
    const servers = tree(entry["nameservers"]);
    found.servers.push(...strings(servers["addresses"]));
    found.search.push(...strings(servers["search"]));
  }
  return found;
}

/** What a network configuration of version 1 or 2 says. */
export function readNetwork(source: string): Network {
  const whole = tree(parse(source, { version: "1.1" }));
  const config = whole["network"] === undefined ? whole : tree(whole["network"]);
  return config["version"] === 2 ? version2(config) : version1(config);
}

/** Netplan's file, as cloud-init renders it. */
function netplan({ cards, servers, search }: Network): string {
  const ethernets = Object.fromEntries(
    cards.map(({ name, mac, dhcp, address, gateway }) => [
      name,
      {
        match: { macaddress: mac },
        ...(address !== undefined && { addresses: [address] }),
        ...(dhcp && { dhcp4: true }),
        nameservers: { addresses: servers, search },
        ...(gateway !== undefined && { routes: [{ to: "default", via: gateway }] }),
        "set-name": name,
      },
    ]),
  );
  return stringify({ network: { version: 2, ethernets } });
}

/** Writes a file below the root of a system that does not run. */
export function writeBelow(root: string, path: string, content: string, mode = 0o644): void {
  const target = inRoot(root, path);
  makeFolder(dirname(target));
  writeFileSync(target, content, { mode });
}

/** The system's network at its start: written anew from cloud-init's drive, else as it was left. */
export function settleNetwork(root: string, fromDrive: string | undefined): Network {
  if (fromDrive !== undefined) {
    const network = readNetwork(fromDrive);
    writeBelow(root, NETPLAN, netplan(network), 0o600);
    const lines = [
      ...network.servers.map((server) => `nameserver ${server}\n`),
      ...(network.search.length > 0 ? [`search ${network.search.join(" ")}\n`] : []),
    ];
    writeBelow(root, "/etc/resolv.conf", lines.join(""));
    return network;
  }
  const path = inRoot(root, NETPLAN);
  return existsSync(path) ? readNetwork(readFileSync(path, "utf8")) : { cards: [], servers: [], search: [] };
}

/** The machine's cards, as lines of a container's configuration. */
export function netLines(host: Host, config: GuestFile, { cards }: Network): Record<string, string> {
  const lines: Record<string, string> = {};
  const keys = Object.keys(config.values).filter((key) => /^net\d+$/.test(key));
  keys.sort((a, b) => Number(a.slice(3)) - Number(b.slice(3)));
  for (const [index, key] of keys.entries()) {
    const { mac = "", values } = parseNet(host, config.values[key] ?? "");
    const set = cards.find((one) => one.mac === mac.toLowerCase() || one.mac === "");
    // What nobody sets up keeps the name that the kernel and udev give it.
    const name = set?.name ?? `ens${18 + index}`;
    const bridge = String(values["bridge"] ?? "");
    const given = set?.dhcp === true ? lease(host, bridge, mac.toLowerCase()) : undefined;
    const address = set?.address ?? given?.address;
    const gateway = set?.gateway ?? given?.gateway;
    lines[key] = [
      `name=${name}`,
      ...(bridge === "" ? [] : [`bridge=${bridge}`]),
      `hwaddr=${mac}`,
      ...(address === undefined ? [] : [`ip=${address}`]),
      ...(gateway === undefined ? [] : [`gw=${gateway}`]),
    ].join(",");
  }
  return lines;
}
