import { poolOfVm } from "../api/cluster";
import { messageOf } from "../api/errors";
import type { GuestConfig } from "../api/guest";
import { equal } from "../../shared/wire";
import type { Wire, WireMap } from "../../shared/wire";
import { block, blocks, flag, numbered, parseProperties, text, toFlag, toNumber } from "../values";
import type { VmApi } from "./api";
import { configuredDisks, diskState, isCloudInit } from "./disks";
import { defaultsOf } from "./blockFields";
import { vmFields } from "./fields";
import { readCloudInit } from "./readCloudInit";
import { line, readDevices } from "./readDevices";

/**
 * The state of a machine as it is on the node. What the node does not tell (timeouts, clone source, what a
 * disk was made from) is taken from `current`, the state so far.
 * @param warn Told when the guest agent gives no addresses in time.
 */
export async function readVm(
  vm: VmApi,
  current: WireMap,
  warn: (message: string) => Promise<void>,
): Promise<WireMap> {
  const config = await vm.config();
  const { status } = await vm.status();
  const started = flag(current, "template") ? flag(current, "started") : status === "running";
  const networks = networkDevices(config);
  const found: WireMap = {
    ...current,
    ...primitives(config),
    ...readDevices(config, current),
    agent: agent(config, current),
    bootOrders: bootOrder(config),
    cdrom: cdrom(config, current),
    cpu: unlessDefault(cpu(config), current, "cpu", ["affinity", "numa"]),
    disks: await disks(vm, config, current),
    efiDisk: await efiDisk(vm, config, current),
    initialization: readCloudInit(config, current, vm.vmid),
    memory: unlessDefault(memory(config), current, "memory"),
    networkDevices: networks,
    macAddresses: networks.map((device) => text(device, "macAddress")),
    operatingSystem: operatingSystem(config, current),
    startup: startup(config),
    poolId: await poolOfVm(vm.api, vm.vmid),
    nodeName: vm.node,
    started,
    vmId: vm.vmid,
    hotplug: config["hotplug"] === undefined ? (current["hotplug"] ?? null) : line(config, "hotplug"),
  };
  return { ...found, ...(await addresses(vm, config, current, started, warn)) };
}

function primitives(config: GuestConfig): WireMap {
  const args = line(config, "args");
  return {
    acpi: toFlag(config["acpi"]) ?? true,
    bios: line(config, "bios", "seabios"),
    description: line(config, "description"),
    hookScriptFileId: line(config, "hookscript"),
    keyboardLayout: line(config, "keyboard", "en-us"),
    // The API gives a blank for arguments that were set to nothing.
    kvmArguments: args.trim() === "" ? "" : args,
    machine: line(config, "machine"),
    name: line(config, "name"),
    onBoot: toFlag(config["onboot"]) ?? false,
    protection: toFlag(config["protection"]) ?? false,
    ...(config["scsihw"] === undefined ? {} : { scsiHardware: line(config, "scsihw") }),
    tabletDevice: toFlag(config["tablet"]) ?? true,
    tags: line(config, "tags")
      .split(";")
      .map((tag) => tag.trim())
      .filter((tag) => tag !== "")
      .sort(),
    template: toFlag(config["template"]) ?? false,
  };
}

/**
 * The block, unless the state has none and the node only its defaults.
 * @param blind Properties that do not count.
 */
function unlessDefault(shown: WireMap, current: WireMap, key: string, blind: string[] = []): Wire {
  if (block(current, key) !== undefined) return shown;
  const defaults = defaultsOf(vmFields[key]?.fields ?? {});
  const isDefault = ([name, value]: [string, Wire]): boolean =>
    blind.includes(name) || equal(value, defaults[name] ?? null);
  return Object.entries(shown).every(isDefault) ? null : shown;
}

function agent(config: GuestConfig, current: WireMap): Wire {
  if (config["agent"] === undefined) return null;
  const parsed = parseProperties(line(config, "agent"), "enabled");
  const before = block(current, "agent") ?? {};
  const shown: WireMap = {
    enabled: parsed["enabled"] === "1",
    timeout: text(before, "timeout") || "15m",
    trim: parsed["fstrim_cloned_disks"] === "1",
    type: parsed["type"] ?? "virtio",
    waitForIp: before["waitForIp"] ?? null,
  };
  return unlessDefault(shown, current, "agent");
}

function bootOrder(config: GuestConfig): Wire {
  const { order } = parseProperties(line(config, "boot"), "legacy");
  return order === undefined ? [] : order.split(";");
}

function cdrom(config: GuestConfig, current: WireMap): Wire {
  const before = block(current, "cdrom");
  const at = (before && text(before, "interface")) || "ide3";
  const drive = configuredDisks(config).get(at);
  if (!drive) return null;
  const fileId = before && text(before, "fileId") === "" ? "" : (drive["file"] ?? "");
  return { enabled: before?.["enabled"] ?? false, fileId, interface: at };
}

function memory(config: GuestConfig): WireMap {
  return {
    dedicated: toNumber(config["memory"]) ?? 0,
    floating: toNumber(config["balloon"]) ?? 0,
    hugepages: line(config, "hugepages"),
    keepHugepages: toFlag(config["keephugepages"]) ?? false,
    shared: toNumber(parseProperties(line(config, "ivshmem"), "size")["size"]) ?? 0,
  };
}

function cpu(config: GuestConfig): WireMap {
  const { cputype, flags } = parseProperties(line(config, "cpu", "qemu64"), "cputype");
  return {
    affinity: line(config, "affinity"),
    architecture: line(config, "arch"),
    cores: toNumber(config["cores"]) ?? 1,
    flags: (flags ?? "").split(";").filter((name) => name !== ""),
    hotplugged: toNumber(config["vcpus"]) ?? 0,
    limit: toNumber(config["cpulimit"]) ?? 0,
    numa: toFlag(config["numa"]) ?? false,
    sockets: toNumber(config["sockets"]) ?? 1,
    type: cputype ?? "",
    units: toNumber(config["cpuunits"]) ?? 0,
  };
}

/** The disks in the order of the state, else of their names. A disk no longer there is left out. */
async function disks(vm: VmApi, config: GuestConfig, current: WireMap): Promise<Wire> {
  const before = new Map(blocks(current, "disks").map((disk) => [text(disk, "interface"), disk]));
  const found = new Map<string, WireMap>();
  for (const [at, disk] of configuredDisks(config)) {
    const volume = disk["file"] ?? "";
    if (volume === "none" || disk["media"] === "cdrom" || isCloudInit(disk, vm.vmid)) continue;
    found.set(at, diskState(at, disk, await formatOf(vm, volume, disk["format"]), before.get(at) ?? {}));
  }
  const order = before.size > 0 ? [...before.keys()] : [...found.keys()].sort(byNumber);
  return order.flatMap((at) => found.get(at) ?? []);
}

/** As told, else by the volume's extension, else by its storage. */
async function formatOf(vm: VmApi, volume: string, told: string | undefined): Promise<string> {
  if (told !== undefined) return told;
  const colon = volume.indexOf(":");
  if (colon === -1) return "";
  const [, extension] = /\.([^./]+)$/.exec(volume) ?? [];
  return extension ?? (await vm.volumeFormat(volume.slice(0, colon), volume)) ?? "";
}

function byNumber(left: string, right: string): number {
  const [a, b] = [left, right].map((name) => /^(\D+)(\d+)$/.exec(name) ?? ["", name, "0"]);
  return a?.[1] === b?.[1] ? Number(a?.[2]) - Number(b?.[2]) : left < right ? -1 : 1;
}

async function efiDisk(vm: VmApi, config: GuestConfig, current: WireMap): Promise<Wire> {
  if (config["efidisk0"] === undefined) return current["efiDisk"] ?? null;
  const parsed = parseProperties(line(config, "efidisk0"), "file");
  const volume = parsed["file"] ?? "";
  const found: WireMap = {
    datastoreId: volume.split(":")[0] ?? "",
    fileFormat: parsed["format"] ?? (await vm.volumeFormat(volume.split(":")[0] ?? "", volume)) ?? "",
    preEnrolledKeys: parsed["pre-enrolled-keys"] === "1",
    type: (parsed["efitype"] ?? "2m").toLowerCase(),
  };
  const isDefault = equal(found, {
    datastoreId: "local-lvm",
    fileFormat: "raw",
    preEnrolledKeys: false,
    type: "2m",
  });
  return isDefault && block(current, "efiDisk") === undefined ? null : found;
}

const cards = /^(e1000|e1000e|rtl8139|virtio|vmxnet3|ne2k_pci|ne2k_isa|pcnet|i8255\w+|e1000-8\w+)$/;

/** Up to the last card; those between that are missing are empty. */
function networkDevices(config: GuestConfig): WireMap[] {
  const found = numbered(config, "net");
  const last = Number(/\d+$/.exec(found.at(-1)?.[0] ?? "net-1")?.[0] ?? -1);
  return Array.from({ length: found.length > 0 ? last + 1 : 0 }, (_, index) => {
    const value = config[`net${index}`];
    const parsed = parseProperties(typeof value === "string" ? value : "", "model");
    const card = Object.keys(parsed).find((key) => cards.test(key));
    return {
      bridge: parsed["bridge"] ?? "",
      disconnected: parsed["link_down"] === "1",
      enabled: value !== undefined,
      firewall: parsed["firewall"] === "1",
      macAddress: (card ? parsed[card] : parsed["macaddr"]) ?? "",
      model: card ?? parsed["model"] ?? "",
      mtu: toNumber(parsed["mtu"]) ?? 0,
      queues: toNumber(parsed["queues"]) ?? 0,
      rateLimit: toNumber(parsed["rate"]) ?? 0,
      trunks: parsed["trunks"] ?? "",
      vlanId: toNumber(parsed["tag"]) ?? 0,
    };
  });
}

function operatingSystem(config: GuestConfig, current: WireMap): Wire {
  return unlessDefault({ type: line(config, "ostype") }, current, "operatingSystem");
}

function startup(config: GuestConfig): Wire {
  if (config["startup"] === undefined) return null;
  const parsed = parseProperties(line(config, "startup"), "order");
  return {
    downDelay: toNumber(parsed["down"]) ?? -1,
    order: toNumber(parsed["order"]) ?? -1,
    upDelay: toNumber(parsed["up"]) ?? -1,
  };
}

/** Addresses of a running machine, which only its agent tells. */
async function addresses(
  vm: VmApi,
  config: GuestConfig,
  current: WireMap,
  started: boolean,
  warn: (message: string) => Promise<void>,
): Promise<WireMap> {
  const none = { ipv4Addresses: [], ipv6Addresses: [], networkInterfaceNames: [] };
  if (!started || parseProperties(line(config, "agent"), "enabled")["enabled"] !== "1") return none;
  const settings = block(current, "agent") ?? {};
  const wait = block(settings, "waitForIp") ?? {};
  if (flag(wait, "disabled")) return none;
  try {
    const wanted = { ipv4: flag(wait, "ipv4"), ipv6: flag(wait, "ipv6") };
    const interfaces = await vm.interfaces(secondsOf(text(settings, "timeout")), wanted);
    const of = (type: string): Wire =>
      interfaces.map((entry) =>
        (entry["ip-addresses"] ?? [])
          .filter((address) => address["ip-address-type"] === type)
          .map((address) => address["ip-address"]),
      );
    return {
      ipv4Addresses: of("ipv4"),
      ipv6Addresses: of("ipv6"),
      macAddresses: interfaces.map((entry) => (entry["hardware-address"] ?? "").toUpperCase()),
      networkInterfaceNames: interfaces.map((entry) => entry.name),
    };
  } catch (error) {
    await warn(`error waiting for network interfaces from QEMU agent: ${messageOf(error)}`);
    return { ...none, macAddresses: [] };
  }
}

/** Seconds of a Go duration such as `15m` or `1h30s`. */
function secondsOf(duration: string): number {
  const units = { h: 3600, m: 60, s: 1, ms: 0.001 };
  const parts = [...duration.matchAll(/([0-9.]+)(ms|h|m|s)/g)];
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * units[unit as "s"], 0);
}
