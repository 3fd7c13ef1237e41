/** Pools of guests and storages (PVE::API2::Pool). */
import { PermissionError, PveError } from "../errors";
import type { Value, Values } from "../schema/types";
import type { Host } from "../../types";
import { list as guests } from "../guest/config";
import { storages } from "../storage/storages";
import { loadAccess, saveAccess, type Access, type Pool } from "./users";

const words = (value: Value | undefined): string[] =>
  String(value ?? "")
    .split(/[,;\s]+/)
    .filter(Boolean);

function change<T>(host: Host, edit: (access: Access) => T): T {
  const access = loadAccess(host);
  const result = edit(access);
  saveAccess(host, access);
  return result;
}

const named = (values: Values): string => String(values["poolid"]);

function poolOf(access: Access, id: string): Pool {
  const pool = access.pools[id];
  if (!pool) throw new PveError(`pool '${id}' does not exist`);
  return pool;
}

const within = (access: Access, vmid: string): string | undefined =>
  Object.keys(access.pools).find((id) => access.pools[id]?.vms.includes(vmid));

export const poolOfGuest = (host: Host, vmid: number): string | undefined =>
  within(loadAccess(host), String(vmid));

export const listPools = (host: Host): Record<string, unknown>[] =>
  Object.entries(loadAccess(host).pools)
    .sort()
    .map(([poolid, { comment }]) => ({ poolid, ...(comment !== "" && { comment }) }));

export function showPool(host: Host, id: string): Record<string, unknown> {
  const { comment, vms, storage } = poolOf(loadAccess(host), id);
  const there = (["lxc", "qemu"] as const).flatMap((type) =>
    guests(host, type).map((vmid) => ({ type, vmid })),
  );
  const members = [
    ...there
      .filter(({ vmid }) => vms.includes(String(vmid)))
      .map(({ type, vmid }) => ({ id: `${type}/${vmid}`, node: host.node, type, vmid })),
    ...storages(host)
      .filter((each) => storage.includes(each.id))
      .map((each) => ({
        id: `storage/${host.node}/${each.id}`,
        node: host.node,
        storage: each.id,
        type: "storage",
      })),
  ];
  return { poolid: id, members, ...(comment !== "" && { comment }) };
}

export function addPool(host: Host, values: Values): null {
  const id = named(values);
  const parent = id.includes("/") ? id.slice(0, id.lastIndexOf("/")) : undefined;
  return change(host, (access) => {
    const failed = (why: string) => new PveError(`create pool failed: ${why}`);
    if (access.pools[id]) throw failed(`pool '${id}' already exists`);
    if (parent !== undefined && !access.pools[parent])
      throw failed(`parent '${parent}' of pool '${id}' does not exist`);
    if (!/^[A-Za-z]/.test(id.split("/").at(-1) ?? "")) throw failed("pool name must start with a letter");
    access.pools[id] = { comment: String(values["comment"] ?? ""), vms: [], storage: [] };
    return null;
  });
}

export function modifyPool(host: Host, values: Values): null {
  const id = named(values);
  try {
    return change(host, (access) => {
      const pool = poolOf(access, id);
      if (values["comment"] !== undefined) pool.comment = String(values["comment"]);
      const removes = values["delete"] === 1;
      for (const vmid of words(values["vms"])) {
        if (removes) takeOut(pool.vms, vmid, `VM ${vmid} is not a pool member`);
        else putIn(access, id, vmid, values["allow-move"] === 1);
      }
      for (const storage of words(values["storage"])) {
        if (removes) takeOut(pool.storage, storage, `Storage '${storage}' is not a pool member`);
        else if (pool.storage.includes(storage))
          throw new PveError(`Storage '${storage}' is already a pool member`);
        else pool.storage.push(storage);
      }
      return null;
    });
  } catch (error) {
    throw error instanceof PveError ? new PveError(`update pools failed: ${error.message}`) : error;
  }
}

function takeOut(members: string[], one: string, missing: string): void {
  if (!members.includes(one)) throw new PveError(missing);
  members.splice(members.indexOf(one), 1);
}

function putIn(access: Access, id: string, vmid: string, mayMove: boolean): void {
  const before = within(access, vmid);
  if (before === id) throw new PveError(`VM ${vmid} is already a pool member`);
  if (before !== undefined && !mayMove)
    throw new PveError(`VM ${vmid} belongs already to pool '${before}' and 'allow-move' is not set`);
  if (before !== undefined) takeOut(poolOf(access, before).vms, vmid, "");
  poolOf(access, id).vms.push(vmid);
}

/** Members that are gone do not count. */
export function deletePool(host: Host, id: string): null {
  return change(host, (access) => {
    const failed = (why: string) => new PveError(`delete pool failed: pool '${id}' ${why}`);
    if (!access.pools[id]) throw failed("does not exist");
    const { vms, storage } = poolOf(access, id);
    const below = Object.keys(access.pools).filter((other) => other.startsWith(`${id}/`));
    if (below.length > 0) throw failed(`is not empty (contains pool '${below.sort()[0]}')`);
    const ids = [...guests(host, "lxc"), ...guests(host, "qemu")].map(String);
    const vm = [...vms].sort().find((vmid) => ids.includes(vmid));
    if (vm !== undefined) throw failed(`is not empty (contains VM ${vm})`);
    const known = storages(host).map((each) => each.id);
    const kept = [...storage].sort().find((each) => known.includes(each));
    if (kept !== undefined) throw failed(`is not empty (contains storage '${kept}')`);
    delete access.pools[id];
    access.acls = access.acls.filter(({ path }) => path !== `/pool/${id}`);
    return null;
  });
}

/** For a guest that is made: a pool that is not there is refused before anything is done. */
export function checkPool(host: Host, values: Values): void {
  const { pool } = values;
  if (pool !== undefined && !loadAccess(host).pools[String(pool)])
    throw new PermissionError(`pool '${String(pool)}' does not exist`);
}

/** A new guest joins the pool that it was made for. */
export function joinPool(host: Host, vmid: number, { pool }: Values): void {
  if (pool !== undefined) change(host, (access) => putIn(access, String(pool), String(vmid), true));
}

/** A guest that is removed leaves its pool and its access rules behind (PVE::AccessControl::remove_vm_access). */
export function forgetGuest(host: Host, vmid: number): void {
  const { pools, acls } = loadAccess(host);
  const path = `/vms/${vmid}`;
  const isNamed =
    acls.some((acl) => acl.path === path) ||
    Object.values(pools).some(({ vms }) => vms.includes(String(vmid)));
  if (!isNamed) return;
  change(host, (access) => {
    access.acls = access.acls.filter((acl) => acl.path !== path);
    for (const pool of Object.values(access.pools)) pool.vms = pool.vms.filter((one) => one !== String(vmid));
  });
}
