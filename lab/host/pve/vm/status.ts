/** What a virtual machine does, for `qm list`, `qm status` and the API. */
import type { Host } from "../../types";
import { running } from "../guest/state";
import { figures } from "../guest/status";
import { parseSize } from "../storage/volumes";
import { disks, loadVm } from "./config";

const MIB = 1024 ** 2;

export interface VmStatus {
  vmid: number;
  name: string;
  status: "stopped" | "running";
  qmpstatus: "stopped" | "running";
  maxmem: number;
  maxdisk: number;
  cpus: number;
  mem: number;
  disk: number;
  cpu: number;
  uptime: number;
  netin: number;
  netout: number;
  diskread: number;
  diskwrite: number;
  pid?: number;
  agent?: 1;
  lock?: string;
  tags?: string;
  template?: 1;
}

export function vmStatus(host: Host, vmid: number): VmStatus {
  const config = loadVm(host, vmid);
  const { name, memory = "512", cores = "1", sockets = "1", vcpus } = config.values;
  const order = /(?:^|,)order=([^,]*)/.exec(config.values["boot"] ?? "")?.[1]?.split(";") ?? [];
  const all = disks(host, config);
  const boot = order.map((key) => all.find((drive) => drive.key === key)).find(Boolean) ?? all[0];
  const state = running(host, vmid);
  const status = state ? "running" : "stopped";
  return {
    vmid,
    name: name ?? `VM ${vmid}`,
    status,
    qmpstatus: status,
    maxmem: Number(memory.replace(/^current=/, "")) * MIB,
    maxdisk: parseSize(String(boot?.values["size"] ?? "0")) ?? 0,
    cpus: Number(vcpus ?? Number(cores) * Number(sockets)),
    mem: 0,
    disk: 0,
    cpu: 0,
    ...figures(config, state),
  };
}
