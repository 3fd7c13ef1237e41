/** Which driver has which function of the bus: the `driver` links below /sys, and what a driver takes by itself. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Host } from "../../types";
import { folderOf, functionAt, pciFunctions, refuseWrites, type PciFunction } from "./bus";

/** Drivers of PCI devices by the module they come in, and what they take without being told; in the kernel's order. */
const drivers: { name: string; module?: string; takes: (one: PciFunction) => boolean }[] = [
  { name: "pcieport", takes: ({ class: kind }) => kind === "0x060400" },
  { name: "xhci_hcd", takes: ({ class: kind }) => kind === "0x0c0330" },
  { name: "snd_hda_intel", module: "snd_hda_intel", takes: ({ class: kind }) => kind === "0x040300" },
  { name: "nouveau", module: "nouveau", takes: isCard },
  { name: "nvidia", module: "nvidia", takes: isCard },
  { name: "vfio-pci", module: "vfio_pci", takes: () => false },
];

function isCard({ vendor, class: kind }: PciFunction): boolean {
  return vendor === "0x10de" && kind.startsWith("0x03");
}

const driverFolder = (host: Host, name: string, ...parts: string[]) =>
  join(host.root, "sys/bus/pci/drivers", name, ...parts);

/** The driver that has a function; undefined for none, or where there is no such function. */
export function driverOf(host: Host, pci: string): string | undefined {
  try {
    return readlinkSync(join(host.root, "sys/bus/pci/devices", pci, "driver"))
      .split("/")
      .at(-1);
  } catch {
    return undefined;
  }
}

const isThere = ({ name, module }: (typeof drivers)[number], host: Host) =>
  module === undefined || existsSync(driverFolder(host, name));

/** What `driver_override` of a function says; undefined for `(null)`. */
export function overrideOf(host: Host, one: PciFunction): string | undefined {
  const text = readFileSync(join(folderOf(host.root, one), "driver_override"), "utf8").trim();
  return text === "(null)" || text === "" ? undefined : text;
}

export function setOverride(host: Host, one: PciFunction, driver: string | undefined): void {
  writeFileSync(join(folderOf(host.root, one), "driver_override"), `${driver ?? "(null)"}\n`);
}

/** Ids that somebody wrote into a driver's new_id. */
const newIds = "pci-new-ids";

/** What the kernel does on `drivers_probe`: the first driver that fits gets a function that has none. */
export function probe(host: Host, one: PciFunction): string | undefined {
  const now = driverOf(host, one.pci);
  if (now !== undefined) return now;
  const wanted = overrideOf(host, one);
  const ids = host.store.get<string[]>(newIds, []);
  const found = drivers.find((driver) => {
    if (!isThere(driver, host)) return false;
    // vfio-pci takes none that is in no group.
    if (driver.name === "vfio-pci" && one.group < 0) return false;
    if (wanted !== undefined) return driver.name === wanted && (driver.takes(one) || wanted === "vfio-pci");
    return driver.takes(one) || (driver.name === "vfio-pci" && ids.includes(`${one.vendor} ${one.device}`));
  });
  if (found !== undefined) attach(host, one, found.name);
  return found?.name;
}

/** As a write of `VENDOR DEVICE` into vfio-pci's new_id: it is offered everything of that kind that is free. */
export function addNewId(host: Host, { vendor, device }: PciFunction): void {
  const id = `${vendor} ${device}`;
  host.store.set(newIds, [...new Set([...host.store.get<string[]>(newIds, []), id])]);
  for (const one of pciFunctions(host)) if (`${one.vendor} ${one.device}` === id) probe(host, one);
}

/** Binds a free function to a driver, whatever the driver takes by itself. */
export function attach(host: Host, one: PciFunction, driver: string): void {
  const up = "../".repeat(one.behind === undefined ? 3 : 4);
  mkdirSync(driverFolder(host, driver), { recursive: true });
  const link = join(folderOf(host.root, one), "driver");
  rmSync(link, { force: true });
  symlinkSync(`${up}bus/pci/drivers/${driver}`, link);
  const back = driverFolder(host, driver, one.pci);
  rmSync(back, { force: true });
  symlinkSync(`../../devices/${one.pci}`, back);
  if (driver === "nvidia") takeMinor(host, one.pci);
}

/** Takes a function from its driver at once. */
export function detach(host: Host, pci: string): void {
  const driver = driverOf(host, pci);
  if (driver === undefined) return;
  rmSync(join(host.root, "sys/bus/pci/devices", pci, "driver"), { force: true });
  rmSync(driverFolder(host, driver, pci), { force: true });
  if (driver === "nvidia") host.store.set(minors, without(nvidiaMinors(host), pci));
}

/** The driver of a module that has just been loaded; what it takes by itself is its own then. */
export function addDriver(host: Host, module: string): PciFunction[] {
  const driver = drivers.find((one) => one.module === module);
  if (driver === undefined) return [];
  mkdirSync(driverFolder(host, driver.name), { recursive: true });
  for (const file of ["bind", "unbind", "new_id", "remove_id"])
    refuseWrites(driverFolder(host, driver.name, file));
  if (module === "vfio_pci") host.store.set(newIds, []);
  return pciFunctions(host).filter(
    (one) => driverOf(host, one.pci) === undefined && probe(host, one) === driver.name,
  );
}

/** The driver of a module that goes. */
export function removeDriver(host: Host, module: string): void {
  const driver = drivers.find((one) => one.module === module);
  if (driver === undefined || !existsSync(driverFolder(host, driver.name))) return;
  for (const name of readdirSync(driverFolder(host, driver.name)))
    if (functionAt(host.machine, name) !== undefined) detach(host, name);
  rmSync(driverFolder(host, driver.name), { recursive: true, force: true });
}

/** As after power-on: no driver but those that are part of the kernel, no override. */
export function resetBus(host: Host): void {
  for (const { module } of drivers) if (module !== undefined) removeDriver(host, module);
  host.store.set(minors, {});
  for (const one of pciFunctions(host)) {
    // Links that were made by hand.
    const link = join(folderOf(host.root, one), "driver");
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) rmSync(link);
    setOverride(host, one, undefined);
    probe(host, one);
  }
}

const minors = "nvidia-minors";

/** Numbers of /dev/nvidiaN by address: a card keeps its own for as long as NVIDIA's driver has it. */
export const nvidiaMinors = (host: Host): Record<string, number> => host.store.get(minors, {});

function takeMinor(host: Host, pci: string): void {
  const taken = Object.values(nvidiaMinors(host));
  let minor = 0;
  while (taken.includes(minor)) minor += 1;
  host.store.set(minors, { ...nvidiaMinors(host), [pci]: minor });
}

const without = (all: Record<string, number>, pci: string): Record<string, number> =>
  Object.fromEntries(Object.entries(all).filter(([key]) => key !== pci));
