/** /nodes/{node}/qemu: the methods behind `qm` and the API. */
import type { Context, Method } from "../context";
import { ParameterError, PveError } from "../errors";
import { list } from "../guest/config";
import { effective, pendingList } from "../guest/status";
import { boolean, integer, number, string, type Parameters, type Values } from "../schema/types";
import { networkConfig, userData } from "../vm/cloudinit/generate";
import { prepareCloudInit } from "../vm/cloudinit/index";
import { cloneVm, moveDisk } from "../vm/clone";
import { drives, idOf, loadVm } from "../vm/config";
import { createVm } from "../vm/create";
import { destroyVm, resizeVm, templateVm } from "../vm/lifecycle";
import { DISK, isVmNumeric, vmOptions } from "../vm/options";
import { rebootVm, refuseWhenRunning, resetVm, shutdownVm, startVm, stopVm } from "../vm/power";
import {
  canSnapshot,
  createVmSnapshot,
  deleteVmSnapshot,
  listVmSnapshots,
  rollbackVmSnapshot,
  updateVmSnapshot,
} from "../vm/snapshot";
import { vmStatus } from "../vm/status";
import { updateVm, updateVmLater } from "../vm/update";
import { node, vmid } from "./methods-lxc";

const O = { optional: true } as const;
const BASE = "/nodes/{node}/qemu";
const guest: Parameters = { node, vmid };
const snapname = string({ format: "pve-configid", maxLength: 40 });
const storage = string({ ...O, format: "pve-storage-id" });
const disk = string({ pattern: DISK });
const HIDDEN = "**********";

const onGuest =
  (...privileges: string[]): NonNullable<Method["permission"]> =>
  (check, values) =>
    check.require(`/vms/${values["vmid"]}`, privileges);

const CONFIG_PRIVILEGES = [
  "VM.Config.Disk",
  "VM.Config.CDROM",
  "VM.Config.CPU",
  "VM.Config.Memory",
  "VM.Config.Network",
  "VM.Config.HWType",
  "VM.Config.Options",
  "VM.Config.Cloudinit",
];

const typed = (values: Record<string, string>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      if (key === "description") return [key, value.replace(/\n$/, "")];
      if (key === "cipassword") return [key, HIDDEN];
      return [key, isVmNumeric(key) ? Number(value) : value];
    }),
  );

/** A machine's settings, or those of one of its snapshots. */
export function vmConfig({ host }: Context, values: Values): Record<string, unknown> {
  const file = loadVm(host, idOf(values));
  const name = values["snapshot"];
  if (name === undefined) return { ...typed(effective(file, values["current"] === 1)), digest: file.digest };
  const section = file.snapshots[String(name)];
  if (!section) throw new PveError(`snapshot '${name}' does not exist`);
  const shown = { ...section.values };
  if (section.description !== "") shown["description"] = section.description;
  return typed(shown);
}

/** Current and waiting values by key. */
export function vmPending({ host }: Context, values: Values): Record<string, unknown>[] {
  const { entries, digest } = pendingList(host, "qemu", idOf(values));
  // What is a number of a container may be a text of a machine, such as its memory.
  const shown = (key: string, value: unknown) =>
    typeof value === "string" || typeof value === "number" ? typed({ [key]: String(value) })[key] : value;
  return [
    ...entries.map(({ key, value, pending, delete: removed }) => ({
      key,
      ...(value !== undefined && { value: shown(key, value) }),
      ...(pending !== undefined && { pending: shown(key, pending) }),
      ...(removed !== undefined && { delete: removed }),
    })),
    { key: "digest", value: digest },
  ];
}

/** `skiplock` is root's alone, checked with the parameters. */
const power =
  (run: (context: Context, values: Values) => Promise<string>): Method["run"] =>
  (context, values) => {
    if (values["skiplock"] === 1 && context.user !== "root@pam")
      throw new ParameterError({ skiplock: "Only root may use this option." });
    return run(context, values);
  };

const O_TIMEOUT = integer({ ...O, minimum: 0 });

function powerMethods(): Method[] {
  const skiplock = boolean(O);
  const method = (name: string, parameters: Parameters, run: Method["run"]): Method => ({
    method: "POST",
    path: `${BASE}/{vmid}/status/${name}`,
    parameters: { ...guest, skiplock, ...parameters },
    permission: onGuest("VM.PowerMgmt"),
    run,
  });
  return [
    method("start", { timeout: O_TIMEOUT, machine: string(O) }, power(startVm)),
    method(
      "stop",
      { timeout: O_TIMEOUT, keepActive: boolean(O), "overrule-shutdown": boolean(O) },
      power(stopVm),
    ),
    method(
      "shutdown",
      { timeout: O_TIMEOUT, forceStop: boolean(O), keepActive: boolean(O) },
      power(shutdownVm),
    ),
    method("reboot", { timeout: O_TIMEOUT }, power(rebootVm)),
    method("reset", {}, power(resetVm)),
    method("suspend", { todisk: boolean(O), statestorage: storage }, refuseWhenRunning("suspend")),
    method("resume", { nocheck: boolean(O) }, refuseWhenRunning("resume")),
  ];
}

function snapshotMethods(): Method[] {
  const path = `${BASE}/{vmid}/snapshot`;
  return [
    {
      method: "GET",
      path,
      parameters: guest,
      permission: onGuest("VM.Audit"),
      run: async ({ host }, values) => listVmSnapshots(host, idOf(values)),
    },
    {
      method: "POST",
      path,
      parameters: { ...guest, snapname, description: string(O), vmstate: boolean(O) },
      permission: onGuest("VM.Snapshot"),
      run: createVmSnapshot,
    },
    {
      method: "DELETE",
      path: `${path}/{snapname}`,
      parameters: { ...guest, snapname, force: boolean(O) },
      permission: onGuest("VM.Snapshot"),
      run: deleteVmSnapshot,
    },
    {
      method: "POST",
      path: `${path}/{snapname}/rollback`,
      parameters: { ...guest, snapname, start: boolean(O) },
      permission: onGuest("VM.Snapshot", "VM.Snapshot.Rollback"),
      run: rollbackVmSnapshot,
    },
    {
      method: "GET",
      path: `${path}/{snapname}/config`,
      parameters: { ...guest, snapname },
      permission: onGuest("VM.Snapshot", "VM.Snapshot.Rollback", "VM.Audit"),
      run: async (context, values) => vmConfig(context, { ...values, snapshot: values["snapname"] ?? "" }),
    },
    {
      method: "PUT",
      path: `${path}/{snapname}/config`,
      parameters: { ...guest, snapname, description: string(O) },
      permission: onGuest("VM.Snapshot"),
      run: updateVmSnapshot,
    },
  ];
}

/** What the cloud-init drive would hold; a password is not shown. */
function cloudInitDump({ host }: Context, values: Values): string {
  const config = loadVm(host, idOf(values));
  if (values["type"] === "user") return userData(idOf(values), config, true);
  if (values["type"] === "network") return networkConfig(host, config);
  throw new PveError("the lab does not simulate 'qm cloudinit dump … meta'");
}

async function cloudInitUpdate({ host, print }: Context, values: Values): Promise<null> {
  const config = loadVm(host, idOf(values));
  if (!drives(host, config).some(({ cloudinit }) => cloudinit))
    throw new PveError("no cloudinit drive attached");
  await prepareCloudInit(host, idOf(values), config, print);
  return null;
}

export function qemuMethods(): Method[] {
  const options = vmOptions();
  const settable = Object.fromEntries(Object.entries(options).filter(([key]) => !key.startsWith("unused")));
  const update: Parameters = {
    ...options,
    ...guest,
    delete: string({ ...O, format: "pve-configid-list" }),
    revert: string({ ...O, format: "pve-configid-list" }),
    digest: string({ ...O, maxLength: 40 }),
    skiplock: boolean(O),
    force: boolean(O),
  };
  return [
    {
      method: "GET",
      path: BASE,
      parameters: { node, full: boolean(O) },
      run: async ({ host, permissions }) =>
        list(host, "qemu")
          .filter((id) => permissions.has(`/vms/${id}`, "VM.Audit"))
          .map((id) => ({ ...vmStatus(host, id), qmpstatus: undefined })),
    },
    {
      method: "POST",
      path: BASE,
      parameters: {
        ...settable,
        ...guest,
        archive: string(O),
        storage,
        pool: string(O),
        start: boolean(O),
        unique: boolean(O),
        force: boolean(O),
        bwlimit: number({ ...O, minimum: 0 }),
        "ha-managed": boolean(O),
      },
      permission: onGuest("VM.Allocate"),
      run: createVm,
    },
    {
      method: "DELETE",
      path: `${BASE}/{vmid}`,
      parameters: {
        ...guest,
        purge: boolean(O),
        skiplock: boolean(O),
        "destroy-unreferenced-disks": boolean(O),
      },
      permission: onGuest("VM.Allocate"),
      run: destroyVm,
    },
    {
      method: "GET",
      path: `${BASE}/{vmid}`,
      parameters: guest,
      async run({ host }, values) {
        loadVm(host, idOf(values));
        const names = "config pending status cloudinit snapshot feature clone resize move_disk agent";
        return names.split(" ").map((subdir) => ({ subdir }));
      },
    },
    {
      method: "GET",
      path: `${BASE}/{vmid}/config`,
      parameters: { ...guest, current: boolean(O), snapshot: { ...snapname, optional: true } },
      permission: onGuest("VM.Audit"),
      run: async (context, values) => vmConfig(context, values),
    },
    {
      method: "PUT",
      path: `${BASE}/{vmid}/config`,
      parameters: update,
      permission: onGuest(...CONFIG_PRIVILEGES),
      run: updateVm,
    },
    {
      method: "POST",
      path: `${BASE}/{vmid}/config`,
      parameters: { ...update, background_delay: integer({ ...O, minimum: 1, maximum: 30 }) },
      permission: onGuest(...CONFIG_PRIVILEGES),
      run: updateVmLater,
    },
    {
      method: "GET",
      path: `${BASE}/{vmid}/pending`,
      parameters: guest,
      permission: onGuest("VM.Audit"),
      run: async (context, values) => vmPending(context, values),
    },
    {
      method: "GET",
      path: `${BASE}/{vmid}/status`,
      parameters: guest,
      async run() {
        const names = ["current", "start", "stop", "reset", "shutdown", "suspend", "reboot"];
        return names.map((subdir) => ({ subdir }));
      },
    },
    {
      method: "GET",
      path: `${BASE}/{vmid}/status/current`,
      parameters: guest,
      permission: onGuest("VM.Audit"),
      async run({ host }, values) {
        const agent = /^(1|enabled=1)/.test(loadVm(host, idOf(values)).values["agent"] ?? "");
        return { ...vmStatus(host, idOf(values)), ...(agent && { agent: 1 }), ha: { managed: 0 } };
      },
    },
    ...powerMethods(),
    ...snapshotMethods(),
    {
      method: "POST",
      path: `${BASE}/{vmid}/clone`,
      parameters: {
        ...guest,
        newid: vmid,
        name: string({ ...O, format: "dns-name" }),
        description: string(O),
        pool: string(O),
        snapname: { ...snapname, optional: true },
        storage,
        format: string({ ...O, enum: ["raw", "qcow2", "vmdk"] }),
        full: boolean(O),
        target: string({ ...O, format: "pve-node" }),
        bwlimit: number({ ...O, minimum: 0 }),
      },
      permission: onGuest("VM.Clone"),
      run: cloneVm,
    },
    {
      method: "POST",
      path: `${BASE}/{vmid}/template`,
      parameters: { ...guest, disk: { ...disk, optional: true } },
      permission: onGuest("VM.Allocate"),
      run: templateVm,
    },
    {
      method: "PUT",
      path: `${BASE}/{vmid}/resize`,
      parameters: {
        ...guest,
        disk,
        size: string({ pattern: /^\+?\d+(\.\d+)?[KMGT]?$/ }),
        digest: string({ ...O, maxLength: 40 }),
        skiplock: boolean(O),
      },
      permission: onGuest("VM.Config.Disk"),
      run: resizeVm,
    },
    {
      method: "POST",
      path: `${BASE}/{vmid}/move_disk`,
      parameters: {
        ...guest,
        disk: string(),
        storage,
        format: string({ ...O, enum: ["raw", "qcow2", "vmdk"] }),
        delete: boolean(O),
        digest: string({ ...O, maxLength: 40 }),
        bwlimit: number({ ...O, minimum: 0 }),
        "target-vmid": { ...vmid, optional: true },
        "target-disk": string(O),
      },
      permission: onGuest("VM.Config.Disk"),
      run: moveDisk,
    },
    {
      method: "GET",
      path: `${BASE}/{vmid}/feature`,
      parameters: {
        ...guest,
        feature: string({ enum: ["snapshot", "clone", "copy"] }),
        snapname: { ...snapname, optional: true },
      },
      permission: onGuest("VM.Audit"),
      async run({ host }, values) {
        const file = loadVm(host, idOf(values));
        const has = values["feature"] !== "snapshot" || canSnapshot(host, file);
        return { hasFeature: has ? 1 : 0, nodes: [] };
      },
    },
    {
      method: "GET",
      path: `${BASE}/{vmid}/cloudinit/dump`,
      parameters: { ...guest, type: string({ enum: ["user", "network", "meta"] }) },
      permission: onGuest("VM.Audit"),
      run: async (context, values) => cloudInitDump(context, values),
    },
    {
      method: "PUT",
      path: `${BASE}/{vmid}/cloudinit`,
      parameters: guest,
      permission: onGuest("VM.Config.Cloudinit"),
      run: cloudInitUpdate,
    },
  ];
}
