/** Changes of a container that wait for its next stop, and how they are applied. */
import { statSync } from "node:fs";
import type { GuestFile, Section } from "../config/guest-file";
import { PveError } from "../errors";
import { inHost } from "../paths";
import { locate, freeVolume } from "../storage/volumes";
import type { Host } from "../../types";
import { addUnused, mounts, parseMount } from "./config";
import { showInterfaces, showLimits } from "./limits";
import { attachDevice, attachMount } from "./runtime";
import { realizeMount } from "./volumes";

/** Options that change a running container at once (PVE::LXC::Config::vmconfig_hotplug_pending). */
const AT_ONCE =
  /^(description|onboot|startup|protection|hostname|hookscript|cores|tags|lock|cpulimit|cpuunits|memory|swap|template|net\d+|unused\d+)$/;

export const pendingDeletes = (config: GuestFile): string[] =>
  (config.pending.values["delete"] ?? "").split(",").filter(Boolean);

export function setPendingDeletes(config: GuestFile, keys: string[]): void {
  if (keys.length > 0) config.pending.values["delete"] = [...new Set(keys)].sort().join(",");
  else delete config.pending.values["delete"];
}

export function get(section: Section, key: string): string | undefined {
  if (key !== "description") return section.values[key];
  return section.description === "" ? undefined : section.description;
}

function put(section: Section, key: string, value: string | undefined): void {
  if (key === "description") section.description = value ?? "";
  else if (value === undefined) delete section.values[key];
  else section.values[key] = value;
}

/** Drops pending values that are in force already and removals of what is not there. */
export function cleanPending(config: GuestFile): void {
  for (const key of Object.keys(config.pending.values))
    if (key !== "delete" && config.pending.values[key] === get(config, key))
      delete config.pending.values[key];
  if (config.pending.description !== "" && config.pending.description === config.description)
    config.pending.description = "";
  setPendingDeletes(
    config,
    pendingDeletes(config).filter((key) => get(config, key) !== undefined),
  );
}

/** Puts a volume that is no longer mounted under unusedN, when it is the guest's own. */
function release(host: Host, vmid: number, config: GuestFile, key: string): void {
  const text = config.values[key];
  if (text === undefined) return;
  const mount = parseMount(host, key, text);
  if (mount.type !== "volume") return;
  const { plugin, name } = locate(host, mount.volume);
  if (plugin.parse(name).vmid === vmid) addUnused(config, mount.volume);
}

function applyDelete(host: Host, vmid: number, config: GuestFile, key: string): void {
  if (/^mp\d+$/.test(key)) release(host, vmid, config, key);
  const volume = config.values[key];
  if (/^unused\d+$/.test(key) && volume !== undefined) {
    const used = [config, ...Object.values(config.snapshots)].some((section) =>
      mounts(host, section).some((mount) => mount.volume === volume),
    );
    if (!used) freeVolume(host, volume);
  }
  put(config, key, undefined);
}

function applySet(host: Host, vmid: number, config: GuestFile, key: string, value: string): void {
  // The root disk's line is put there as it was asked for (vmconfig_apply_pending).
  if (!/^mp\d+$/.test(key)) return put(config, key, value);
  const mount = parseMount(host, key, value);
  const old = config.values[key];
  const { line } = realizeMount(host, vmid, mount, config);
  if (old !== undefined && parseMount(host, key, old).volume !== parseMount(host, key, line).volume)
    release(host, vmid, config, key);
  config.values[key] = line;
}

/** Applies everything: removals first, then values. */
export function applyPending(host: Host, vmid: number, config: GuestFile): void {
  for (const key of pendingDeletes(config)) applyDelete(host, vmid, config, key);
  setPendingDeletes(config, []);
  if (config.pending.description !== "") put(config, "description", config.pending.description);
  config.pending.description = "";
  for (const key of Object.keys(config.pending.values).sort()) {
    applySet(host, vmid, config, key, config.pending.values[key] ?? "");
    delete config.pending.values[key];
  }
}

/** Applies what a running container takes at once; the rest stays pending. */
export async function hotplugPending(host: Host, vmid: number, config: GuestFile): Promise<void> {
  for (const key of pendingDeletes(config)) {
    if (!AT_ONCE.test(key)) continue;
    applyDelete(host, vmid, config, key);
    setPendingDeletes(
      config,
      pendingDeletes(config).filter((other) => other !== key),
    );
  }
  if (config.pending.description !== "") put(config, "description", config.pending.description);
  config.pending.description = "";
  for (const key of Object.keys(config.pending.values).sort()) {
    const value = config.pending.values[key] ?? "";
    const fresh = config.values[key] === undefined;
    const device = /^dev\d+$/.test(key) && fresh && host.release === 9;
    const mount = /^mp\d+$/.test(key) && fresh;
    if (key === "delete" || !(AT_ONCE.test(key) || device || mount)) continue;
    if (mount) {
      const { type, volume } = parseMount(host, key, value);
      if (type === "bind" && !statSync(inHost(host, volume), { throwIfNoEntry: false })?.isDirectory())
        throw new PveError(`directory '${volume}' does not exist`);
    }
    applySet(host, vmid, config, key, value);
    delete config.pending.values[key];
    if (mount) await attachMount(host, vmid, config, parseMount(host, key, config.values[key] ?? ""));
    if (device) await attachDevice(host, vmid, config, key);
  }
  showLimits(host, vmid, config);
  showInterfaces(host, vmid, config);
}
