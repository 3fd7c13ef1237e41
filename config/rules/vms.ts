/** Virtual machines, whose entries are laid over vm_defaults. */
import type { Draft } from "../check";
import { firstBy } from "../first-by";
import { once } from "../once";
import { neededOfVm, type VmConfig } from "../vm-schema";
import { datasetOf, isShipped } from "../storage-map";
import { mergeVm, snippetsStorage } from "../vm-entries";
import { checkStorage, type Context, readable, type Rule } from "./context";
import { checkImage, checkIso } from "./images";
import { cdDrive } from "../vm-iso";
import { checkParts, type Machine } from "./vm-parts";

function machines({ hypervisor, rawVms, rawVmDefaults }: Context): Machine[] {
  return readable(hypervisor?.vms).map(({ item: own, index }) => ({
    path: ["vms", index],
    own,
    merged: mergeVm(hypervisor?.vm_defaults, own),
    raw: { ...rawVmDefaults, ...rawVms[index] },
  }));
}

/** Complete once the defaults are under them, from an image or a template machine, on storages for them. */
export const vms: Rule = (context) => {
  const { hypervisor, hypervisorReport: report } = context;
  const defaults = hypervisor?.vm_defaults;
  checkImage(context, ["vm_defaults", "template"], defaults?.template, defaults);
  checkStorage(context, report, ["vm_defaults", "storage_pool"], defaults?.storage_pool, "images");
  for (const machine of machines(context)) {
    const { path, own, raw } = machine;
    checkImage(context, [...path, "template"], own.template, machine.merged);
    checkStorage(context, report, [...path, "storage_pool"], own.storage_pool, "images");
    const needed = "clone_from" in raw ? neededOfVm : (["template", ...neededOfVm, "disk_size_gb"] as const);
    const order = ["template", "cores", "memory_mb", "disk_size_gb", "storage_pool", "network_bridge"];
    const missing = order.filter((key) => needed.some((one) => one === key) && !(key in raw));
    if (missing.length > 0) {
      report.mistake(
        path,
        `has no ${missing.join(", ")}, and neither has vm_defaults`,
        "add what is missing to the entry or to vm_defaults",
      );
    }
    checkIso(context, path, own);
    checkParts(context, machine);
    checkOwn(context, machine);
    checkClone(context, machine);
    checkPlaces(context, machine);
  }
};

/** What the keys of one entry demand of one another. */
function checkOwn({ hypervisorReport: report, datasets }: Context, { path, own, merged }: Machine): void {
  const { agent, is_template: template, machine, cloud_init: cloudInit } = merged;
  const inside = (["features", "post_create_scripts", "nfs_volumes"] as const).filter(
    (key) => (merged[key] ?? []).length > 0,
  );
  const wanting = [
    ...inside,
    ...(merged.health_check ? ["health_check"] : []),
    ...(template ? ["is_template"] : []),
  ];
  if (agent === false && wanting.length > 0) {
    report.mistake(
      [...path, "agent"],
      `is off, and ${wanting.join(", ")} need the guest agent`,
      "leave agent on, or remove them",
      agent,
    );
  }
  if (template && merged.state === "stopped") {
    report.mistake(
      [...path, "state"],
      "is for a machine that can run, and a template cannot",
      "remove state",
      "stopped",
    );
  }
  if (template && (merged.snapshots ?? []).length > 0) {
    report.mistake(
      [...path, "snapshots"],
      "cannot be taken of a template",
      "remove snapshots, or is_template",
    );
  }
  if (cloudInit?.gateway !== undefined && (cloudInit.ip ?? "dhcp") === "dhcp") {
    report.mistake(
      [...path, "cloud_init", "gateway"],
      "is given with dhcp, which brings its own",
      "give ip an address, or remove gateway",
      cloudInit.gateway,
    );
  }
  if (cloudInit?.gateway6 !== undefined && !cloudInit.ip6?.includes("/")) {
    report.mistake(
      [...path, "cloud_init", "gateway6"],
      "needs an address in ip6",
      "give ip6 an address, or remove it",
      cloudInit.gateway6,
    );
  }
  readable(merged.passthrough).forEach(({ item, index }) => {
    if (item.pcie !== false && machine === "i440fx") {
      report.mistake(
        [...path, "passthrough", index, "pcie"],
        "needs the machine type q35",
        "set machine to q35, or pcie to false",
        true,
      );
    }
  });
  for (const { item, index } of readable(merged.features)) {
    if (item !== "nvidia") continue;
    report.mistake(
      [...path, "features", index],
      "shares the host's driver, which a virtual machine cannot",
      "install the driver by a script of post_create_scripts",
      item,
    );
  }
  for (const { item, index } of readable(merged.boot_devices)) {
    const others = [...readable(own.disks), ...readable<{ interface?: string }>(own.networks)].flatMap(
      (one) => one.item.interface ?? [],
    );
    const devices = ["scsi0", "net0", ...others, ...(own.iso === undefined ? [] : [cdDrive])];
    if (devices.includes(item)) continue;
    report.mistake(
      [...path, "boot_devices", index],
      "is a device that it has not",
      `name ${devices.join(" or ")}`,
      item,
    );
  }
  for (const key of ["post_create_scripts", "features", "snapshots"] as const) {
    const seen = new Set<string>();
    for (const { item, index } of readable<string>(merged[key])) {
      if (seen.has(item)) report.mistake([...path, key, index], "is listed twice", "list it once", item);
      seen.add(item);
    }
  }
  const snippets = snippetsStorage(merged.snippets_storage, datasets);
  const type = datasetOf(datasets, snippets)?.storageType;
  if (type === "zfspool" && !isShipped(snippets)) {
    report.mistake(
      [...path, "snippets_storage"],
      "is a zfspool storage, which holds no files",
      "name a dir storage, such as local",
      snippets,
    );
  }
}

function checkClone(
  { hypervisor, hypervisorReport: report }: Context,
  { path, own, merged, raw }: Machine,
): void {
  if (own.clone_from === undefined) {
    if (own.clone_mode === "linked") {
      report.mistake(
        [...path, "clone_mode"],
        "is for a clone",
        "add clone_from, or remove clone_mode",
        "linked",
      );
    }
    return;
  }
  if (own.template !== undefined) {
    report.mistake(path, "has both a template and a clone_from", "keep one of the two");
  }
  const found = byName(hypervisor?.vms ?? []).get(own.clone_from);
  // A source that does not exist, or the machine itself, is reported by the rule of the order.
  if (!found || found.item.name === own.name) return;
  const source = mergeVm(hypervisor?.vm_defaults, found.item);
  const place = [...path, "clone_from"];
  if (found.item.is_template === false || found.item.is_template === undefined) {
    report.mistake(
      place,
      "is no template",
      `give vms[${found.index}] is_template, or clone another machine`,
      own.clone_from,
    );
  }
  const [size, least] = [own.disk_size_gb, source.disk_size_gb];
  if (size !== undefined && least !== undefined && size < least && "disk_size_gb" in raw) {
    report.mistake(
      [...path, "disk_size_gb"],
      `is smaller than the ${least} GB of ${own.clone_from} it is cloned from, and Proxmox cannot shrink a disk`,
      `give ${least} or more`,
      size,
    );
  }
  if (own.clone_mode === "linked" && merged.storage_pool !== source.storage_pool && source.storage_pool) {
    report.mistake(
      [...path, "clone_mode"],
      `is linked, and the disk of ${own.clone_from} lies on ${source.storage_pool}, not on ${merged.storage_pool ?? "its storage"}`,
      "name the same storage_pool, or make it a full clone",
      "linked",
    );
  }
}

/** Ids and devices that only one guest can have. */
function checkPlaces(context: Context, { path, own }: Machine): void {
  const { hypervisorReport: report } = context;
  const [, index = 0] = path as [string, number];
  const { ctids, vmids, devices } = usersOf(context);
  if (own.vmid !== undefined) {
    const taken = vmids.get(own.vmid) ?? index;
    const user = ctids.has(own.vmid) ? `container ${own.vmid}` : taken < index ? `vms[${taken}]` : undefined;
    if (user) {
      report.mistake(
        [...path, "vmid"],
        `is also the id of ${user}`,
        "give each guest an id of its own",
        own.vmid,
      );
    }
  }
  for (const { item, index: at } of readable(own.passthrough)) {
    const other = Math.min(...deviceNames(item).map((name) => devices.get(name) ?? index));
    if (other >= index) continue;
    report.mistake(
      [...path, "passthrough", at],
      `is also a device of vms[${other}], and only one machine can have it`,
      "give each machine a device of its own",
    );
  }
}

type Device = NonNullable<NonNullable<Draft<VmConfig>["passthrough"]>[number]>;

/** A device by its mapping and by its address; one that has neither is nobody's. */
function deviceNames({ mapping, address }: Device): string[] {
  return [`mapping ${mapping ?? ""}`, ...(address === undefined ? [] : [`address ${address}`])];
}

/** The first entry of `vms` that has an id or a device. */
const usersOf = once(({ containers, hypervisor }: Context) => {
  const vmids = new Map<number, number>();
  const devices = new Map<string, number>();
  for (const { item, index } of readable(hypervisor?.vms)) {
    if (item.vmid !== undefined && !vmids.has(item.vmid)) vmids.set(item.vmid, index);
    for (const name of readable(item.passthrough).flatMap((device) => deviceNames(device.item)))
      if (!devices.has(name)) devices.set(name, index);
  }
  return { ctids: new Set(containers.map(({ ctid }) => ctid)), vmids, devices };
});

const byName = once((vms: readonly (Draft<VmConfig> | undefined)[]) =>
  firstBy(readable(vms), ({ item }) => item.name),
);
