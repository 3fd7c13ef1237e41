import type { Parameters } from "../api/client";
import { step, wrap } from "../api/errors";
import type { GuestConfig } from "../api/guest";
import type { WireMap } from "../../shared/wire";
import { block, blocks, flag, text } from "../values";
import type { VmApi } from "./api";
import { grownLines, noFileId, planDiskChanges, prepareDisks } from "./changeDisks";
import type { DiskChanges } from "./changeDisks";
import { cloudInitDrive } from "./cloudInit";
import { compareVms } from "./diff";
import { configuredDisks, isCloudInit } from "./disks";
import { isHotpluggable } from "./hotplug";
import type { Power } from "./power";
import { changedIn, prepareUpdate } from "./update";
import type { Change } from "./update";

/** Brings a machine from one state to the planned one, stopping and rebooting it where that is needed. */
export async function updateVm(vm: VmApi, planned: WireMap, before: WireMap, power: Power): Promise<void> {
  const changed = changedIn(compareVms(before, planned));
  if (changed("nodeName")) throw new Error("migration is not supported by the lab's proxmoxve plugin");
  if (changed("poolId")) await movePool(vm, text(before, "poolId"), text(planned, "poolId"));

  const config = await vm.config();
  const change = prepareUpdate(planned, before, changed, config, vm.vmid, vm.api.isRoot);
  if (changed("disks")) {
    const on = configuredDisks(config);
    const made = blocks(planned, "disks").filter((disk) => !on.has(text(disk, "interface")));
    if (made.some((disk) => text(disk, "fileId") !== "")) throw new Error(noFileId);
    prepareDisks(vm, planned, on, change);
  }
  if (changed("tpmState")) await mustBeOff(power, "add, remove, or update the TPM device");
  if (changed("initialization")) await moveCloudInit(vm, planned, before, config, change, power);
  if (change.deleted.length > 0) change.body["delete"] = change.deleted.join(",");
  await vm.update(change.body);

  if (changed("template") && !flag(planned, "template"))
    throw new Error("Cannot convert a template back to a regular VM");
  if (changed("template")) {
    await mustBeOff(power, "convert the VM to a template");
    await step("VM convert to template", vm.convertToTemplate());
    change.reboot = false;
  }
  const template = flag(planned, "template");
  if (changed("initialization") && !template) await vm.rebuildCloudInit();
  const disks: DiskChanges = ["disks", "efiDisk", "tpmState"].some(changed)
    ? planDiskChanges(vm, planned, before, changed, await vm.config())
    : { moves: [], resizes: [] };
  if (disks.moves.length > 0 && !template) await mustBeOff(power, "move disks between datastores");
  for (const [disk, storage] of disks.moves) await step("VM disk move", vm.moveDisk(disk, storage));
  const needsReboot = await resize(vm, planned, disks, change, power);
  await power.finalize(!template && needsReboot, changed("started"));
}

/** Grows disks; the machine is stopped before when other changes need that. @returns Whether to reboot. */
async function resize(
  vm: VmApi,
  planned: WireMap,
  disks: DiskChanges,
  change: Change,
  power: Power,
): Promise<boolean> {
  let needsReboot = change.reboot;
  if (needsReboot && !flag(planned, "template")) {
    if ((await power.offForChanges()) === "blocked") {
      if (disks.resizes.length > 0) throw new Blocked("resize disks");
      return false;
    }
    needsReboot = false;
  }
  for (const [disk, bytes] of disks.resizes) await step("VM disk resize", vm.resizeDisk(disk, bytes));
  const again: Parameters = grownLines(change.body, disks);
  if (Object.keys(again).length > 0) await vm.update(again);
  return (
    needsReboot || (disks.resizes.length > 0 && flag(planned, "started") && !isHotpluggable(planned, "disk"))
  );
}

/** What would need the machine off while the plan forbids that. */
export class Blocked extends Error {
  constructor(operation: string) {
    super(
      `cannot ${operation} while the VM is running because this change requires the VM to be powered off, but ` +
        "automatic power-offs/reboots are disabled by 'reboot_after_update = false'",
    );
  }
}

async function mustBeOff(power: Power, operation: string): Promise<void> {
  if ((await power.offForChanges()) === "blocked") throw new Blocked(operation);
}

/** Makes the drive anew when its place changes; other settings only need it to be rebuilt. */
async function moveCloudInit(
  vm: VmApi,
  planned: WireMap,
  before: WireMap,
  config: GuestConfig,
  change: Change,
  power: Power,
): Promise<void> {
  const settings = block(planned, "initialization");
  if (!settings) return;
  const old = block(before, "initialization");
  const existing = [...configuredDisks(config)].find(([, line]) => isCloudInit(line, vm.vmid))?.[0] ?? "";
  const at = text(settings, "interface") || existing || "ide2";
  const differs = (key: string): boolean => old !== undefined && text(old, key) !== text(settings, key);
  if (existing === at && !differs("datastoreId") && !differs("fileFormat")) return;
  await mustBeOff(power, "move the Cloud-Init drive");
  await vm.update({ delete: existing !== "" && existing !== at ? `${at},${existing}` : at });
  Object.assign(change.body, cloudInitDrive(settings, at));
}

/** A pool that is no longer named is not left: another resource may hold the membership. */
async function movePool(vm: VmApi, from: string, to: string): Promise<void> {
  if (to === "") return;
  const vms = String(vm.vmid);
  if (from !== "")
    await vm.api.call("PUT", `pools/${from}`, { vms, delete: 1 }).catch((error: unknown) => {
      throw wrap(`while removing VM ${vms} from pool ${from}`, error);
    });
  await vm.api.call("PUT", `pools/${to}`, { vms }).catch((error: unknown) => {
    throw wrap(`while adding VM ${vms} to pool ${to}`, error);
  });
}
