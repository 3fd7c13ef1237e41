import type { Parameters } from "../api/client";
import type { GuestConfig } from "../api/guest";
import type { DetailedDiff } from "../../shared/objectDiff";
import type { WireMap } from "../../shared/wire";
import { bit, block, blocks, flag, number, numbered, text, texts } from "../values";
import { cloudInitParameters } from "./cloudInit";
import * as devices from "./devices";
import { isHotpluggable } from "./hotplug";
import * as request from "./request";

/** What an update asks of the node in its one configuration call. */
export interface Change {
  body: Parameters;
  deleted: string[];
  /** Whether a running machine must be rebooted for it. */
  reboot: boolean;
}

export type Changed = (key: string) => boolean;

/** Whether a property, or anything below it, changed. */
export function changedIn(changes: DetailedDiff): Changed {
  const paths = Object.keys(changes);
  return (key) =>
    paths.some((path) => path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`));
}

/** Everything but disks and the cloud-init drive. */
export function prepareUpdate(
  planned: WireMap,
  before: WireMap,
  changed: Changed,
  config: GuestConfig,
  vmid: number,
  isRoot: boolean,
): Change {
  const change: Change = { body: {}, deleted: [], reboot: false };
  const add = (key: string, parameters: () => Parameters, reboot = true): void => {
    if (!changed(key)) return;
    Object.assign(change.body, parameters());
    change.reboot ||= reboot;
  };
  const orDelete = (name: string, parameters: Parameters): Parameters => {
    if (Object.keys(parameters).length === 0) change.deleted.push(name);
    return parameters;
  };
  /** Deletes the slots of a kind that the new parameters do not have. */
  const withoutRest = (prefix: string, count: number, parameters: Parameters): Parameters => {
    for (let slot = 0; slot < count; slot++)
      if (!(`${prefix}${slot}` in parameters)) change.deleted.push(`${prefix}${slot}`);
    return parameters;
  };
  const isMoved = (key: string): boolean => {
    const [old, young] = [block(before, key), block(planned, key)];
    return (
      old !== undefined && young !== undefined && text(old, "datastoreId") !== text(young, "datastoreId")
    );
  };
  const set = (name: string, key: string): Parameters => orDelete(name, some(name, text(planned, key)));

  // The name goes with every update.
  Object.assign(change.body, set("name", "name"));
  add("acpi", () => ({ acpi: bit(flag(planned, "acpi")) }));
  add("kvmArguments", () => ({ args: text(planned, "kvmArguments") }));
  add("bios", () => ({ bios: text(planned, "bios") }));
  add("description", () => ({ description: text(planned, "description") }), false);
  add("onBoot", () => ({ onboot: bit(flag(planned, "onBoot")) }), false);
  add("tags", () => ({ tags: request.tagsOf(planned) }), false);
  add("hotplug", () => set("hotplug", "hotplug"), false);
  add("keyboardLayout", () => ({ keyboard: text(planned, "keyboardLayout") }));
  add("machine", () => ({ machine: text(planned, "machine") }));
  add("protection", () => ({ protection: bit(flag(planned, "protection")) }), false);
  add("tabletDevice", () => ({ tablet: bit(flag(planned, "tabletDevice")) }));
  add("agent", () => request.agentParameter(planned));
  add("amdSev", () => devices.amdSevParameter(planned));
  add("audioDevice", () => withoutRest("audio", 1, devices.audioParameter(planned)));
  add("bootOrders", () => request.bootParameter(texts(planned, "bootOrders")));
  add("cdrom", () => cdrom(planned, before, change.deleted), false);
  add("cpu", () => cpu(planned, changed, change.deleted, isRoot), !onlyHotplugged(planned, changed));
  // A disk that changes its storage is moved: sent again, it would be made anew and empty.
  add("efiDisk", () => (isMoved("efiDisk") ? {} : devices.efiParameter(planned)));
  add("tpmState", () => (isMoved("tpmState") ? {} : orDelete("tpmstate0", devices.tpmParameter(planned))));
  add("rngs", () => devices.rngParameter(planned));
  add("initialization", () => {
    const parameters = cloudInitParameters(planned, false);
    if (!changed("initialization.upgrade")) delete parameters["ciupgrade"];
    return parameters;
  });
  add("hostpcis", () => withoutRest("hostpci", 16, devices.pciParameters(planned)));
  add("numas", () => withoutRest("numa", 8, devices.numaParameters(planned)));
  add("usbs", () => withoutRest("usb", 4, devices.usbParameters(planned)));
  add(
    "memory",
    () => memory(planned, changed, change.deleted, vmid),
    !onlyMoreMemory(planned, before, changed),
  );
  add("networkDevices", () => networks(planned, config, change.deleted), false);
  add("operatingSystem", () => ({
    ostype: text(block(planned, "operatingSystem") ?? {}, "type") || "other",
  }));
  add("serialDevices", () => withoutRest("serial", 4, devices.serialParameters(planned)));
  add("smbios", () => orDelete("smbios1", request.smbiosParameter(planned)), false);
  add("startup", () => orDelete("startup", request.startupParameter(planned)), false);
  add("vga", () => request.vgaParameter(planned));
  add("virtiofs", () => withoutRest("virtiofs", 8, devices.virtiofsParameters(planned)));
  add("scsiHardware", () => ({ scsihw: text(planned, "scsiHardware") }));
  add("hookScriptFileId", () => set("hookscript", "hookScriptFileId"), false);
  add("watchdog", () => orDelete("watchdog", request.watchdogParameter(planned)));
  return change;
}

function some(name: string, value: string): Parameters {
  return value === "" ? {} : { [name]: value };
}

function cdrom(planned: WireMap, before: WireMap, deleted: string[]): Parameters {
  const parameters = request.cdromParameter(planned);
  const old = block(before, "cdrom");
  const at = (old && text(old, "interface")) || "ide3";
  if (old && !(at in parameters)) deleted.push(at);
  return parameters;
}

function cpu(planned: WireMap, changed: Changed, deleted: string[], isRoot: boolean): Parameters {
  const parameters = request.cpuParameters(planned, isRoot);
  const affinity = text(block(planned, "cpu") ?? {}, "affinity");
  // Only root may name the affinity, be it to delete it.
  if (changed("cpu.affinity")) {
    if (affinity === "") deleted.push("affinity");
    else parameters["affinity"] = affinity;
  }
  deleted.push(...["vcpus", "cpulimit"].filter((name) => !(name in parameters)));
  return parameters;
}

function onlyHotplugged(planned: WireMap, changed: Changed): boolean {
  const others = ["cores", "sockets", "type", "architecture", "numa", "flags", "affinity", "limit", "units"];
  const isAlone = changed("cpu.hotplugged") && !others.some((key) => changed(`cpu.${key}`));
  return isAlone && isHotpluggable(planned, "cpu");
}

function memory(planned: WireMap, changed: Changed, deleted: string[], vmid: number): Parameters {
  const settings = block(planned, "memory") ?? {};
  const parameters = request.memoryParameters(planned, vmid);
  const hugepages = text(settings, "hugepages");
  if (changed("memory.hugepages")) {
    if (hugepages === "") deleted.push("hugepages");
    else parameters["hugepages"] = hugepages;
  }
  if (changed("memory.keepHugepages")) {
    if (hugepages === "") deleted.push("keephugepages");
    else parameters["keephugepages"] = bit(flag(settings, "keepHugepages"));
  }
  return parameters;
}

function onlyMoreMemory(planned: WireMap, before: WireMap, changed: Changed): boolean {
  const [old, young] = [block(before, "memory") ?? {}, block(planned, "memory") ?? {}];
  const growth = ["dedicated", "floating", "shared"].map((key) => number(young, key) - number(old, key));
  return (
    growth.some((by) => by > 0) &&
    growth.every((by) => by >= 0) &&
    !changed("memory.hugepages") &&
    !changed("memory.keepHugepages") &&
    isHotpluggable(planned, "memory")
  );
}

/** Disabled devices and those the plan does not have are deleted. */
function networks(planned: WireMap, config: GuestConfig, deleted: string[]): Parameters {
  const parameters = request.networkParameters(planned);
  const names = blocks(planned, "networkDevices").map((_, index) => `net${index}`);
  deleted.push(...names.filter((name) => !(name in parameters)));
  deleted.push(...numbered(config, "net").flatMap(([name]) => (names.includes(name) ? [] : [name])));
  return parameters;
}
