/**
 * The host's PCI bus: each graphics card with its audio function, behind a root port of its own, and IOMMU groups
 * as a board with ACS has them. Shown in /sys as the kernel does: a folder per function below /sys/devices, links
 * to it in /sys/bus/pci/devices and in its group.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host, Machine } from "../../types";

/** One function of a device, as its files below /sys say. */
export interface PciFunction {
  /** Full address, such as 0000:01:00.0. */
  pci: string;
  /** `0x` and six digits. */
  class: string;
  /** `0x` and four digits, as the next three. */
  vendor: string;
  device: string;
  subsystem?: { vendor: string; device: string };
  vendorName: string;
  name: string;
  /** Its IOMMU group; -1 while the IOMMU is off. */
  group: number;
  /** Address of the root port it is behind. */
  behind?: string;
}

/** Machines whose IOMMU is off, by order of a fault. */
export const withoutIommu = new WeakSet<Machine>();

/** Cards, by the address of their first function, whose IOMMU group has the board's USB controller too. */
const shared = new WeakMap<Machine, Set<string>>();

export function sharedGroups(machine: Machine): Set<string> {
  const found = shared.get(machine) ?? new Set();
  shared.set(machine, found);
  return found;
}

/** Of the board, so that it is there with or without cards. */
const usb = {
  ...{ pci: "0000:00:14.0", class: "0x0c0330", vendor: "0x8086", device: "0x7a60" },
  ...{ vendorName: "Intel Corporation", name: "Raptor Lake USB 3.2 Gen 2x2 (20 Gb/s) XHCI Host Controller" },
};

const nvidia = { vendor: "0x10de", vendorName: "NVIDIA Corporation" };

/** Everything on the bus, by address. */
export function functionsOf(machine: Machine): PciFunction[] {
  const off = withoutIommu.has(machine);
  const busOf = (pci: string) => pci.slice(5, 7);
  const groupOf = (pci: string) => (off ? -1 : 13 + parseInt(busOf(pci), 16));
  const cards = machine.gpus.flatMap(({ pci, model }): PciFunction[] => {
    const port = `0000:00:${busOf(pci)}.0`;
    const group = groupOf(pci);
    const card = { ...nvidia, group, behind: port };
    const subsystem = { vendor: "0x1043", device: "0x8a31" };
    return [
      {
        ...{ pci: port, class: "0x060400", vendor: "0x8086", device: "0xa70d", group },
        ...{ vendorName: "Intel Corporation", name: "Raptor Lake PCI Express 5.0 Graphics Port (PEG010)" },
      },
      { ...card, pci, class: "0x030000", device: "0x2d04", subsystem, name: model },
      {
        ...card,
        ...{ pci: pci.replace(/\.\d$/, ".1"), class: "0x040300", device: "0x22eb", subsystem },
        name: "NVIDIA audio device",
      },
    ];
  });
  const [neighbour] = sharedGroups(machine);
  const group = neighbour === undefined ? (off ? -1 : 5) : groupOf(neighbour);
  return [...cards, { ...usb, group }].sort((a, b) => (a.pci < b.pci ? -1 : 1));
}

export const functionAt = (machine: Machine, pci: string): PciFunction | undefined =>
  functionsOf(machine).find((one) => one.pci === pci);

/** Where the daemon sees what /sys shows of a function. */
export const folderOf = (root: string, { pci, behind }: Pick<PciFunction, "pci" | "behind">): string =>
  join(root, "sys/devices/pci0000:00", ...(behind === undefined ? [] : [behind]), pci);

const bus = (root: string, ...parts: string[]) => join(root, "sys/bus/pci", ...parts);

/** Brings /sys in line with what is on the bus: cards that are gone leave it, new ones have no driver yet. */
export function showBus(root: string, machine: Machine): void {
  const all = functionsOf(machine);
  mkdirSync(bus(root, "devices"), { recursive: true });
  mkdirSync(bus(root, "drivers"), { recursive: true });
  refuseWrites(bus(root, "drivers_probe"));
  for (const pci of readdirSync(bus(root, "devices"))) {
    if (all.some((one) => one.pci === pci)) continue;
    for (const driver of readdirSync(bus(root, "drivers")))
      rmSync(bus(root, "drivers", driver, pci), { force: true });
    rmSync(bus(root, "devices", pci), { force: true });
  }
  for (const one of all) showFunction(root, one);
  showGroups(root, all);
}

function showFunction(root: string, one: PciFunction): void {
  const folder = folderOf(root, one);
  const up = one.behind === undefined ? "" : `${one.behind}/`;
  const link = bus(root, "devices", one.pci);
  if (existsSync(link)) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files: Record<string, string | undefined> = {
    ...{ vendor: one.vendor, device: one.device, class: one.class, irq: "16", driver_override: "(null)" },
    ...{ subsystem_vendor: one.subsystem?.vendor, subsystem_device: one.subsystem?.device },
  };
  for (const [name, text] of Object.entries(files))
    if (text !== undefined) writeFileSync(join(folder, name), `${text}\n`);
  // A bridge has the bus behind it.
  if (one.class.startsWith("0x0604"))
    mkdirSync(join(folder, "pci_bus", `0000:${one.pci.slice(8, 10)}`), { recursive: true });
  symlinkSync(`../../../devices/pci0000:00/${up}${one.pci}`, link);
}

function showGroups(root: string, all: PciFunction[]): void {
  const groups = join(root, "sys/kernel/iommu_groups");
  rmSync(groups, { recursive: true, force: true });
  mkdirSync(groups, { recursive: true });
  const units = join(root, "sys/class/iommu");
  rmSync(units, { recursive: true, force: true });
  mkdirSync(units, { recursive: true });
  for (const one of all) {
    const link = join(folderOf(root, one), "iommu_group");
    rmSync(link, { force: true });
    if (one.group < 0) continue;
    mkdirSync(join(units, "dmar0"), { recursive: true });
    const devices = join(groups, String(one.group), "devices");
    mkdirSync(devices, { recursive: true });
    symlinkSync(`../../../../bus/pci/devices/${one.pci}`, join(devices, one.pci));
    const up = "../".repeat(one.behind === undefined ? 3 : 4);
    symlinkSync(`${up}kernel/iommu_groups/${one.group}`, link);
  }
}

/** Files of the kernel that act when they are written: here they do not take a write, and say why. */
export function refuseWrites(path: string): void {
  rmSync(path, { force: true });
  symlinkSync("/the-lab-does-not-simulate-this-write/use-driverctl", path);
}

/** Functions of a host, by address. */
export const pciFunctions = (host: Host): PciFunction[] => functionsOf(host.machine);
