/** /pools: pools of guests and storages. */
import * as pools from "../access/pools";
import type { Method } from "../context";
import { boolean, string, type Parameters, type Values } from "../schema/types";

const O = { optional: true } as const;
const poolid = string({ format: "pve-poolid" });
const allocate: Method["permission"] = (check, values) =>
  check.require(`/pool/${String(values["poolid"])}`, ["Pool.Allocate"]);
const audit: Method["permission"] = (check, values) =>
  check.require(`/pool/${String(values["poolid"])}`, ["Pool.Audit"]);
const name = (values: Values): string => String(values["poolid"]);

const changes: Parameters = {
  poolid,
  comment: string(O),
  vms: string(O),
  storage: string(O),
  "allow-move": boolean(O),
  delete: boolean(O),
};

export function poolMethods(): Method[] {
  return [
    {
      method: "GET",
      path: "/pools",
      parameters: { poolid: string({ ...O, format: "pve-poolid" }) },
      run: async ({ host }, values) =>
        values["poolid"] === undefined ? pools.listPools(host) : [pools.showPool(host, name(values))],
    },
    {
      method: "POST",
      path: "/pools",
      parameters: { poolid, comment: string(O) },
      permission: allocate,
      run: async ({ host }, values) => pools.addPool(host, values),
    },
    {
      method: "PUT",
      path: "/pools",
      parameters: changes,
      permission: allocate,
      run: async ({ host }, values) => pools.modifyPool(host, values),
    },
    {
      method: "DELETE",
      path: "/pools",
      parameters: { poolid },
      permission: allocate,
      run: async ({ host }, values) => pools.deletePool(host, name(values)),
    },
    {
      method: "GET",
      path: "/pools/{poolid}",
      parameters: { poolid },
      permission: audit,
      run: async ({ host }, values) => pools.showPool(host, name(values)),
    },
    {
      method: "PUT",
      path: "/pools/{poolid}",
      parameters: changes,
      permission: allocate,
      run: async ({ host }, values) => pools.modifyPool(host, values),
    },
    {
      method: "DELETE",
      path: "/pools/{poolid}",
      parameters: { poolid },
      permission: allocate,
      run: async ({ host }, values) => pools.deletePool(host, name(values)),
    },
  ];
}
