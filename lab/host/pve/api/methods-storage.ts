/** /storage and /nodes/{node}/storage: the methods behind `pvesm` and the API. */
import type { Context, Method } from "../context";
import { ParameterError, PveError } from "../errors";
import { boolean, integer, storageId, string, type Parameters, type Values } from "../schema/types";
import {
  addStorage,
  allocVolume,
  completeVolumeId,
  removeStorage,
  removeVolume,
  setStorage,
} from "../storage/manage";
import type { Storage, Volume } from "../storage/plugin";
import {
  isDisabled,
  pluginOf,
  servesNode,
  storageFile,
  storageOf,
  storages,
  storageState,
  storageTypes,
  usableStorage,
} from "../storage/storages";
import { volumePath } from "../storage/volumes";
import type { Host } from "../../types";
import { node, vmid } from "./methods-lxc";

const O = { optional: true } as const;

/** Options of every kind of storage that the lab simulates. */
const options: Parameters = {
  content: string({ ...O, format: "pve-storage-content-list" }),
  "content-dirs": string(O),
  nodes: string({ ...O, format: "pve-node-list" }),
  disable: boolean(O),
  shared: boolean(O),
  "prune-backups": string(O),
  maxfiles: integer({ ...O, minimum: 0 }),
  "max-protected-backups": integer({ ...O, minimum: -1 }),
  format: string({ ...O, enum: ["raw", "qcow2", "subvol", "vmdk"] }),
  preallocation: string({ ...O, enum: ["off", "metadata", "falloc", "full"] }),
  bwlimit: string(O),
  mkdir: boolean(O),
  "create-base-path": boolean(O),
  "create-subdirs": boolean(O),
  is_mountpoint: string(O),
  blocksize: string(O),
  sparse: boolean(O),
  mountpoint: string({ ...O, format: "pve-storage-path" }),
  options: string({ ...O, format: "pve-storage-options" }),
  pool: string(O),
  server: string({ ...O, format: "pve-storage-server" }),
};

/** Options that only `pvesm add` takes. */
const creation: Parameters = {
  path: string({ ...O, format: "pve-storage-path" }),
  export: string({ ...O, format: "pve-storage-path" }),
};

const NUMBERS = new Set(["disable", "shared", "sparse", "maxfiles", "mkdir"]);

function configOf(host: Host, storage: Storage): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(storage.values))
    values[key] = NUMBERS.has(key) ? Number(value) : value;
  return {
    ...values,
    content: storage.content.join(","),
    storage: storage.id,
    type: storage.type,
    digest: storageFile(host).digest,
  };
}

export interface StorageStatus {
  storage: string;
  type: string;
  content: string;
  active: 0 | 1;
  enabled: 0 | 1;
  shared: 0 | 1;
  total: number;
  used: number;
  avail: number;
  used_fraction?: number;
}

export function statusOfStorage(host: Host, storage: Storage): StorageStatus {
  const active = storageState(host, storage) === "active";
  const [total, used] = active ? pluginOf(storage.type).usage(host, storage) : [0, 0];
  return {
    storage: storage.id,
    type: storage.type,
    content: storage.content.join(","),
    active: active ? 1 : 0,
    enabled: isDisabled(storage) ? 0 : 1,
    shared: storage.values["shared"] === "1" || storage.type === "nfs" ? 1 : 0,
    total,
    used,
    avail: total - used,
    ...(active && total > 0 && { used_fraction: used / total }),
  };
}

function checkExists(host: Host, id: string): Storage {
  const found = storages(host).find((storage) => storage.id === id);
  if (!found) throw new ParameterError({ storage: "No such storage." });
  return found;
}

/** Storages of this node, narrowed as `pvesm status` does. */
export function listStatus(host: Host, values: Values): StorageStatus[] {
  const id = values["storage"];
  if (id !== undefined) checkExists(host, String(id));
  const content = String(values["content"] ?? "")
    .split(",")
    .filter(Boolean);
  return storages(host)
    .filter((storage) => servesNode(host, storage))
    .filter((storage) => id === undefined || storage.id === id)
    .filter((storage) => content.length === 0 || content.some((kind) => storage.content.includes(kind)))
    .filter((storage) => values["enabled"] !== 1 || !isDisabled(storage))
    .map((storage) => statusOfStorage(host, storage))
    .sort((a, b) => (a.storage < b.storage ? -1 : 1));
}

export function listVolumes({ host }: Context, values: Values): Volume[] {
  const storage = usableStorage(host, String(values["storage"]));
  const plugin = pluginOf(storage.type);
  plugin.activate(host, storage);
  const owner = values["vmid"] === undefined ? undefined : Number(values["vmid"]);
  const content = values["content"] === undefined ? undefined : String(values["content"]);
  return plugin
    .list(host, storage, owner, content)
    .filter((volume) => content === undefined || volume.content === content)
    .sort((a, b) => (a.volid < b.volid ? -1 : 1));
}

const allocate: Method["permission"] = (check, values) =>
  check.require(values["storage"] === undefined ? "/storage" : `/storage/${values["storage"]}`, [
    "Datastore.Allocate",
  ]);
const audit: Method["permission"] = (check, values) =>
  check.require(`/storage/${values["storage"]}`, ["Datastore.Audit", "Datastore.AllocateSpace"]);

export function storageMethods(release: 8 | 9): Method[] {
  const type = string({ enum: storageTypes(release) });
  const volume = string();
  const onNode = "/nodes/{node}/storage";
  return [
    {
      method: "GET",
      path: "/storage",
      parameters: { type: { ...type, optional: true } },
      run: async ({ host }, values) =>
        storages(host)
          .filter((storage) => values["type"] === undefined || storage.type === values["type"])
          .map((storage) => configOf(host, storage)),
    },
    {
      method: "POST",
      path: "/storage",
      parameters: { type, storage: storageId, ...options, ...creation },
      permission: allocate,
      run: async (context, values) => addStorage(context, values),
    },
    {
      method: "GET",
      path: "/storage/{storage}",
      parameters: { storage: storageId },
      permission: allocate,
      run: async ({ host }, values) => configOf(host, storageOf(host, String(values["storage"]))),
    },
    {
      method: "PUT",
      path: "/storage/{storage}",
      parameters: {
        storage: storageId,
        ...options,
        delete: string({ ...O, format: "pve-configid-list" }),
        digest: string({ ...O, maxLength: 64 }),
      },
      permission: allocate,
      run: async (context, values) => setStorage(context, values),
    },
    {
      method: "DELETE",
      path: "/storage/{storage}",
      parameters: { storage: storageId },
      permission: allocate,
      run: async ({ host }, values) => removeStorage(host, String(values["storage"])),
    },
    {
      method: "GET",
      path: onNode,
      parameters: {
        node,
        storage: { ...storageId, optional: true },
        content: string({ ...O, format: "pve-storage-content-list" }),
        enabled: boolean(O),
        format: boolean(O),
        target: string({ ...O, format: "pve-node" }),
      },
      run: async ({ host }, values) => listStatus(host, values),
    },
    {
      method: "GET",
      path: `${onNode}/{storage}/status`,
      parameters: { node, storage: storageId },
      permission: audit,
      async run({ host }, values) {
        const status = statusOfStorage(host, checkExists(host, String(values["storage"])));
        return { ...status, storage: undefined };
      },
    },
    {
      method: "GET",
      path: `${onNode}/{storage}/content`,
      parameters: {
        node,
        storage: storageId,
        vmid: { ...vmid, optional: true },
        content: string({ ...O, format: "pve-storage-content-list" }),
      },
      permission: audit,
      run: async (context, values) => listVolumes(context, values),
    },
    {
      method: "POST",
      path: `${onNode}/{storage}/content`,
      parameters: {
        node,
        storage: storageId,
        vmid,
        filename: string(),
        size: string({ pattern: /^\d+(\.\d+)?[KMGT]?$/ }),
        format: string({ ...O, enum: ["raw", "qcow2", "subvol", "vmdk"] }),
      },
      permission: (check, values) =>
        check.require(`/storage/${values["storage"]}`, ["Datastore.AllocateSpace"]),
      run: async ({ host }, values) => allocVolume(host, values),
    },
    {
      method: "GET",
      path: `${onNode}/{storage}/content/{volume}`,
      parameters: { node, storage: storageId, volume },
      permission: audit,
      async run(context, values) {
        const volid = completeVolumeId(String(values["volume"]), String(values["storage"]));
        const found = listVolumes(context, { storage: values["storage"] ?? "" }).find(
          (v) => v.volid === volid,
        );
        if (!found) throw new PveError(`volume '${volid}' does not exist`);
        return {
          path: volumePath(context.host, volid),
          size: found.size,
          used: found.size,
          format: found.format,
        };
      },
    },
    {
      method: "DELETE",
      path: `${onNode}/{storage}/content/{volume}`,
      parameters: { node, storage: storageId, volume, delay: integer({ ...O, minimum: 1, maximum: 30 }) },
      permission: (check, values) =>
        check.require(`/storage/${values["storage"]}`, ["Datastore.AllocateSpace"]),
      async run(context, values) {
        const volid = completeVolumeId(String(values["volume"]), String(values["storage"]));
        return context.fork("imgdel", volid.split(":")[0] ?? "", (log) => {
          const warning = removeVolume(context.host, volid);
          if (warning !== undefined) log(warning);
          log(`Removed volume '${volid}'`);
        });
      },
    },
  ];
}
