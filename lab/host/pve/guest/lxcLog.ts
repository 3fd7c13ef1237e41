/**
 * What lxc writes to standard error when a container does not start, as `pct start` shows it: function, line and
 * text. From lxc 6.0.0 (Proxmox VE 8.4) and 6.0.5 (9), src/lxc/{utils,start,idmap_utils,conf,sync}.c; reports of
 * users show the same lines.
 */
import type { Host } from "../../types";
import type { refusal } from "./idmap";

const LINES = {
  8: { spawnMap: 1795, startInit: 2034, startSpawn: 2114, mount: 2217, setup: 3915, child: 1273 },
  9: { spawnMap: 1800, startInit: 2039, startSpawn: 2119, mount: 2202, setup: 3908, child: 1273 },
} as const;

/** The pre-start hook of Proxmox VE failed; what it said goes to lxc's debug log alone. */
export function hookFailed(host: Host, vmid: number, status: number): string[] {
  return [
    `run_buffer: 571 Script exited with status ${status}`,
    `lxc_init: 845 Failed to run lxc.hook.pre-start for container "${vmid}"`,
    `__lxc_start: ${LINES[host.release].startInit} Failed to initialize container "${vmid}"`,
  ];
}

/** A range of ids that root may not map. */
export function mapRefused(
  host: Host,
  vmid: number,
  { tool, message, call }: NonNullable<ReturnType<typeof refusal>>,
): string[] {
  const line = LINES[host.release];
  const pid = 10_000 + (vmid % 10_000);
  return [
    `lxc_map_ids: 245 ${tool} failed to write mapping "${message}": ${tool} ${pid} ${call}`,
    `lxc_spawn: ${line.spawnMap} Failed to set up id mapping.`,
    `__lxc_start: ${line.startSpawn} Failed to spawn container "${vmid}"`,
  ];
}

/** A raw `lxc.mount.entry` whose source is missing, or that has nothing to be mounted on. */
export function mountFailed(host: Host, vmid: number, source: string, target: string): string[] {
  const line = LINES[host.release];
  const inside = `/usr/lib/x86_64-linux-gnu/lxc/rootfs/${target.replace(/^\//, "")}`;
  return [
    `mount_entry: ${line.mount} No such file or directory - Failed to mount "${source}" on "${inside}"`,
    `lxc_setup: ${line.setup} Failed to setup mount entries`,
    `do_start: ${line.child} Failed to setup container "${vmid}"`,
    "sync_wait: 34 An error occurred in another process (expected sequence number 4)",
    `__lxc_start: ${line.startSpawn} Failed to spawn container "${vmid}"`,
  ];
}
