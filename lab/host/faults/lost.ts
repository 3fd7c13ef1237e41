/** Hardware that has gone: what asks for a machine's disks or cards asks here too. */
import { existsSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Mistake } from "../machine/mistake";
import { blockMajor } from "../machine/disks";
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
  const onBus = (pci: string) => join(host.root, "sys/bus/pci/devices", pci);
  return {
    begin: async (fault) => {
      if (fault.kind !== "gpu") return;
      const gpus = host.machine.gpus;
      const index = gpus.findIndex(({ pci }) => pci === fault.pci);
      const [gpu] = index < 0 ? [] : gpus.splice(index, 1);
      if (gpu === undefined) {
        const all = gpus.map(({ pci }) => pci).join(", ");
        throw new Mistake(
          `the machine has no graphics card ${fault.pci}; it has ${all === "" ? "none" : all}`,
        );
      }
      gone.set(fault.pci, { gpu, index });
      if (existsSync(onBus(fault.pci)))
        renameSync(onBus(fault.pci), join(host.root, "sys", `lost-${fault.pci}`));
    },
    end: async (fault) => {
      const back = fault.kind === "gpu" ? gone.get(fault.pci) : undefined;
      if (back === undefined) return;
      host.machine.gpus.splice(back.index, 0, back.gpu);
      gone.delete(back.gpu.pci);
      const kept = join(host.root, "sys", `lost-${back.gpu.pci}`);
      if (existsSync(kept)) renameSync(kept, onBus(back.gpu.pci));
    },
  };
}
