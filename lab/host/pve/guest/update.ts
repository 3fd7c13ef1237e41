/** `pct set` and PUT …/config. */
import { existsSync } from "node:fs";
import type { Context } from "../context";
import { ParameterError, PermissionError, PveError } from "../errors";
import type { GuestFile } from "../config/guest-file";
import { inHost } from "../paths";
import { parsePropertyString } from "../schema/value";
import type { Values } from "../schema/types";
import { volumeExists, volumePath } from "../storage/volumes";
import type { Host } from "../../types";
import { checkLock, load, parseMount, save } from "./config";
import { checkDevices } from "./devices";
import { withLock } from "./lock";
import { checkBridges, checkMtu, completeNetwork } from "./network";
import { containerOptions, featuresFormat } from "./options";
import {
  applyPending,
  cleanPending,
  get,
  hotplugPending,
  pendingDeletes,
  setPendingDeletes,
} from "./pending";
import { isRunning } from "./state";
import { checkMountSource, printMount } from "./volumes";

/** Options for which only root@pam with a ticket is let through (PVE::LXC::check_ct_modify_config_perm). */
export function checkRootOnly(
  context: Context,
  unprivileged: boolean,
  changes: Record<string, string>,
  deletes: string[],
  current: Record<string, string>,
): void {
  if (context.user === "root@pam") return;
  for (const [key, text] of Object.entries(changes)) {
    if (/^(mp\d+|rootfs)$/.test(key)) {
      const { type } = parseMount(context.host, key, text);
      if (type !== "volume")
        throw new PermissionError(`mount point type ${type} is only allowed for root@pam`);
    }
    if (/^dev\d+$/.test(key))
      throw new PermissionError("configuring device passthrough is only allowed for root@pam");
    if (key === "features") checkFeatures(context.host, unprivileged, current["features"], text);
    if (key === "hookscript")
      throw new PermissionError("changing the hookscript is only allowed for root@pam");
  }
  for (const key of deletes) {
    if (/^dev\d+$/.test(key))
      throw new PermissionError("configuring device passthrough is only allowed for root@pam");
    if (key === "features") checkFeatures(context.host, unprivileged, current["features"], "");
    if (key === "hookscript")
      throw new PermissionError("changing the hookscript is only allowed for root@pam");
  }
}

function checkFeatures(host: Host, unprivileged: boolean, before: string | undefined, after: string): void {
  if (!unprivileged)
    throw new PermissionError("changing feature flags for privileged container is only allowed for root@pam");
  const old = parsePropertyString(featuresFormat, before ?? "", host.release);
  const fresh = parsePropertyString(featuresFormat, after, host.release);
  for (const key of new Set([...Object.keys(old), ...Object.keys(fresh)]))
    if (key !== "nesting" && (old[key] ?? "") !== (fresh[key] ?? ""))
      throw new PermissionError("changing feature flags (except nesting) is only allowed for root@pam");
}

const names = (value: string | number | undefined): string[] =>
  String(value ?? "")
    .split(/[,;\s]+/)
    .filter(Boolean);

/** As a datacenter without a tag-style of its own has them (PVE::GuestHelpers::get_unique_tags). */
export const sortTags = (text: string): string => [...new Set(names(text.toLowerCase()))].sort().join(";");

/** The value as it is stored; throws when it cannot be. */
export function storedValue(host: Host, key: string, value: string): string {
  if (/^(mp\d+|rootfs)$/.test(key)) {
    const mount = parseMount(host, key, value);
    checkMountSource(host, mount);
    return printMount(host, mount);
  }
  if (key === "hookscript") {
    if (!volumeExists(host, value) || !existsSync(inHost(host, volumePath(host, value))))
      throw new PveError(`script '${value}' does not exist`);
  }
  if (key === "tags") return sortTags(value);
  if (key === "nameserver" || key === "searchdomain") return names(value).join(" ");
  if (/^net\d+$/.test(key)) {
    checkMtu(host, key, value);
    return completeNetwork(host, value);
  }
  if (/^dev\d+$/.test(key)) checkDevices(host, value);
  return value;
}

const NOT_OPTIONS = new Set(["node", "vmid", "digest", "delete", "revert"]);
const REQUIRED = ["memory", "rootfs", "ostype"];

function queueDeletes(context: Context, vmid: number, config: GuestFile, deletes: string[]): void {
  for (const key of deletes) {
    if (get(config, key) === undefined && get(config.pending, key) === undefined) {
      context.warn(`cannot delete '${key}' - not set in current configuration!`);
      continue;
    }
    if (REQUIRED.includes(key)) throw new PveError(`unable to delete required option '${key}'`);
    if (key === "unprivileged") throw new PveError(`unable to delete read-only option: '${key}'`);
    if (/^(unused|mp)\d+$/.test(key) && config.values["protection"] === "1")
      throw new PveError(`can't remove CT ${vmid} drive '${key}' - protection mode enabled`);
    setPendingDeletes(config, [...pendingDeletes(config), key]);
  }
}

function queueValues(host: Host, vmid: number, config: GuestFile, changes: Record<string, string>): void {
  for (const key of Object.keys(changes).sort()) {
    const value = changes[key] ?? "";
    if (key === "unprivileged") throw new PveError(`unable to modify read-only option: '${key}'`);
    if (/^(mp\d+|rootfs)$/.test(key) && config.values["protection"] === "1")
      throw new PveError(`can't update CT ${vmid} drive '${key}' - protection mode enabled`);
    const stored = storedValue(host, key, value);
    if (key === "description" && stored === "") config.description = "";
    else if (key === "description") config.pending.description = stored;
    else config.pending.values[key] = stored;
    setPendingDeletes(
      config,
      pendingDeletes(config).filter((other) => other !== key),
    );
  }
}

function checkConflicts(host: Host, changes: Record<string, string>, list: string[], word: string): void {
  for (const key of list) {
    if (changes[key] !== undefined)
      throw new ParameterError({ [word]: `you can't use '-${key}' and -${word} ${key}' at the same time` });
    if (!containerOptions(host.release)[key]) throw new ParameterError({ [word]: `unknown option '${key}'` });
  }
}

/** Changes a container's configuration; a running one takes at once what it can. */
export async function updateContainer(context: Context, values: Values): Promise<null> {
  const { host } = context;
  const vmid = Number(values["vmid"]);
  const { digest, delete: toDelete, revert: toRevert } = values;
  const changes = Object.fromEntries(
    Object.entries(values)
      .filter(([key]) => !NOT_OPTIONS.has(key))
      .map(([key, value]) => [key, String(value)]),
  );
  const deletes = names(toDelete);
  const reverts = names(toRevert);
  if (Object.keys(changes).length + deletes.length + reverts.length === 0)
    throw new PveError("no options specified");
  checkConflicts(host, changes, deletes, "delete");
  checkConflicts(host, changes, reverts, "revert");
  const before = load(host, "lxc", vmid, context.warn);
  const unprivileged = before.values["unprivileged"] === "1";
  checkRootOnly(context, unprivileged, changes, deletes, before.values);
  await withLock(
    host,
    "lxc",
    vmid,
    async () => {
      const config = load(host, "lxc", vmid, context.warn);
      checkLock(config);
      if (digest !== undefined && digest !== config.digest)
        throw new PveError("detected modified configuration - file changed by other user? Try again.");
      for (const key of reverts) {
        delete config.pending.values[key];
        setPendingDeletes(
          config,
          pendingDeletes(config).filter((other) => other !== key),
        );
      }
      queueDeletes(context, vmid, config, deletes);
      queueValues(host, vmid, config, changes);
      cleanPending(config);
      if (isRunning(host, vmid)) await hotplugPending(host, vmid, config);
      else applyPending(host, vmid, config);
      save(host, "lxc", vmid, config);
      checkBridges(host, config);
      await host.latency("pct set");
    },
    context.warn,
  );
  return null;
}
