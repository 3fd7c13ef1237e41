/** PCI devices of the node in virtual machines: by address, or by a mapping of the cluster. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { findModule, load, ModuleError } from "../../machine/commands/nvidia/modules";
import { runningKernel } from "../../machine/kernel/running";
import { driverOf } from "../../machine/pci/binding";
import { pciFunctions, type PciFunction } from "../../machine/pci/bus";
import { bindToVfio } from "../../machine/pci/rebind";
import type { GuestFile } from "../config/guest-file";
import { PveError } from "../errors";
import { list } from "../guest/config";
import { isRunning } from "../guest/state";
import { parsePropertyString } from "../schema/value";
import type { Host } from "../../types";
import { loadVm } from "./config";
import { assertValid, functionsAt, pciMappings } from "./mapping";
import { hostpciFormat } from "./formats";

/** One hostpciN: what it stands for, and whether its driver is left as it is. */
export interface Passed {
  key: string;
  functions: PciFunction[];
  keep: boolean;
}

/** What a configuration passes through; throws for a device that the node does not have. */
export function passedThrough(host: Host, config: GuestFile): Passed[] {
  return Object.keys(config.values)
    .filter((key) => /^hostpci\d+$/.test(key))
    .sort()
    .map((key) => {
      const values = parsePropertyString(hostpciFormat, config.values[key] ?? "", host.release);
      const { host: raw, mapping } = values;
      if (raw !== undefined && mapping !== undefined)
        throw new PveError("Cannot set both 'host' and 'mapping'.");
      if (values["mdev"] !== undefined)
        throw new PveError("the lab does not simulate mediated devices (mdev)");
      if (values["pcie"] === 1 && !/q35/.test(config.values["machine"] ?? ""))
        throw new PveError("q35 machine model is not enabled");
      if (mapping === undefined && raw === undefined)
        throw new PveError("Either 'host' or 'mapping' must be set.");
      const ids = mapping === undefined ? String(raw) : mappedDevice(host, String(mapping));
      const functions = ids.split(";").flatMap((id) => {
        const found = functionsAt(host, id);
        if (found.length === 0) throw new PveError(`no PCI device found for '${id}'`);
        return found;
      });
      return { key, functions, keep: values["driver"] === "keep" };
    });
}

/** Paths of the first of a mapping's devices that the node has; the lab does not choose among several. */
function mappedDevice(host: Host, id: string): string {
  const mapping = pciMappings(host).find((one) => one.id === id);
  const devices = (mapping?.map ?? []).filter((one) => one["node"] === host.node);
  const [first] = devices;
  if (first === undefined) throw new PveError(`PCI device mapping not found for '${id}'`);
  if (devices.length > 1)
    throw new PveError(`the lab does not simulate the choice among the devices of mapping '${id}'`);
  try {
    assertValid(host, id, first, mapping?.mdev);
  } catch (error) {
    throw new PveError(`PCI device mapping invalid (hardware probably changed): ${(error as Error).message}`);
  }
  return first["path"] ?? "";
}

/** Throws for a device that is not there, or that another running machine has. */
function checkPassthrough(host: Host, vmid: number, passed: Passed[]): void {
  const wanted = passed.flatMap(({ functions }) => functions.map(({ pci }) => pci));
  const twice = wanted.find((device, index) => wanted.indexOf(device) !== index);
  if (twice !== undefined) throw new PveError(`device '${twice}' assigned more than once`);
  if (wanted.length === 0) return;
  for (const other of list(host, "qemu").filter((id) => id !== vmid && isRunning(host, id))) {
    const theirs = passedThrough(host, loadVm(host, other)).flatMap(({ functions }) => functions);
    const taken = theirs.find(({ pci }) => wanted.includes(pci));
    if (taken !== undefined)
      throw new PveError(`PCI device '${taken.pci}' already in use by VMID '${other}'`);
  }
}

/**
 * What a start does before QEMU's: each device with all of its IOMMU group is bound to vfio-pci
 * (PVE::QemuServer::PCI::prepare_pci_device, PVE::SysFSTools::pci_dev_group_bind_to_vfio).
 */
export async function preparePassthrough(host: Host, vmid: number, config: GuestFile): Promise<Passed[]> {
  const passed = passedThrough(host, config);
  checkPassthrough(host, vmid, passed);
  for (const { functions, keep } of passed) {
    for (const one of functions) {
      if (readdirSync(join(host.root, "sys/class/iommu")).length === 0)
        throw new PveError("cannot prepare PCI pass-through, IOMMU not present");
      if (!keep) await bindGroup(host, one);
    }
  }
  return passed;
}

async function bindGroup(host: Host, one: PciFunction): Promise<void> {
  const module = findModule(host, runningKernel(host), "vfio_pci");
  try {
    if (module !== undefined) await load(host, module);
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
  }
  if (!readdirSync(join(host.root, "sys/bus/pci/drivers")).includes("vfio-pci"))
    throw new PveError("Cannot find vfio-pci module!");
  if (one.group < 0) throw new PveError("Cannot open iommu_group: No such file or directory");
  for (const member of pciFunctions(host).filter(({ group }) => group === one.group)) {
    // A bridge has a bus behind it and is left alone.
    if (member.class.startsWith("0x0604")) continue;
    if (!(await bindToVfio(host, member))) throw new PveError(`Cannot bind ${member.pci} to vfio`);
  }
}

/**
 * QEMU's look at the groups of its devices: everything in them belongs to vfio or to nobody. Its message names the
 * device; throws what Proxmox VE makes of it.
 */
export function checkViable(host: Host, passed: Passed[], say: (line: string) => void): void {
  for (const { key, functions } of passed) {
    functions.forEach(({ pci, group }, index) => {
      const viable = pciFunctions(host)
        .filter((one) => one.group === group)
        .every((one) => ["vfio-pci", "pcieport", undefined].includes(driverOf(host, one.pci)));
      if (viable) return;
      const id = functions.length > 1 ? `${key}.${index}` : key;
      say(`kvm: -device vfio-pci,host=${pci},id=${id}: vfio ${pci}: group ${group} is not viable`);
      say("Please ensure all devices within the iommu_group are bound to their vfio bus driver.");
      throw new PveError("start failed: QEMU exited with code 1");
    });
  }
}
