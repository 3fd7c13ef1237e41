/** /etc/pve/mapping/pci.cfg: names for PCI devices, and the devices of the node (PVE::Mapping::PCI). */
import { readHost, writeHost } from "../paths";
import type { Host } from "../../types";

/** A GPU's functions as `lspci -n` shows them; the lab's machines have nothing else to pass through. */
const FUNCTIONS: Record<string, { id: string; class: string }> = {
  "0": { id: "10de:2d04", class: "0x030000" },
  "1": { id: "10de:22eb", class: "0x040300" },
};

export interface PciDevice {
  /** `0000:01:00.0`; the whole card where no function was named. */
  pci: string;
  /** Vendor and device of its first function. */
  id: string;
  class: string;
  name: string;
  iommugroup: number;
}

/** The device at an address such as 01:00, 01:00.0 or 0000:01:00.0; undefined when the node has none. */
export function deviceOf(host: Host, address: string): PciDevice | undefined {
  const full = /^[0-9a-f]{4}:/i.test(address) ? address : `0000:${address}`;
  const index = host.machine.gpus.findIndex(
    ({ pci }) => pci.replace(/\.\d$/, "") === full.replace(/\.\d$/, ""),
  );
  const gpu = host.machine.gpus[index];
  const kind = FUNCTIONS[/\.(\d)$/.exec(full)?.[1] ?? "0"];
  if (gpu === undefined || kind === undefined) return undefined;
  return { pci: full, ...kind, name: gpu.model, iommugroup: 14 + index };
}

/** Every function of every device that can be passed through. */
export const pciDevices = (host: Host): PciDevice[] =>
  host.machine.gpus.flatMap(({ pci }) =>
    Object.keys(FUNCTIONS).flatMap((part) => {
      const device = deviceOf(host, pci.replace(/\.\d$/, `.${part}`));
      return device === undefined ? [] : [device];
    }),
  );

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
