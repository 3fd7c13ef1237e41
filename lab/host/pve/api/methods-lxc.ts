/** /nodes/{node}/lxc: the methods behind `pct` and the API. */
import type { Context, Method } from "../context";
import { ParameterError, PveError } from "../errors";
import { boolean, integer, number, string, type Parameters, type Values } from "../schema/types";
import { cloneContainer } from "../guest/clone";
import { load } from "../guest/config";
import { createContainer } from "../guest/create";
import { interfaces } from "../guest/interfaces";
import { destroyContainer, resizeContainer, templateContainer } from "../guest/lifecycle";
import { containerOptions, LIMITS } from "../guest/options";
import { rebootContainer, shutdownContainer, startContainer, stopContainer } from "../guest/power";
import {
  createSnapshot,
  deleteSnapshot,
  listSnapshots,
  rollbackSnapshot,
  updateSnapshot,
  canSnapshot,
} from "../guest/snapshot";
import { effective, pendingList, statusList, statusOf, typed } from "../guest/status";
import { updateContainer } from "../guest/update";

const O = { optional: true } as const;
const BASE = "/nodes/{node}/lxc";

export const node = string({ format: "pve-node" });
export const vmid = integer({ format: "pve-vmid" });
const guest: Parameters = { node, vmid };
const snapname = string({ format: "pve-configid", maxLength: 40 });

const idOf = (values: Values): number => Number(values["vmid"]);

/** `skiplock` is root's alone, checked with the parameters. */
function checkSkiplock(context: Context, values: Values): void {
  if (values["skiplock"] === 1 && context.user !== "root@pam")
    throw new ParameterError({ skiplock: "Only root may use this option." });
}

const power =
  (run: (context: Context, values: Values) => Promise<string>): Method["run"] =>
  (context, values) => {
    checkSkiplock(context, values);
    return run(context, values);
  };

const onGuest =
  (...privileges: string[]): NonNullable<Method["permission"]> =>
  (check, values) =>
    check.require(`/vms/${values["vmid"]}`, privileges);

const CONFIG_PRIVILEGES = [
  "VM.Config.Disk",
  "VM.Config.CPU",
  "VM.Config.Memory",
  "VM.Config.Network",
  "VM.Config.Options",
];

function config(context: Context, values: Values): Record<string, unknown> {
  const file = load(context.host, "lxc", idOf(values), context.warn);
  const name = values["snapshot"];
  if (name === undefined) {
    const lxc = file.lxc.length > 0 ? { lxc: file.lxc } : {};
    return { ...typed(context.host, effective(file, values["current"] === 1)), ...lxc, digest: file.digest };
  }
  const section = file.snapshots[String(name)];
  if (!section) throw new PveError(`snapshot '${name}' does not exist`);
  const description = section.description === "" ? {} : { description: section.description };
  return { ...typed(context.host, section.values), ...description };
}

export function lxcMethods(release: 8 | 9): Method[] {
  const options = containerOptions(release);
  const settable = Object.fromEntries(Object.entries(options).filter(([key]) => !key.startsWith("unused")));
  return [
    {
      method: "GET",
      path: BASE,
      parameters: { node },
      run: async ({ host, permissions }) =>
        statusList(host).filter((status) => permissions.has(`/vms/${status.vmid}`, "VM.Audit")),
    },
    {
      method: "POST",
      path: BASE,
      parameters: {
        ...settable,
        node,
        vmid,
        ostemplate: string({ maxLength: 255 }),
        password: string({ ...O, minLength: 5 }),
        storage: string({ ...O, format: "pve-storage-id" }),
        force: boolean(O),
        restore: boolean(O),
        unique: boolean(O),
        pool: string(O),
        "ignore-unpack-errors": boolean(O),
        "ssh-public-keys": string(O),
        bwlimit: number({ ...O, minimum: 0 }),
        start: boolean(O),
        "ha-managed": boolean(O),
      },
      permission: onGuest("VM.Allocate"),
      run: createContainer,
    },
    {
      method: "DELETE",
      path: `${BASE}/{vmid}`,
      parameters: {
        ...guest,
        force: boolean(O),
        purge: boolean(O),
        "destroy-unreferenced-disks": boolean(O),
      },
      permission: onGuest("VM.Allocate"),
      run: destroyContainer,
    },
    {
      method: "GET",
      path: `${BASE}/{vmid}`,
      parameters: guest,
      async run() {
        const names = "config status vncproxy termproxy firewall snapshot feature migrate resize interfaces";
        return names.split(" ").map((subdir) => ({ subdir }));
      },
    },
    {
      method: "GET",
      path: `${BASE}/{vmid}/config`,
      parameters: { ...guest, current: boolean(O), snapshot: { ...snapname, optional: true } },
      permission: onGuest("VM.Audit"),
      run: async (context, values) => config(context, values),
    },
    {
      method: "PUT",
      path: `${BASE}/{vmid}/config`,
      parameters: {
        ...options,
        ...guest,
        delete: string({ ...O, format: "pve-configid-list" }),
        revert: string({ ...O, format: "pve-configid-list" }),
        digest: string({ ...O, maxLength: 64 }),
      },
      permission: onGuest(...CONFIG_PRIVILEGES),
      run: updateContainer,
    },
    {
      method: "GET",
      path: `${BASE}/{vmid}/pending`,
      parameters: guest,
      permission: onGuest("VM.Audit"),
      async run({ host }, values) {
        const { entries, digest } = pendingList(host, "lxc", idOf(values));
        // The API gives a description here without the newline at its end.
        const trimmed = entries.map((entry) =>
          entry.key === "description" && typeof entry.value === "string"
            ? { ...entry, value: entry.value.replace(/\n$/, "") }
            : entry,
        );
        return [...trimmed, { key: "digest", value: digest }];
      },
    },
    {
      method: "GET",
      path: `${BASE}/{vmid}/status`,
      parameters: guest,
      async run() {
        return ["current", "start", "stop", "shutdown", "suspend", "resume", "reboot"].map((subdir) => ({
          subdir,
        }));
      },
    },
    {
      method: "GET",
      path: `${BASE}/{vmid}/status/current`,
      parameters: guest,
      permission: onGuest("VM.Audit"),
      run: async ({ host }, values) => ({ ...statusOf(host, idOf(values)), ha: { managed: 0 } }),
    },
    {
      method: "POST",
      path: `${BASE}/{vmid}/status/start`,
      parameters: { ...guest, skiplock: boolean(O), debug: boolean(O) },
      permission: onGuest("VM.PowerMgmt"),
      run: power(startContainer),
    },
    {
      method: "POST",
      path: `${BASE}/{vmid}/status/stop`,
      parameters: { ...guest, skiplock: boolean(O), "overrule-shutdown": boolean(O) },
      permission: onGuest("VM.PowerMgmt"),
      run: power(stopContainer),
    },
    {
      method: "POST",
      path: `${BASE}/{vmid}/status/shutdown`,
      parameters: { ...guest, timeout: integer({ ...O, minimum: 0 }), forceStop: boolean(O) },
      permission: onGuest("VM.PowerMgmt"),
      run: shutdownContainer,
    },
    {
      method: "POST",
      path: `${BASE}/{vmid}/status/reboot`,
      parameters: { ...guest, timeout: integer({ ...O, minimum: 0 }) },
      permission: onGuest("VM.PowerMgmt"),
      run: rebootContainer,
    },
    {
      method: "GET",
      path: `${BASE}/{vmid}/snapshot`,
      parameters: guest,
      permission: onGuest("VM.Audit"),
      run: async ({ host }, values) =>
        listSnapshots(host, idOf(values)).map((entry) =>
          entry.description === "" ? { ...entry, description: undefined } : entry,
        ),
    },
    {
      method: "POST",
      path: `${BASE}/{vmid}/snapshot`,
      parameters: { ...guest, snapname, description: string(O) },
      permission: onGuest("VM.Snapshot"),
      run: createSnapshot,
    },
    {
      method: "DELETE",
      path: `${BASE}/{vmid}/snapshot/{snapname}`,
      parameters: { ...guest, snapname, force: boolean(O) },
      permission: onGuest("VM.Snapshot"),
      run: deleteSnapshot,
    },
    {
      method: "POST",
      path: `${BASE}/{vmid}/snapshot/{snapname}/rollback`,
      parameters: { ...guest, snapname, start: boolean(O) },
      permission: onGuest("VM.Snapshot", "VM.Snapshot.Rollback"),
      run: rollbackSnapshot,
    },
    {
      method: "GET",
      path: `${BASE}/{vmid}/snapshot/{snapname}/config`,
      parameters: { ...guest, snapname },
      permission: onGuest("VM.Snapshot", "VM.Snapshot.Rollback", "VM.Audit"),
      run: async (context, values) => config(context, { ...values, snapshot: values["snapname"] ?? "" }),
    },
    {
      method: "PUT",
      path: `${BASE}/{vmid}/snapshot/{snapname}/config`,
      parameters: { ...guest, snapname, description: string(O) },
      permission: onGuest("VM.Snapshot"),
      run: updateSnapshot,
    },
    {
      method: "POST",
      path: `${BASE}/{vmid}/clone`,
      parameters: {
        ...guest,
        newid: vmid,
        hostname: string({ ...O, format: "dns-name" }),
        description: string(O),
        pool: string(O),
        snapname: { ...snapname, optional: true },
        storage: string({ ...O, format: "pve-storage-id" }),
        full: boolean(O),
        target: string({ ...O, format: "pve-node" }),
        bwlimit: number({ ...O, minimum: 0 }),
      },
      permission: onGuest("VM.Clone"),
      run: cloneContainer,
    },
    {
      method: "PUT",
      path: `${BASE}/{vmid}/resize`,
      parameters: {
        ...guest,
        disk: string({ enum: ["rootfs", ...Array.from({ length: LIMITS.mounts }, (_, n) => `mp${n}`)] }),
        size: string({ pattern: /^\+?\d+(\.\d+)?[KMGT]?$/ }),
        digest: string({ ...O, maxLength: 40 }),
      },
      permission: onGuest("VM.Config.Disk"),
      run: resizeContainer,
    },
    {
      method: "POST",
      path: `${BASE}/{vmid}/template`,
      parameters: guest,
      permission: onGuest("VM.Allocate"),
      run: templateContainer,
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
        const file = load(host, "lxc", idOf(values));
        if (values["feature"] !== "snapshot") return { hasFeature: 1 };
        return { hasFeature: canSnapshot(host, file) ? 1 : 0 };
      },
    },
    {
      method: "GET",
      path: `${BASE}/{vmid}/interfaces`,
      parameters: guest,
      permission: onGuest("VM.Audit"),
      run: async ({ host }, values) => interfaces(host, idOf(values)),
    },
  ];
}
