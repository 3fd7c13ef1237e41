import { randomUUID } from "node:crypto";
import type { Parameters } from "../api/client";
import type { WireMap } from "../../shared/wire";
import { bit, block, blocks, flag, joinProperties, number, text, texts } from "../values";
import { cloudInitParameters } from "./cloudInit";
import * as devices from "./devices";
import { plannedDisks, printDisk } from "./disks";
import { defaultsOf } from "./blockFields";
import { vmFields } from "./fields";

/** A block of the plan, or what the provider takes for one that is not there. */
function blockOr(planned: WireMap, key: string): WireMap {
  return block(planned, key) ?? defaultsOf(vmFields[key]?.fields ?? {});
}

export function agentParameter(planned: WireMap): Parameters {
  const agent = blockOr(planned, "agent");
  return {
    agent: joinProperties([
      ["enabled", bit(flag(agent, "enabled"))],
      ["fstrim_cloned_disks", bit(flag(agent, "trim"))],
      ["type", text(agent, "type")],
    ]),
  };
}

export function bootParameter(order: string[]): Parameters {
  return order.length > 0 ? { boot: `order=${order.join(";")}` } : {};
}

/** The boot order of a creation that names none: cdrom, the first disk of each bus, the network. */
function bootOrder(planned: WireMap): string[] {
  const given = texts(planned, "bootOrders");
  if (given.length > 0) return given;
  const cdrom = block(planned, "cdrom");
  const disks = plannedDisks(planned);
  return [
    ...(cdrom ? [text(cdrom, "interface")] : []),
    ...["ide0", "sata0", "scsi0", "virtio0"].filter((at) => disks.has(at)),
    "net0",
  ];
}

/** A drive without a file is the node's own. */
export function cdromParameter(planned: WireMap): Parameters {
  const cdrom = blockOr(planned, "cdrom");
  return {
    [text(cdrom, "interface")]: joinProperties([
      ["file", text(cdrom, "fileId") || "cdrom"],
      ["media", "cdrom"],
    ]),
  };
}

/** @throws When an architecture is given and the login is not root@pam with its password. */
export function cpuParameters(planned: WireMap, isRoot: boolean): Parameters {
  const cpu = blockOr(planned, "cpu");
  const [architecture, flags] = [text(cpu, "architecture"), texts(cpu, "flags")];
  if (architecture !== "" && !isRoot)
    throw new Error(
      "the `cpu.architecture` can only be set by the root account. Please switch to the root account or " +
        "remove the `cpu.architecture` from the VM configuration",
    );
  const positive = {
    vcpus: number(cpu, "hotplugged"),
    cpulimit: number(cpu, "limit"),
    cpuunits: number(cpu, "units"),
  };
  const type = text(cpu, "type");
  return {
    ...(architecture === "" ? {} : { arch: architecture }),
    cores: number(cpu, "cores"),
    cpu: flags.length > 0 ? `cputype=${type},flags=${flags.join(";")}` : type,
    sockets: number(cpu, "sockets"),
    numa: bit(flag(cpu, "numa")),
    ...Object.fromEntries(Object.entries(positive).filter(([, value]) => value > 0)),
  };
}

export function memoryParameters(planned: WireMap, vmid: number): Parameters {
  const memory = blockOr(planned, "memory");
  const shared = number(memory, "shared");
  return {
    memory: number(memory, "dedicated"),
    balloon: number(memory, "floating"),
    ...(shared > 0 ? { ivshmem: `size=${shared},name=vm-${vmid}-ivshmem` } : {}),
  };
}

/** A disabled device is not sent. @throws For trunks that are no numbers. */
export function networkParameters(planned: WireMap): Parameters {
  const lines = blocks(planned, "networkDevices").flatMap((device, index): [string, string][] => {
    if (device["enabled"] === false) return [];
    const some = (key: string): string | undefined => text(device, key) || undefined;
    const positive = (key: string): number | undefined => number(device, key) || undefined;
    const rate = number(device, "rateLimit");
    for (const trunk of text(device, "trunks").split(";").filter(Boolean))
      if (!/^[+-]?\d+$/.test(trunk))
        throw new Error(`error parsing trunks: strconv.Atoi: parsing "${trunk}": invalid syntax`);
    const line = joinProperties([
      ["model", text(device, "model")],
      ["bridge", some("bridge")],
      ["firewall", bit(flag(device, "firewall"))],
      ["link_down", flag(device, "disconnected") ? 1 : undefined],
      ["macaddr", some("macAddress")],
      ["queues", positive("queues")],
      ["rate", rate === 0 ? undefined : rate.toFixed(6)],
      ["tag", positive("vlanId")],
      ["mtu", positive("mtu")],
      ["trunks", some("trunks")],
    ]);
    return [[`net${index}`, line]];
  });
  return Object.fromEntries(lines);
}

/** The identity of the machine; without an identifier a new one. */
export function smbiosParameter(planned: WireMap): Parameters {
  const smbios = block(planned, "smbios");
  if (!smbios) return {};
  const encoded = (key: string): string | undefined =>
    text(smbios, key) === "" ? undefined : Buffer.from(text(smbios, key)).toString("base64");
  return {
    smbios1: joinProperties([
      ["base64", 1],
      ...["family", "manufacturer", "product", "serial"].map((key): [string, string | undefined] => [
        key,
        encoded(key),
      ]),
      // The provider reads `sku` under another name and so never sends it.
      ["uuid", text(smbios, "uuid") || randomUUID()],
      ["version", encoded("version")],
    ]),
  };
}

/** Delays and order below zero are not sent. */
export function startupParameter(planned: WireMap): Parameters {
  const startup = block(planned, "startup");
  const shown = (key: string): number | undefined => {
    const value = number(startup ?? {}, key);
    return value >= 0 ? value : undefined;
  };
  const line = joinProperties([
    ["order", shown("order")],
    ["up", shown("upDelay")],
    ["down", shown("downDelay")],
  ]);
  return startup && line !== "" ? { startup: line } : {};
}

export function tagsOf(planned: WireMap): string {
  return texts(planned, "tags")
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "")
    .sort()
    .join(";");
}

export function vgaParameter(planned: WireMap): Parameters {
  const vga = block(planned, "vga");
  if (!vga) return {};
  return {
    vga: joinProperties([
      ["clipboard", text(vga, "clipboard") || undefined],
      ["memory", number(vga, "memory") || undefined],
      ["type", text(vga, "type") || undefined],
    ]),
  };
}

export function watchdogParameter(planned: WireMap): Parameters {
  const watchdog = blockOr(planned, "watchdog");
  if (!flag(watchdog, "enabled")) return {};
  return { watchdog: `model=${text(watchdog, "model")},action=${text(watchdog, "action")}` };
}

/** Everything a creation sends. */
export function createParameters(planned: WireMap, vmid: number, isRoot: boolean): Parameters {
  const memory = block(planned, "memory") ?? {};
  const optional = {
    affinity: text(block(planned, "cpu") ?? {}, "affinity"),
    description: text(planned, "description"),
    tags: tagsOf(planned),
    args: text(planned, "kvmArguments"),
    machine: text(planned, "machine"),
    hugepages: text(memory, "hugepages"),
    keephugepages: flag(memory, "keepHugepages") ? "1" : "",
    name: text(planned, "name"),
    pool: text(planned, "poolId"),
    hookscript: text(planned, "hookScriptFileId"),
    hotplug: text(planned, "hotplug"),
  };
  const disks = [...plannedDisks(planned)].map(([at, line]): [string, string] => [at, printDisk(line)]);
  return {
    acpi: bit(flag(planned, "acpi")),
    ...agentParameter(planned),
    bios: text(planned, "bios"),
    ...bootParameter(bootOrder(planned)),
    ...cpuParameters(planned, isRoot),
    ...memoryParameters(planned, vmid),
    protection: bit(flag(planned, "protection")),
    keyboard: text(planned, "keyboardLayout"),
    ...networkParameters(planned),
    ...devices.allDevices(planned),
    ostype: text(blockOr(planned, "operatingSystem"), "type"),
    scsihw: text(planned, "scsiHardware"),
    onboot: bit(flag(planned, "onBoot")),
    ...smbiosParameter(planned),
    ...startupParameter(planned),
    tablet: bit(flag(planned, "tabletDevice")),
    template: 0,
    ...vgaParameter(planned),
    vmid,
    ...watchdogParameter(planned),
    ...Object.fromEntries(disks),
    ...cloudInitParameters(planned, true),
    ...(block(planned, "cdrom") ? cdromParameter(planned) : {}),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== "")),
  };
}
