/** Virtual machines, whose entries are laid over vm_defaults. */
import { checkStorage, readable, type Rule } from "./context";

/** A name of a template for containers: an archive, or `ubuntu-24.04-standard` as pveam lists them. */
const containerTemplate =
  /(vztmpl|\.tar\.(gz|xz|zst|bz2)$|^[a-z]+-[0-9][0-9.]*-(standard|default|cloud|turnkey)\b)/;

const needed = ["template", "cores", "memory_mb", "disk_size_gb", "storage_pool", "network_bridge"] as const;

/** Complete once the defaults are under them, on a storage for disks, from an image for virtual machines. */
export const vms: Rule = (context) => {
  const { hypervisor, hypervisorReport: report } = context;
  const defaults = hypervisor?.vm_defaults;
  const checkTemplate = (path: (string | number)[], template: string | undefined) => {
    if (template === undefined || !containerTemplate.test(template)) return;
    report.warning(
      path,
      "names a template for containers, and a virtual machine cannot start from one",
      "name a disk image such as a qcow2 cloud image",
      template,
    );
  };
  checkTemplate(["vm_defaults", "template"], defaults?.template);
  checkStorage(context, report, ["vm_defaults", "storage_pool"], defaults?.storage_pool, "images");
  for (const { item: vm, index } of readable(hypervisor?.vms)) {
    const path = ["vms", index];
    checkTemplate([...path, "template"], vm.template);
    checkStorage(context, report, [...path, "storage_pool"], vm.storage_pool, "images");
    const raw = { ...context.rawVmDefaults, ...context.rawVms[index] };
    const missing = needed.filter((key) => !(key in raw));
    if (missing.length > 0) {
      report.mistake(
        path,
        `has no ${missing.join(", ")}, and neither has vm_defaults`,
        "add what is missing to the entry or to vm_defaults",
      );
    }
  }
};
