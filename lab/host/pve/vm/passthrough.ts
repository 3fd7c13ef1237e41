/** PCI devices of the node in virtual machines: by address, or by a mapping of the cluster. */
import type { GuestFile } from "../config/guest-file";
import { PveError } from "../errors";
import { list } from "../guest/config";
import { isRunning } from "../guest/state";
import { parsePropertyString } from "../schema/property-string";
import type { Host } from "../../types";
import { loadVm } from "./config";
import { deviceOf, pciMappings } from "./mapping";
import { hostpciFormat } from "./options";

/** Full addresses of the devices of a configuration; throws for one that the node does not have. */
export function devicesOf(host: Host, config: GuestFile): string[] {
  return Object.keys(config.values)
    .filter((key) => /^hostpci\d+$/.test(key))
    .sort()
    .flatMap((key) => {
      const values = parsePropertyString(hostpciFormat, config.values[key] ?? "", host.release);
      const { host: raw, mapping } = values;
      if (raw !== undefined && mapping !== undefined)
        throw new PveError("Cannot set both 'host' and 'mapping'.");
      if (values["mdev"] !== undefined)
        throw new PveError("the lab does not simulate mediated devices (mdev)");
      if (values["pcie"] === 1 && !/q35/.test(config.values["machine"] ?? ""))
        throw new PveError("q35 machine model is not enabled");
      if (mapping !== undefined) return [mappedDevice(host, String(mapping))];
      if (raw === undefined) throw new PveError("Either 'host' or 'mapping' must be set.");
      return String(raw)
        .split(";")
        .map((id) => {
          const device = deviceOf(host, id);
          if (device === undefined) throw new PveError(`no PCI device found for '${id}'`);
          return device.pci;
        });
    });
}

function mappedDevice(host: Host, id: string): string {
  const devices = (pciMappings(host).find((one) => one.id === id)?.map ?? []).filter(
    (one) => one["node"] === host.node,
  );
  const [first] = devices;
  if (first === undefined) throw new PveError(`PCI device mapping not found for '${id}'`);
  const path = String(first["path"]);
  const device = deviceOf(host, path);
  const changed = "PCI device mapping invalid (hardware probably changed): ";
  if (device === undefined) throw new PveError(`${changed}pci device '${path}' not found`);
  if (first["id"] !== device.id)
    throw new PveError(`${changed}'id' does not match for '${id}' (${first["id"]} != ${device.id})`);
  return device.pci;
}

/** Throws for a device that is not there, or that another running machine has. */
export function checkPassthrough(host: Host, vmid: number, config: GuestFile): void {
  const wanted = devicesOf(host, config);
  const twice = wanted.find((device, index) => wanted.indexOf(device) !== index);
  if (twice !== undefined) throw new PveError(`device '${twice}' assigned more than once`);
  if (wanted.length === 0) return;
  for (const other of list(host, "qemu").filter((id) => id !== vmid && isRunning(host, id))) {
    const taken = devicesOf(host, loadVm(host, other)).find((device) => wanted.includes(device));
    if (taken !== undefined) throw new PveError(`PCI device '${taken}' already in use by VMID '${other}'`);
  }
}
