import type { Parameters } from "../api/client";
import { diagnostic, step } from "../api/errors";
import type { GuestConfig } from "../api/guest";
import { describe } from "../bridge/outcome";
import type { WireMap } from "../../shared/wire";
import { bit, block, blocks, flag, number, text, texts } from "../values";
import type { VmApi } from "./api";
import { cloudInitDrive, cloudInitParameters } from "./cloudInit";
import * as devices from "./devices";
import { bytesOf, configuredDisks, drive, isCloudInit, plannedDisks, printDisk, storageOf } from "./disks";
import type { DiskLine } from "./disks";
import { vmFields } from "./fields";
import * as request from "./request";

/** Clones the source. @throws When it is on another node. */
export async function cloneVm(vm: VmApi, planned: WireMap): Promise<void> {
  const clone = block(planned, "clone") ?? {};
  const sourceNode = text(clone, "nodeName") || vm.node;
  if (sourceNode !== vm.node)
    throw diagnostic(new Error("cloning from another node is not supported by the lab's proxmoxve plugin"));
  const named = {
    storage: text(clone, "datastoreId"),
    description: text(planned, "description"),
    name: text(planned, "name"),
    pool: text(planned, "poolId"),
  };
  const body: Parameters = { newid: vm.vmid, full: bit(flag(clone, "full")), ...filled(named) };
  await describe(() => vm.clone(number(clone, "vmId"), body, number(clone, "retries")), "VM clone");
}

/** Sets what the inputs name in a new clone, and fits the disks: those that are too small grow at once. */
export async function adaptClone(vm: VmApi, planned: WireMap, isRoot: boolean): Promise<void> {
  await vm.waitForUnlock();
  const config = await vm.config();
  await freeCloudInit(vm, planned, config);
  await vm.update(parametersAfter(vm, planned, config, isRoot));
  const now = await vm.config();
  await fitDisks(vm, planned, now);
  await fitEfi(vm, planned, now);
  await fitTpm(vm, planned, now);
}

function filled(map: Record<string, string>): Parameters {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== ""));
}

function driveOf(planned: WireMap, config: GuestConfig, vmid: number): { at: string; existing: string } {
  const found = [...configuredDisks(config)].find(([, line]) => isCloudInit(line, vmid));
  const existing = found?.[0] ?? "ide2";
  return { at: text(block(planned, "initialization") ?? {}, "interface") || existing, existing };
}

async function freeCloudInit(vm: VmApi, planned: WireMap, config: GuestConfig): Promise<void> {
  if (!block(planned, "initialization")) return;
  const { at, existing } = driveOf(planned, config, vm.vmid);
  await vm.update({ delete: [...new Set([at, existing])].join(",") });
}

/** Only what differs from the provider's own defaults: the rest stays the source's. */
function parametersAfter(vm: VmApi, planned: WireMap, config: GuestConfig, isRoot: boolean): Parameters {
  const has = (key: string): boolean => block(planned, key) !== undefined || blocks(planned, key).length > 0;
  const when = (isWanted: boolean, parameters: () => Parameters): Parameters =>
    isWanted ? parameters() : {};
  const unlessDefault = (name: string, key: string): Parameters =>
    when(text(planned, key) !== (vmFields[key]?.default ?? ""), () => ({ [name]: text(planned, key) }));
  const [cpu, memory] = [block(planned, "cpu") ?? {}, block(planned, "memory") ?? {}];
  const settings = block(planned, "initialization");
  const networks = when(has("networkDevices"), () => request.networkParameters(planned));
  const rest = (prefix: string, count: number, given: Parameters): string[] =>
    Array.from({ length: count }, (_, slot) => `${prefix}${slot}`).filter((name) => !(name in given));
  const deleted = [
    ...(has("networkDevices") ? rest("net", 32, networks) : []),
    ...(has("serialDevices") ? rest("serial", 4, devices.serialParameters(planned)) : []),
    ...(text(planned, "hookScriptFileId") === "" && config["hookscript"] !== undefined ? ["hookscript"] : []),
  ];
  return {
    ...when(!flag(planned, "acpi"), () => ({ acpi: 0 })),
    ...when(has("agent"), () => request.agentParameter(planned)),
    ...devices.amdSevParameter(planned),
    ...devices.audioParameter(planned),
    ...unlessDefault("args", "kvmArguments"),
    ...unlessDefault("bios", "bios"),
    ...unlessDefault("machine", "machine"),
    ...unlessDefault("scsihw", "scsiHardware"),
    ...unlessDefault("keyboard", "keyboardLayout"),
    ...when(has("cdrom"), () => request.cdromParameter(planned)),
    ...when(has("cpu"), () => ({
      ...request.cpuParameters(planned, isRoot),
      ...filled({ affinity: text(cpu, "affinity") }),
    })),
    ...when(has("memory"), () => ({
      ...request.memoryParameters(planned, vm.vmid),
      ...filled({ hugepages: text(memory, "hugepages") }),
      ...when(flag(memory, "keepHugepages"), () => ({ keephugepages: 1 })),
    })),
    ...(settings ? cloudInitDrive(settings, driveOf(planned, config, vm.vmid).at) : {}),
    ...cloudInitParameters(planned, false),
    ...devices.pciParameters(planned),
    ...devices.numaParameters(planned),
    ...devices.usbParameters(planned),
    ...devices.virtiofsParameters(planned),
    ...devices.serialParameters(planned),
    ...networks,
    ...when(has("operatingSystem"), () => ({
      ostype: text(block(planned, "operatingSystem") ?? {}, "type"),
    })),
    onboot: bit(flag(planned, "onBoot")),
    ...request.bootParameter(texts(planned, "bootOrders")),
    ...request.smbiosParameter(planned),
    ...request.startupParameter(planned),
    ...when(!flag(planned, "tabletDevice"), () => ({ tablet: 0 })),
    ...when(flag(planned, "protection"), () => ({ protection: 1 })),
    ...filled({
      tags: request.tagsOf(planned),
      hookscript: text(planned, "hookScriptFileId"),
      hotplug: text(planned, "hotplug"),
    }),
    ...request.vgaParameter(planned),
    ...request.watchdogParameter(planned),
    ...filled({ delete: deleted.join(",") }),
  };
}

/** Adds missing disks, sets options, moves to the planned storage, and grows what is too small. */
async function fitDisks(vm: VmApi, planned: WireMap, config: GuestConfig): Promise<void> {
  const on = configuredDisks(config);
  for (const [at, line] of plannedDisks(planned)) {
    const current = on.get(at);
    if (!current) {
      await step("disk update fails", vm.update({ [at]: printDisk(line) }));
      continue;
    }
    const [before, after] = [bytesOf(current["size"] ?? "0"), Number(line["size"])];
    if (after < before)
      throw new Error(
        `disk resize failure: requested size (${after / 2 ** 30}G) is lower than current size (${current["size"]})`,
      );
    const merged = merge(current, line);
    if (merged) await step("disk update fails", vm.update({ [at]: printDisk(merged) }));
    if (differs(storageOf(line), current)) await step("Disk move", vm.moveDisk(at, storageOf(line)));
    if (after > before) await step("Disk resize", vm.resizeDisk(at, after));
  }
}

/** The current line with the plan's options, if that changes it. */
function merge(current: DiskLine, line: DiskLine): DiskLine | undefined {
  const fixed = ["file", "size", "format"];
  const changes = Object.entries(line).filter(
    ([key, value]) => !fixed.includes(key) && current[key] !== value,
  );
  if (changes.length === 0) return undefined;
  const size = String(bytesOf(current["size"] ?? "0"));
  return { ...current, ...Object.fromEntries(changes), size };
}

/** @throws For another type than the source's. */
async function fitEfi(vm: VmApi, planned: WireMap, config: GuestConfig): Promise<void> {
  const efi = block(planned, "efiDisk");
  if (!efi) return;
  const current = drive(config, "efidisk0");
  if (!current) return vm.update(devices.efiParameter(planned));
  if (text(efi, "type") !== (current["efitype"] ?? "2m"))
    throw new Error("changing the EFI disk type (4m / 2m) is not supported");
  if (differs(text(efi, "datastoreId"), current))
    await step("VM disk move", vm.moveDisk("efidisk0", text(efi, "datastoreId")));
}

async function fitTpm(vm: VmApi, planned: WireMap, config: GuestConfig): Promise<void> {
  const tpm = block(planned, "tpmState");
  if (!tpm) return;
  const current = drive(config, "tpmstate0");
  if (!current) return vm.update(devices.tpmParameter(planned));
  if (differs(text(tpm, "datastoreId"), current))
    await step("VM disk move", vm.moveDisk("tpmstate0", text(tpm, "datastoreId")));
}

function differs(storage: string, current: DiskLine): boolean {
  return storage !== "" && storage !== storageOf(current);
}
