/** What a container does and what it uses, for `pct list`, `pct status` and the API. */
import type { GuestFile } from "../config/guest-file";
import type { Host } from "../../types";
import { isTemplate, list, load, mounts, type Kind } from "./config";
import { isNumeric } from "./options";
import { get, pendingDeletes } from "./pending";
import { running, type Running } from "./state";
import { parseSize } from "../storage/volumes";

const MIB = 1024 ** 2;

export interface Status {
  vmid: number;
  status: "running" | "stopped";
  type: "lxc";
  name: string;
  maxmem: number;
  maxswap: number;
  maxdisk: number;
  cpus: number;
  mem: number;
  swap: number;
  disk: number;
  cpu: number;
  uptime: number;
  netin: number;
  netout: number;
  diskread: number;
  diskwrite: number;
  pid?: number;
  lock?: string;
  tags?: string;
  template?: 1;
}

export function statusOf(host: Host, vmid: number): Status {
  const config = load(host, "lxc", vmid);
  const state = running(host, vmid);
  const { hostname, memory = "512", swap = "512", cores } = config.values;
  const root = mounts(host, config).find((mount) => mount.key === "rootfs");
  return {
    vmid,
    status: state ? "running" : "stopped",
    type: "lxc",
    name: hostname ?? `CT${vmid}`,
    maxmem: Number(memory) * MIB,
    maxswap: Number(swap) * MIB,
    maxdisk: parseSize(String(root?.values["size"] ?? "0")) ?? 0,
    cpus: Number(cores ?? host.machine.cores),
    mem: 0,
    swap: 0,
    disk: 0,
    cpu: 0,
    ...figures(config, state),
  };
}

/** What `pct` and `qm` show alike: there is no traffic in the lab, so its counters stay at zero. */
export function figures(config: GuestFile, state: Running | undefined) {
  const { lock, tags } = config.values;
  return {
    uptime: state ? Math.max(1, Math.floor((Date.now() - state.since) / 1000)) : 0,
    netin: 0,
    netout: 0,
    diskread: 0,
    diskwrite: 0,
    ...(state && { pid: state.pid }),
    ...(lock !== undefined && { lock }),
    ...(tags !== undefined && { tags }),
    ...(isTemplate(config) && { template: 1 as const }),
  };
}

export const statusList = (host: Host): Status[] => list(host, "lxc").map((vmid) => statusOf(host, vmid));

/** Current values, with pending ones over them unless `current`. */
export function effective(config: GuestFile, current: boolean): Record<string, string> {
  const values = { ...config.values };
  if (config.description !== "") values["description"] = config.description;
  if (current) return values;
  for (const key of pendingDeletes(config)) delete values[key];
  for (const [key, value] of Object.entries(config.pending.values)) if (key !== "delete") values[key] = value;
  if (config.pending.description !== "") values["description"] = config.pending.description;
  return values;
}

/** Values as JSON answers hold them: numbers where the schema says so. */
export function typed(host: Host, values: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, isNumeric(host.release, key) ? Number(value) : value]),
  );
}

export interface PendingEntry {
  key: string;
  value?: unknown;
  pending?: unknown;
  delete?: 1;
}

/** Current and waiting values by key, as `…/pending` lists them. */
export function pendingList(
  host: Host,
  kind: Kind,
  vmid: number,
): { entries: PendingEntry[]; digest: string } {
  const config = load(host, kind, vmid);
  const deletes = new Set(pendingDeletes(config));
  const now = effective(config, true);
  const later = { ...config.pending.values };
  delete later["delete"];
  if (config.pending.description !== "") later["description"] = config.pending.description;
  const convert = (key: string, value: string) => (isNumeric(host.release, key) ? Number(value) : value);
  const entries = [...new Set([...Object.keys(now), ...Object.keys(later)])]
    .sort()
    .map((key): PendingEntry => {
      const entry: PendingEntry = { key };
      const value = get(config, key);
      if (value !== undefined) entry.value = convert(key, value);
      if (deletes.has(key)) entry.delete = 1;
      else if (later[key] !== undefined) entry.pending = convert(key, later[key]);
      return entry;
    });
  return { entries, digest: config.digest };
}
