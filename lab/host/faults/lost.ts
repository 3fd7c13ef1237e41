/** Hardware that has gone or is another: what asks for a machine's disks or cards asks here too. */
import { existsSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Mistake } from "../machine/mistake";
import { blockMajor } from "../machine/disks";
import { showDriver } from "../machine/commands/nvidia/devices";
import { detach, probe } from "../machine/pci/binding";
import { pciFunctions, sharedGroups, showBus, withoutIommu } from "../machine/pci/bus";
import { mknod } from "../machine/rootfs/nodes";
import { LabZfs } from "../machine/zfs/zfs";
import type { Gpu, Host } from "../types";
import type { Effect } from "./book";
import type { Fault } from "./types";
import { isLost, lostDisks } from "./lostDisks";

/** A disk: its nodes and names leave /dev, its pool tells. */
export function loseDisk(host: Host): Effect {
  return {
    begin: async (fault) => {
      const disk = host.machine.disks.find(({ device }) => device === deviceOf(fault));
      if (disk === undefined) {
        const names = host.machine.disks.map(({ device }) => device).join(", ");
        throw new Mistake(`the machine has no disk ${deviceOf(fault)}; it has ${names}`);
      }
      if (isLost(host.machine, disk.device)) throw new Mistake(`disk ${disk.device} is lost already`);
      lostDisks(host.machine).add(disk.device);
      for (const name of names(join(host.root, "dev"), disk.device)) rmSync(join(host.root, "dev", name));
      const byId = join(host.root, "dev/disk/by-id");
      for (const id of disk.byId) for (const name of names(byId, id)) rmSync(join(byId, name));
    },
    end: async (fault) => {
      const device = deviceOf(fault);
      lostDisks(host.machine).delete(device);
      const index = host.machine.disks.findIndex((disk) => disk.device === device);
      mknod(join(host.root, "dev", device), "b", blockMajor, index * 16);
      for (const id of host.machine.disks[index]?.byId ?? [])
        symlinkSync(`../../${device}`, join(host.root, "dev/disk/by-id", id));
      if (host.zfs instanceof LabZfs) host.zfs.pools.disks.showPartitions();
    },
  };
}

const deviceOf = (fault: Fault): string => (fault.kind === "disk" ? fault.device : "");

/** A name in a folder, and those of its partitions. */
function names(folder: string, name: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter(
    (one) => one === name || (/^(-part|p)?\d+$/.test(one.slice(name.length)) && one.startsWith(name)),
  );
}

/** A graphics card: it leaves the bus, and with it nvidia-smi's list. */
export function loseGpu(host: Host): Effect {
  const gone = new Map<string, { gpu: Gpu; index: number }>();
  return {
    begin: async (fault) => {
      if (fault.kind !== "gpu") return;
      const gpus = host.machine.gpus;
      const index = gpus.findIndex(({ pci }) => pci === fault.pci);
      const found = gpus[index];
      if (found === undefined) throw noCard(host, fault.pci);
      for (const { pci } of pciFunctions(host))
        if (pci.startsWith(found.pci.replace(/\d$/, ""))) detach(host, pci);
      gpus.splice(index, 1);
      gone.set(fault.pci, { gpu: found, index });
      showBus(host.root, host.machine);
      showDriver(host);
    },
    end: async (fault) => {
      const back = fault.kind === "gpu" ? gone.get(fault.pci) : undefined;
      if (back === undefined) return;
      host.machine.gpus.splice(back.index, 0, back.gpu);
      gone.delete(back.gpu.pci);
      showBus(host.root, host.machine);
      for (const one of pciFunctions(host)) probe(host, one);
      showDriver(host);
    },
  };
}

function noCard(host: Host, pci: string): Mistake {
  const all = host.machine.gpus.map((gpu) => gpu.pci).join(", ");
  return new Mistake(`the machine has no graphics card ${pci}; it has ${all === "" ? "none" : all}`);
}

/** The IOMMU is off, as without VT-d in the firmware: no device is in a group. */
export function switchIommuOff(host: Host): Effect {
  const show = async (off: boolean) => {
    if (off) withoutIommu.add(host.machine);
    else withoutIommu.delete(host.machine);
    showBus(host.root, host.machine);
  };
  return { begin: () => show(true), end: () => show(false) };
}

/** A board without ACS: a card's IOMMU group has the board's USB controller too. */
export function shareGroup(host: Host): Effect {
  const show = (pci: string, on: boolean) => {
    if (on && !host.machine.gpus.some((gpu) => gpu.pci === pci)) throw noCard(host, pci);
    const groups = sharedGroups(host.machine);
    if (on) groups.add(pci);
    else groups.delete(pci);
    showBus(host.root, host.machine);
  };
  const pciOf = (fault: Fault) => (fault.kind === "group" ? fault.pci : "");
  return {
    begin: async (fault) => show(pciOf(fault), true),
    end: async (fault) => show(pciOf(fault), false),
  };
}
