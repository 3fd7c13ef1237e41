/** /etc/pve/mapping/pci.cfg: names for PCI devices, and whether they still fit the node (PVE::Mapping::PCI). */
import { pciFunctions, type PciFunction } from "../../machine/pci/bus";
import { PveError } from "../errors";
import { readHost, writeHost } from "../paths";
import type { Host } from "../../types";

/**
 * The functions at an address such as 01:00, 01:00.0 or 0000:01:00.0; without a function all of the device's
 * (PVE::SysFSTools::lspci).
 */
export const functionsAt = (host: Host, address: string): PciFunction[] =>
  pciFunctions(host).filter(({ pci }) => pci.startsWith(address) || pci.startsWith(`0000:${address}`));

export interface PciMapping {
  id: string;
  description?: string;
  mdev?: string;
  /** One per device: node, path, id and so on. */
  map: Record<string, string>[];
}

const FILE = "/etc/pve/mapping/pci.cfg";

export const parseMap = (text: string): Record<string, string> =>
  Object.fromEntries(text.split(",").map((part) => part.split(/=(.*)/s).slice(0, 2) as [string, string]));

export const printMap = (map: Record<string, string>): string =>
  Object.keys(map)
    .sort()
    .map((key) => `${key}=${map[key]}`)
    .join(",");

/** A heading per name, and indented lines below it. */
export function pciMappings(host: Host): PciMapping[] {
  const found: PciMapping[] = [];
  for (const line of (readHost(host, FILE) ?? "").split("\n")) {
    const head = /^(\S+)\s*$/.exec(line)?.[1];
    const [, key, value = ""] = /^\s+(\S+)\s+(.*?)\s*$/.exec(line) ?? [];
    const last = found.at(-1);
    if (head !== undefined) found.push({ id: head, map: [] });
    else if (last !== undefined && key === "map") last.map.push(parseMap(value));
    else if (last !== undefined && (key === "description" || key === "mdev")) last[key] = value;
  }
  return found;
}

export function writePciMappings(host: Host, mappings: readonly PciMapping[]): void {
  const text = [...mappings]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, description, mdev, map }) =>
      [
        id,
        ...(description === undefined ? [] : [`\tdescription ${description}`]),
        ...map.map((one) => `\tmap ${printMap(one)}`),
        ...(mdev === undefined ? [] : [`\tmdev ${mdev}`]),
        "",
      ].join("\n"),
    )
    .join("\n");
  writeHost(host, FILE, text);
}

/** PVE::Mapping::PCI::assert_valid: throws where a device of a mapping is not what the mapping says. */
export function assertValid(host: Host, name: string, map: Record<string, string>, mdev = "0"): void {
  (map["path"] ?? "").split(";").forEach((path, index) => {
    const pci = /\.[0-9a-f]$/i.test(path) ? path : `${path}.0`;
    const info = pciFunctions(host).find((one) => one.pci === pci);
    if (info === undefined) throw new PveError(`pci device '${pci}' not found`);
    const { subsystem } = info;
    const found: Record<string, string | undefined> = {
      id: `${info.vendor}:${info.device}`,
      iommugroup: info.group < 0 ? undefined : String(info.group),
      mdev: "0",
      "subsystem-id": subsystem && `${subsystem.vendor}:${subsystem.device}`,
    };
    for (const [key, value] of Object.entries(found)) {
      const said = key === "mdev" ? mdev : map[key];
      if ((key === "iommugroup" && index > 0) || (value === undefined && said === undefined)) continue;
      if (said === undefined) throw new PveError(`missing expected property '${key}' for device '${pci}'`);
      if (value === undefined)
        throw new PveError(`unexpected property '${key}' configured for device '${pci}'`);
      const [is, was] = [value.replaceAll("0x", ""), said.replaceAll("0x", "")];
      if (is !== was) throw new PveError(`'${key}' does not match for '${name}' (${is} != ${was})`);
    }
  });
}
