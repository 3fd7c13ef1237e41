/** Entries of virtual machines as rules and model read them: laid over vm_defaults, found by what names them. */
import { imageHolders } from "./images";
import { once } from "./once";
import type { PlacedDataset } from "./storage-map";

/** An entry with what vm_defaults says where it says nothing; the keys of cloud_init one by one. */
export function mergeVm<
  V extends { cloud_init?: object | undefined },
  D extends { cloud_init?: object | undefined },
>(defaults: D | undefined, entry: V): D & V {
  const cloudInit = { ...defaults?.cloud_init, ...entry.cloud_init };
  const merged = { ...defaults, ...entry } as D & V;
  return Object.keys(cloudInit).length > 0 ? { ...merged, cloud_init: cloudInit } : merged;
}

/** Storage that a downloaded image is kept on: named, else the files' own, else the one that Proxmox ships. */
export function imageStorage(named: string | undefined, datasets: readonly PlacedDataset[]): string {
  return named ?? imageHolders(datasets)[0] ?? "local";
}

/** Storage of the file that installs the guest agent. */
export function snippetsStorage(named: string | undefined, datasets: readonly PlacedDataset[]): string {
  return named ?? datasets.find(({ content }) => content.includes("snippets"))?.storageId ?? "local";
}

/** Finds the machine that a text means: by its name, or by the VMID of an entry that gives one; the first of several. */
export function vmNamed<V extends Named>(vms: readonly V[]): (text: string) => V | undefined {
  return (text) => byText(vms).get(text) as V | undefined;
}

interface Named {
  name?: string | undefined;
  vmid?: number | undefined;
}

const byText = once((vms: readonly Named[]) => {
  const found = new Map<string, Named>();
  const last = [...vms].reverse();
  for (const vm of last) if (vm.vmid !== undefined) found.set(String(vm.vmid), vm);
  for (const vm of last) if (vm.name !== undefined) found.set(vm.name, vm);
  return found;
});
