/** Which running machine has which function: /run/qemu-server/pci-id-reservations, as Proxmox VE writes it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Host } from "../../types";

interface Reservation {
  pci: string;
  vmid: number;
  pid: number;
}

const file = (host: Host) => join(host.root, "run/qemu-server/pci-id-reservations");

function reservations(host: Host): Reservation[] {
  const text = existsSync(file(host)) ? readFileSync(file(host), "utf8") : "";
  return [...text.matchAll(/^(\S+) (\d+) pid:(\d+)$/gm)].map(([, pci = "", vmid, pid]) => ({
    ...{ pci, vmid: Number(vmid), pid: Number(pid) },
  }));
}

/** Replaces what a machine has; none when it has ended. */
export function reserve(host: Host, vmid: number, pid: number, functions: string[]): void {
  const others = reservations(host).filter((one) => one.vmid !== vmid);
  const all = [...others, ...functions.map((pci) => ({ pci, vmid, pid }))];
  mkdirSync(dirname(file(host)), { recursive: true });
  writeFileSync(file(host), all.map(({ pci, vmid: id, pid: of }) => `${pci} ${id} pid:${of}\n`).join(""));
}

/** The machine that runs with a function. */
export function reservedBy(host: Host, pci: string): number | undefined {
  return reservations(host).find((one) => one.pci === pci && existsSync(`/proc/${one.pid}`))?.vmid;
}
