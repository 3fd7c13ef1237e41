/**
 * What a container sees of its limits: the files of its cgroup on the node, and lxcfs' view of /proc and of the
 * processors. They are files of the lab that follow the configuration; nothing is held to them.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Section } from "../config/guest-file";
import { inHost } from "../paths";
import { parsePropertyString } from "../schema/value";
import type { Host } from "../../types";
import { networkFormat } from "./options";

const KIB_PER_MIB = 1024;
const PERIOD = 100_000;

/** Folder below the node's /run with everything of a running container. */
export const stateFolder = (host: Host, vmid: number): string => inHost(host, `/run/lab-guests/${vmid}`);

/** Processors a container may use. */
export const coresOf = (host: Host, config: Section): number =>
  Math.min(Number(config.values["cores"] ?? host.machine.cores), host.machine.cores);

/** `0`, `0-3`: how the kernel lists processors. */
const range = (count: number): string => (count > 1 ? `0-${count - 1}` : "0");

const table = (entries: Record<string, number>): string =>
  Object.entries(entries)
    .map(([name, kib]) => `${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`)
    .join("");

function memory(host: Host, config: Section): string {
  const total = Math.min(Number(config.values["memory"] ?? 512), host.machine.memoryMb) * KIB_PER_MIB;
  const swap = Number(config.values["swap"] ?? 512) * KIB_PER_MIB;
  const used = Math.min(24 * KIB_PER_MIB, Math.floor(total / 4));
  const free = total - used;
  return table({
    ...{ MemTotal: total, MemFree: free, MemAvailable: free, Buffers: 0, Cached: 0, SwapCached: 0 },
    ...{ Active: used, Inactive: 0, SwapTotal: swap, SwapFree: swap, Shmem: 0, Slab: 0 },
  });
}

function processors(host: Host, config: Section): string {
  return Array.from({ length: coresOf(host, config) }, (_, index) =>
    [
      `processor\t: ${index}`,
      "vendor_id\t: GenuineIntel",
      "model name\t: Lab processor",
      "cpu MHz\t\t: 3000.000",
      "",
      "",
    ].join("\n"),
  ).join("");
}

/** Files of the cgroup that limits the container, `/sys/fs/cgroup/lxc/ID` on the node (PVE::LXC::CGroup). */
function cgroup(host: Host, config: Section): Record<string, string> {
  const { memory: limit = "512", swap = "512", cpulimit = "0", cpuunits = "100" } = config.values;
  const mib = 1024 ** 2;
  const cpu = Number(cpulimit) > 0 ? String(Math.floor(Number(cpulimit) * PERIOD)) : "max";
  return {
    "memory.max": String(Number(limit) * mib),
    "memory.swap.max": String(Number(swap) * mib),
    "memory.current": String(24 * mib),
    "cpu.max": `${cpu} ${PERIOD}`,
    "cpu.weight": String(Math.min(10_000, Math.max(1, Number(cpuunits)))),
    "cpuset.cpus": range(coresOf(host, config)),
    "cpuset.cpus.effective": range(coresOf(host, config)),
    "cgroup.controllers": "cpuset cpu io memory hugetlb pids rdma misc",
    "pids.max": "max",
  };
}

/** The namespace's own cgroup below it, which is the guest's /sys/fs/cgroup: the limits stand one level above. */
const UNLIMITED = {
  "memory.max": "max",
  "memory.swap.max": "max",
  "cpu.max": `max ${PERIOD}`,
  "cpu.weight": "100",
};

function writeAll(folder: string, files: Record<string, string>): void {
  mkdirSync(folder, { recursive: true });
  // In place: the guest has the files themselves mounted.
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, name), text.endsWith("\n") ? text : `${text}\n`);
}

/** Writes everything that follows the limits; again after a change, which the running guest sees at once. */
export function showLimits(host: Host, vmid: number, config: Section): void {
  const state = stateFolder(host, vmid);
  const swap = Number(config.values["swap"] ?? 512) * KIB_PER_MIB;
  writeAll(join(state, "lxcfs"), {
    meminfo: memory(host, config),
    cpuinfo: processors(host, config),
    swaps: `Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n${swap > 0 ? `none${" ".repeat(36)}virtual\t\t${swap}\t\t0\t\t0\n` : ""}`,
  });
  const cpus = range(coresOf(host, config));
  writeAll(join(state, "sys/devices/system/cpu"), { online: cpus, possible: cpus, present: cpus });
  const limiting = inHost(host, `/sys/fs/cgroup/lxc/${vmid}`);
  const limits = cgroup(host, config);
  writeAll(limiting, limits);
  writeAll(join(limiting, "ns"), { ...limits, ...UNLIMITED });
}

/** Interfaces below /sys/class/net. */
export function showInterfaces(host: Host, vmid: number, config: Section): void {
  const folder = join(stateFolder(host, vmid), "sys/class/net");
  rmSync(folder, { recursive: true, force: true });
  writeAll(join(folder, "lo"), { address: "00:00:00:00:00:00", operstate: "unknown", mtu: "65536" });
  for (const key of Object.keys(config.values).filter((name) => /^net\d+$/.test(name))) {
    const net = parsePropertyString(networkFormat(host.release), config.values[key] ?? "", host.release);
    writeAll(join(folder, String(net["name"])), {
      address: String(net["hwaddr"] ?? "").toLowerCase(),
      operstate: net["link_down"] === 1 ? "down" : "up",
      mtu: String(net["mtu"] ?? 1500),
    });
  }
}

/** What a stopped container leaves on the node: nothing. */
export function forgetLimits(host: Host, vmid: number): void {
  rmSync(inHost(host, `/sys/fs/cgroup/lxc/${vmid}`), { recursive: true, force: true });
}
