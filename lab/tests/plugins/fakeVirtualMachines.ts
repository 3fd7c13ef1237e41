import { randomUUID } from "node:crypto";
import { type Config, type FakeNode, type Guest, Refusal } from "./fakeNode";

export interface VmCall {
  method: string;
  vmid: number;
  /** What follows the machine's number in the path. */
  action: string;
  body: Record<string, string>;
  /** Registers a task that has ended already. */
  task: (type: string) => string;
}

/** The virtual machines of the fake node: disks on `local` as files, no guest inside. */
export function answerVm(node: FakeNode, { method, vmid, action, body, task }: VmCall): unknown {
  const existing = (id = vmid): Guest => {
    const guest = node.qemu.get(id);
    if (guest) return guest;
    throw new Refusal(500, `Configuration file 'nodes/pvetest/qemu-server/${id}.conf' does not exist`);
  };
  const power = (status: Guest["status"]): string => {
    existing().status = status;
    return task(action.replace("status/", "qm"));
  };
  switch (`${method} ${action}`) {
    case "POST ":
      return create(node, body, task);
    case "DELETE ":
      if (existing().status === "running") throw new Refusal(500, `VM ${vmid} is running - destroy failed`);
      node.qemu.delete(vmid);
      return task("qmdestroy");
    case "GET config":
      return { digest: "0", ...existing().config };
    case "PUT config":
      set(existing().config, vmid, body);
      return null;
    case "PUT resize": {
      const { config } = existing();
      const disk = body["disk"] ?? "";
      const size = `size=${Number(body["size"]) / 2 ** 30}G`;
      config[disk] = `${String(config[disk]).replace(/,size=\w+/, "")},${size}`;
      return task("resize");
    }
    case "POST move_disk": {
      const { config } = existing();
      const disk = body["disk"] ?? "";
      config[disk] = String(config[disk]).replace(/^\w+:/, `${body["storage"]}:`);
      return task("qmmove");
    }
    case "POST clone": {
      const id = Number(body["newid"]);
      if (node.qemu.has(id)) throw new Refusal(500, `unable to create VM ${id}: config file already exists`);
      const config = structuredClone(existing().config);
      for (const [key, value] of Object.entries(config))
        if (typeof value === "string") config[key] = value.replaceAll(String(vmid), String(id));
      node.qemu.set(id, {
        config: { ...config, ...(body["name"] ? { name: body["name"] } : {}) },
        status: "stopped",
      });
      return task("qmclone");
    }
    case "POST template":
      existing().config["template"] = 1;
      return task("qmtemplate");
    case "GET status/current":
      return { status: existing().status, vmid };
    case "POST status/start":
    case "POST status/reboot":
      return power("running");
    case "POST status/stop":
    case "POST status/shutdown":
      return power("stopped");
    case "PUT cloudinit":
      existing();
      return null;
    case "POST agent/ping":
      return { result: {} };
    case "GET agent/network-get-interfaces": {
      const address = node.addresses.get(vmid);
      if (address === undefined) throw new Refusal(500, "QEMU guest agent is not running");
      return {
        result: [
          {
            name: "eth0",
            "hardware-address": "52:54:00:aa:bb:dd",
            "ip-addresses": [{ "ip-address": address, "ip-address-type": "ipv4", prefix: 24 }],
          },
        ],
      };
    }
    default:
      throw new Refusal(501, `Method '${method} /nodes/pvetest/qemu/${vmid}/${action}' not implemented`);
  }
}

function create(node: FakeNode, body: Record<string, string>, task: (type: string) => string): string {
  const vmid = Number(body["vmid"]);
  if (node.qemu.has(vmid))
    throw new Refusal(500, `unable to create VM ${vmid} - VM ${vmid} already exists on node 'pvetest'`);
  const config: Config = {
    smbios1: `uuid=${randomUUID()}`,
    vmgenid: randomUUID(),
    meta: "creation-qemu=10.1.2",
  };
  const rest = Object.fromEntries(
    Object.entries(body).filter(([key]) => !["vmid", "template"].includes(key)),
  );
  node.qemu.set(vmid, { config, status: "stopped" });
  set(config, vmid, rest);
  return task("qmcreate");
}

/** Values as Proxmox VE hands them back: new disks as volumes, cards as `model=address`, numbers as numbers. */
function set(config: Config, vmid: number, body: Record<string, string>): void {
  const { delete: removed = "", ...values } = body;
  for (const key of removed.split(",")) delete config[key];
  for (const [key, value] of Object.entries(values)) {
    if (/^net\d+$/.test(key)) {
      const parts = new Map(value.split(",").map((part) => part.split("=") as [string, string]));
      const card = `${parts.get("model")}=${parts.get("macaddr") ?? "BC:24:11:00:00:01"}`;
      parts.delete("model");
      parts.delete("macaddr");
      config[key] = [card, ...[...parts].map((part) => part.join("="))].join(",");
    } else if (value.startsWith("file=") && value.includes(":cloudinit"))
      config[key] = `${storageIn(value)}:${vmid}/vm-${vmid}-cloudinit.qcow2,media=cdrom`;
    else if (/^(efidisk|tpmstate)0$/.test(key))
      config[key] = value.replace(/^file=\w+:1/, `${storageIn(value)}:${vmid}/vm-${vmid}-${key}.raw`);
    else if (/^(ide|sata|scsi|virtio)\d+$/.test(key)) config[key] = diskLine(key, vmid, value, config);
    else config[key] = /^\d+$/.test(value) ? Number(value) : value;
  }
}

function storageIn(value: string): string {
  return /^file=(\w+):/.exec(value)?.[1] ?? "";
}

function diskLine(key: string, vmid: number, value: string, config: Config): string {
  const parts = new Map(value.split(",").map((part) => part.split("=") as [string, string]));
  const file = parts.get("file") ?? "";
  const options = (...without: string[]): string[] =>
    [...parts].filter(([name]) => !without.includes(name)).map((part) => part.join("="));
  const fresh = /^(\w+):(\d+)$/.exec(file);
  if (fresh) {
    const volume = `${fresh[1]}:${vmid}/vm-${vmid}-disk-${key.replace(/\D/g, "")}.${parts.get("format") ?? "raw"}`;
    const size = parts.has("import-from") ? "3G" : `${fresh[2]}G`;
    return [volume, ...options("file", "format", "size", "import-from"), `size=${size}`].join(",");
  }
  const size = /size=\w+/.exec(String(config[key]))?.[0];
  return [file, ...options("file"), ...(size === undefined || parts.has("size") ? [] : [size])].join(",");
}
