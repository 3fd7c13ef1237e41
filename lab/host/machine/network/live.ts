/** The interfaces of the host as the kernel has them: in memory, made by ifupdown2 and ip. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../../types";
import { networkChanged } from "./changes";
import { readInterfaces } from "./interfacesFile";

export interface Link {
  name: string;
  kind: "loopback" | "nic" | "bridge";
  up: boolean;
  /** With their prefix length. */
  addresses: string[];
  /** Default route by way of this interface. */
  gateway?: string;
  mac: string;
  /** Bridge that it is a port of. */
  master?: string;
  mtu: number;
}

const all = new WeakMap<Host, Map<string, Link>>();

/** Links by name; those of the hardware are there from the start. */
export function links(host: Host): Map<string, Link> {
  let found = all.get(host);
  if (found === undefined) {
    found = new Map();
    found.set("lo", {
      name: "lo",
      kind: "loopback",
      up: true,
      addresses: ["127.0.0.1/8"],
      mac: "00:00:00:00:00:00",
      mtu: 65_536,
    });
    for (const index of host.machine.bridges.keys()) {
      const name = `nic${index}`;
      found.set(name, {
        name,
        kind: "nic",
        up: false,
        addresses: [],
        mac: `bc:24:11:00:00:${(16 + index).toString(16)}`,
        mtu: 1500,
      });
    }
    all.set(host, found);
  }
  return found;
}

/** The host has lost power. */
export const forgetLinks = (host: Host): boolean => all.delete(host);

/** Shows the links below /sys/class/net, and tells who listens. */
export function changed(host: Host): void {
  const folder = join(host.root, "sys/class/net");
  rmSync(folder, { recursive: true, force: true });
  for (const link of links(host).values()) {
    const own = join(folder, link.name);
    mkdirSync(own, { recursive: true });
    writeFileSync(
      join(own, "operstate"),
      `${link.kind === "loopback" ? "unknown" : link.up ? "up" : "down"}\n`,
    );
    writeFileSync(join(own, "address"), `${link.mac}\n`);
    writeFileSync(join(own, "mtu"), `${link.mtu}\n`);
    if (link.kind === "bridge") {
      mkdirSync(join(own, "bridge"));
      mkdirSync(join(own, "brif"));
      for (const port of links(host).values())
        if (port.master === link.name) mkdirSync(join(own, "brif", port.name));
    }
  }
  networkChanged(host);
}

/**
 * Brings interfaces to what the files say.
 *
 * @param names only these; all that are `auto` by default
 * @param options `down` takes what is no longer in the files away, as ifreload does
 * @returns warnings and errors; nothing is changed when the files have errors
 */
export function apply(
  host: Host,
  names?: string[],
  options: { down?: boolean } = {},
): { errors: string[]; warnings: string[] } {
  const files = readInterfaces(host.root);
  if (files.errors.length > 0) return { errors: files.errors, warnings: [] };
  const live = links(host);
  const warnings: string[] = [];
  if (options.down === true) {
    for (const [name, link] of live) {
      if (link.kind === "loopback" || files.stanzas.has(name)) continue;
      if (link.kind === "bridge") live.delete(name);
      else Object.assign(link, { up: false, addresses: [] });
    }
  }
  for (const stanza of files.stanzas.values()) {
    const { name } = stanza;
    if (name === "lo" || (names === undefined ? !files.auto.has(name) : !names.includes(name))) continue;
    if (!live.has(name) && !stanza.bridge) {
      warnings.push(`warning: ${name}: interface not recognized - please check interface configuration`);
      continue;
    }
    const before = live.get(name);
    const link: Link = before ?? {
      name,
      kind: "bridge",
      up: true,
      addresses: [],
      mac: `bc:24:11:00:01:${(16 + live.size).toString(16)}`,
      mtu: 1500,
    };
    link.up = true;
    link.addresses = [...stanza.addresses];
    delete link.gateway;
    if (stanza.gateway !== undefined) link.gateway = stanza.gateway;
    live.set(name, link);
    for (const other of live.values())
      if (other.master === name && !stanza.ports.includes(other.name)) delete other.master;
    for (const port of stanza.ports) {
      const nic = live.get(port);
      if (nic === undefined) warnings.push(`warning: ${name}: bridge port ${port} does not exist`);
      else Object.assign(nic, { up: true, master: name });
    }
  }
  changed(host);
  return { errors: [], warnings };
}

/** Takes interfaces down. @returns errors */
export function takeDown(host: Host, names: string[]): string[] {
  const live = links(host);
  const unknown = names.filter((name) => !live.has(name));
  if (unknown.length > 0)
    return unknown.map((name) => `error: main exception: cannot find interfaces: ${name}`);
  for (const name of names) {
    const link = live.get(name);
    if (link?.kind === "bridge") {
      live.delete(name);
      for (const port of live.values()) if (port.master === name) delete port.master;
    } else if (link !== undefined) {
      Object.assign(link, { up: false, addresses: [] });
      delete link.gateway;
    }
  }
  changed(host);
  return [];
}
