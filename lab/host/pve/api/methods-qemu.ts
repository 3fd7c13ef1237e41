/** /nodes/{node}/qemu: virtual machines, as far as the lab keeps them. */
import type { Method } from "../context";
import { list, load } from "../guest/config";
import { effective } from "../guest/status";
import { boolean, integer, string, type Parameters, type Values } from "../schema/types";
import { isVmNumeric, vmOptions } from "../vm/options";
import { createVm, destroyVm, refuseVm, updateVm, vmStatus } from "../vm/vm";
import type { Host } from "../../types";
import { node, vmid } from "./methods-lxc";

const O = { optional: true } as const;
const BASE = "/nodes/{node}/qemu";
const guest: Parameters = { node, vmid };

const onGuest =
  (...privileges: string[]): NonNullable<Method["permission"]> =>
  (check, values) =>
    check.require(`/vms/${values["vmid"]}`, privileges);

function config(host: Host, values: Values): Record<string, unknown> {
  const file = load(host, "qemu", Number(values["vmid"]));
  const entries = Object.entries(effective(file, values["current"] === 1)).map(([key, value]) => {
    if (key === "description") return [key, value.replace(/\n$/, "")] as const;
    return [key, isVmNumeric(key) ? Number(value) : value] as const;
  });
  return { ...Object.fromEntries<unknown>(entries), digest: file.digest };
}

export function qemuMethods(): Method[] {
  const options = vmOptions();
  const settable = Object.fromEntries(Object.entries(options).filter(([key]) => !key.startsWith("unused")));
  const refused = (
    method: Method["method"],
    path: string,
    what: string,
    parameters: Parameters = {},
  ): Method => ({
    method,
    path: `${BASE}/{vmid}/${path}`,
    parameters: { ...guest, ...parameters },
    permission: onGuest("VM.PowerMgmt"),
    run: async ({ host }, values) => refuseVm(host, Number(values["vmid"]), what),
  });
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
      parameters: { ...settable, ...guest, storage: string(O), pool: string(O), start: boolean(O) },
      permission: onGuest("VM.Allocate"),
      run: createVm,
    },
    {
      method: "GET",
      path: `${BASE}/{vmid}/config`,
      parameters: { ...guest, current: boolean(O) },
      permission: onGuest("VM.Audit"),
      run: async ({ host }, values) => config(host, values),
    },
    {
      method: "PUT",
      path: `${BASE}/{vmid}/config`,
      parameters: {
        ...options,
        ...guest,
        delete: string(O),
        digest: string(O),
        skiplock: boolean(O),
        force: boolean(O),
      },
      permission: onGuest(
        "VM.Config.Disk",
        "VM.Config.CDROM",
        "VM.Config.CPU",
        "VM.Config.Memory",
        "VM.Config.Network",
        "VM.Config.HWType",
        "VM.Config.Options",
        "VM.Config.Cloudinit",
      ),
      run: updateVm,
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
      path: `${BASE}/{vmid}/status/current`,
      parameters: guest,
      permission: onGuest("VM.Audit"),
      run: async ({ host }, values) => ({ ...vmStatus(host, Number(values["vmid"])), ha: { managed: 0 } }),
    },
    refused("POST", "status/start", "the start", { skiplock: boolean(O), timeout: integer(O) }),
    refused("POST", "status/stop", "the stop", { skiplock: boolean(O), timeout: integer(O) }),
    refused("POST", "status/shutdown", "the shutdown", {
      skiplock: boolean(O),
      timeout: integer(O),
      forceStop: boolean(O),
    }),
    refused("POST", "clone", "clones"),
    refused("POST", "template", "templates"),
    refused("POST", "snapshot", "snapshots"),
    refused("PUT", "resize", "the resizing"),
  ];
}
