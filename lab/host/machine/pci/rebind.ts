/** Functions that change their driver while the host runs. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "../../types";
import { cardInUse } from "../commands/nvidia/inUse";
import { showDriver } from "../commands/nvidia/devices";
import { addNewId, attach, detach, driverOf, probe } from "./binding";
import type { PciFunction } from "./bus";
import { reservedBy } from "./reservations";

/**
 * As a write to `driver/unbind`, which returns once the driver has let go: NVIDIA's waits while anything uses the card
 * (nv_pci_remove_helper: "with non-zero usage count"), vfio-pci while a machine runs with it.
 */
export async function unbind(host: Host, pci: string): Promise<void> {
  while (held(host, pci)) await sleep(50, undefined, { ref: false });
  detach(host, pci);
  showDriver(host);
}

function held(host: Host, pci: string): boolean {
  const driver = driverOf(host, pci);
  if (driver === "nvidia") return cardInUse(host, pci);
  return driver === "vfio-pci" && reservedBy(host, pci) !== undefined;
}

/** As a write to `drivers_probe`; answers the driver that has the function then. */
export function offer(host: Host, one: PciFunction): string | undefined {
  const driver = probe(host, one);
  showDriver(host);
  return driver;
}

/** What Proxmox VE does to a function before a machine starts (PVE::SysFSTools::pci_dev_bind_to_vfio). */
export async function bindToVfio(host: Host, one: PciFunction): Promise<boolean> {
  if (driverOf(host, one.pci) === "vfio-pci") return true;
  addNewId(host, one);
  await unbind(host, one.pci);
  if (one.group < 0) return false;
  if (driverOf(host, one.pci) === undefined) attach(host, one, "vfio-pci");
  return true;
}
