/** /version, /cluster and what /nodes/{node} tells about the node and its tasks. */
import { poolOfGuest } from "../access/pools";
import { loadavg, uptime } from "node:os";
import type { Context, Method } from "../context";
import { ParameterError } from "../errors";
import { exists, list } from "../guest/config";
import { statusList } from "../guest/status";
import { boolean, integer, string, type Values } from "../schema/types";
import { listTasks, parseUpid, taskLog, taskStatus, type Task } from "../task/tasks";
import { vmStatus } from "../vm/status";
import type { Host } from "../../types";
import { node, vmid } from "./methods-lxc";
import { listStatus } from "./methods-storage";
import { VERSIONS } from "../version";

const O = { optional: true } as const;
const MIB = 1024 ** 2;
const upid = string();

function nodeEntry({ node: name, machine }: Host): Record<string, unknown> {
  return {
    id: `node/${name}`,
    node: name,
    type: "node",
    status: "online",
    cpu: 0,
    maxcpu: machine.cores,
    mem: 0,
    maxmem: machine.memoryMb * MIB,
    disk: 0,
    maxdisk: machine.disks.reduce((sum, disk) => sum + disk.sizeBytes, 0),
    uptime: Math.floor(uptime()),
    level: "",
  };
}

function nextId({ host }: Context, values: Values): string {
  const taken = (id: number) => exists(host, "lxc", id) || exists(host, "qemu", id);
  const wanted = values["vmid"];
  if (wanted !== undefined) {
    if (taken(Number(wanted))) throw new ParameterError({ vmid: `VM ${wanted} already exists` });
    return String(wanted);
  }
  let id = 100;
  while (taken(id)) id++;
  return String(id);
}

function resources({ host, permissions }: Context, values: Values): Record<string, unknown>[] {
  const type = values["type"];
  const pool = (vmid: number) => {
    const name = poolOfGuest(host, vmid);
    return name === undefined ? {} : { pool: name };
  };
  const guests = statusList(host)
    .filter((status) => permissions.has(`/vms/${status.vmid}`, "VM.Audit"))
    .map((status) => ({
      ...status,
      maxswap: undefined,
      ...pool(status.vmid),
      id: `lxc/${status.vmid}`,
      node: host.node,
    }));
  const machines = list(host, "qemu")
    .filter((id) => permissions.has(`/vms/${id}`, "VM.Audit"))
    .map((id) => ({
      ...vmStatus(host, id),
      qmpstatus: undefined,
      ...pool(id),
      id: `qemu/${id}`,
      node: host.node,
      type: "qemu",
    }));
  const storages = listStatus(host, {}).map((status) => ({
    id: `storage/${host.node}/${status.storage}`,
    node: host.node,
    type: "storage",
    storage: status.storage,
    plugintype: status.type,
    status: status.active ? "available" : "unknown",
    content: status.content,
    shared: status.shared,
    disk: status.used,
    maxdisk: status.total,
  }));
  return [
    ...(type === undefined || type === "vm" ? [...guests, ...machines] : []),
    ...(type === undefined || type === "storage" ? storages : []),
    ...(type === undefined || type === "node" ? [nodeEntry(host)] : []),
  ];
}

/** A task as the API shows it: the token stands apart from the user. */
function shown(task: Task): Record<string, unknown> {
  const [user, tokenid] = task.user.split("!");
  return { ...task, user, ...(tokenid !== undefined && { tokenid }) };
}

export function nodeMethods(release: 8 | 9): Method[] {
  const version = {
    version: VERSIONS[release],
    release: VERSIONS[release].split(".").slice(0, 2).join("."),
    repoid: "lab",
  };
  return [
    { method: "GET", path: "/version", parameters: {}, run: async () => version },
    {
      method: "GET",
      path: "/",
      parameters: {},
      run: async () =>
        ["version", "cluster", "nodes", "storage", "access", "pools"].map((subdir) => ({ subdir })),
    },
    {
      method: "GET",
      path: "/cluster/nextid",
      parameters: { vmid: { ...vmid, optional: true } },
      run: async (context, values) => nextId(context, values),
    },
    {
      method: "GET",
      path: "/cluster/resources",
      parameters: { type: string({ ...O, enum: ["vm", "storage", "node", "sdn"] }) },
      run: async (context, values) => resources(context, values),
    },
    {
      method: "GET",
      path: "/cluster/status",
      parameters: {},
      run: async ({ host }) => [
        {
          id: `node/${host.node}`,
          name: host.node,
          type: "node",
          local: 1,
          nodeid: 0,
          online: 1,
          ip: "127.0.0.1",
        },
      ],
    },
    {
      method: "GET",
      path: "/cluster/tasks",
      parameters: {},
      run: async ({ host }) => listTasks(host).map(shown),
    },
    { method: "GET", path: "/nodes", parameters: {}, run: async ({ host }) => [nodeEntry(host)] },
    {
      method: "GET",
      path: "/nodes/{node}",
      parameters: { node },
      run: async () => ["lxc", "qemu", "status", "storage", "tasks", "version"].map((name) => ({ name })),
    },
    { method: "GET", path: "/nodes/{node}/version", parameters: { node }, run: async () => version },
    {
      method: "GET",
      path: "/nodes/{node}/status",
      parameters: { node },
      permission: (check, values) => check.require(`/nodes/${values["node"]}`, ["Sys.Audit"]),
      run: async ({ host: { machine } }) => ({
        uptime: Math.floor(uptime()),
        loadavg: loadavg().map((value) => value.toFixed(2)),
        kversion: "Linux 6.14.11-4-pve #1 SMP PREEMPT_DYNAMIC PMX 6.14.11-4",
        pveversion: `pve-manager/${VERSIONS[release]}/lab`,
        cpu: 0,
        cpuinfo: { cpus: machine.cores, cores: machine.cores, sockets: 1, model: "Lab CPU" },
        memory: { total: machine.memoryMb * MIB, used: 0, free: machine.memoryMb * MIB },
        swap: { total: 0, used: 0, free: 0 },
      }),
    },
    {
      method: "GET",
      path: "/nodes/{node}/network",
      parameters: { node, type: string(O) },
      run: async ({ host }, values) =>
        host.machine.bridges
          .map(({ name, address, gateway }) => ({
            iface: name,
            type: "bridge",
            method: "static",
            cidr: address,
            address: address.split("/")[0],
            gateway,
            active: 1,
            autostart: 1,
          }))
          .filter(
            ({ type }) => values["type"] === undefined || /^(bridge|any_bridge|any_local_bridge)$/.test(type),
          ),
    },
    {
      method: "GET",
      path: "/nodes/{node}/tasks",
      parameters: {
        node,
        limit: integer({ ...O, minimum: 0 }),
        start: integer({ ...O, minimum: 0 }),
        vmid: { ...vmid, optional: true },
        typefilter: string(O),
        userfilter: string(O),
        statusfilter: string(O),
        since: integer(O),
        until: integer(O),
        errors: boolean(O),
        source: string({ ...O, enum: ["archive", "active", "all"] }),
      },
      async run({ host }, values) {
        const start = Number(values["start"] ?? 0);
        return listTasks(host)
          .filter((task) => values["vmid"] === undefined || task.id === String(values["vmid"]))
          .filter((task) => values["typefilter"] === undefined || task.type === values["typefilter"])
          .filter((task) => values["source"] !== "active" || task.status === "running")
          .filter((task) => values["errors"] !== 1 || (task.exitstatus ?? "OK") !== "OK")
          .slice(start, start + Number(values["limit"] ?? 50))
          .map((task) => ({ ...shown(task), status: task.exitstatus }));
      },
    },
    {
      method: "GET",
      path: "/nodes/{node}/tasks/{upid}/status",
      parameters: { node, upid },
      run: async ({ host }, values) => shown(taskStatus(host, String(values["upid"]))),
    },
    {
      method: "GET",
      path: "/nodes/{node}/tasks/{upid}/log",
      parameters: {
        node,
        upid,
        start: integer({ ...O, minimum: 0 }),
        limit: integer({ ...O, minimum: 0 }),
        download: boolean(O),
      },
      async run({ host }, values) {
        parseUpid(String(values["upid"]));
        const start = Number(values["start"] ?? 0);
        const lines = taskLog(host, String(values["upid"]));
        const text = lines.slice(start, start + Number(values["limit"] ?? 50));
        return text.length === 0
          ? [{ n: 1, t: "no content" }]
          : text.map((t, n) => ({ n: start + n + 1, t }));
      },
    },
  ];
}
