/** What a running guest takes up at its next start only, and what the preview says of it. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { planNotes } from "../../cli/notes";
import { chooseScope } from "../../cli/scope";
import { loadEstate } from "../../config/estate";
import { scratch } from "../helpers/scratch";
import type { Registered } from "./recorder";

/** Keys of a container's entry, and of the host's file about containers, by the word with which a restart is announced. */
export const containerRestarts = {
  hostname: ["name"],
  features: ["pct_options", "proxmox_defaults.lxc.features"],
  rawLines: [
    ...["apparmor_profile", "lxc_options"],
    ...["kind", "guest", "host", "count"].map((key) => `id_maps[].${key}`),
  ],
  gpus: ["gpu_assignment"],
  mtu: ["network_config.mtu", "networks[].mtu"],
  devices: ["path", "mode", "uid", "gid", "deny_write"].map((key) => `devices[].${key}`),
  nameserver: ["nameserver"],
  searchdomain: ["searchdomain"],
  timezone: ["timezone"],
  tty: ["tty"],
  cmode: ["cmode"],
  console: ["console"],
  rootfs: ["acl", "quota", "mountoptions", "replicate"].map((key) => `rootfs.${key}`),
  mounts: [
    ...["volumes", "zfs_volumes"].flatMap((list) =>
      ["mount_point", "read_only", "backup", "acl", "quota", "mountoptions", "replicate"].map(
        (key) => `${list}[].${key}`,
      ),
    ),
    ...["shared_volumes.models.mounts.1000", "shared_volumes.models.read_only"],
  ],
};

/** Keys of a machine's entry likewise. The snippets are the agent's. */
export const machineRestarts = {
  name: ["name"],
  cores: ["cores"],
  memory: ["memory_mb"],
  cpu: ["cpu_type", "cpu_flags"],
  numa: ["numa"],
  sockets: ["sockets"],
  noBalloon: ["balloon_mb"],
  machine: ["machine"],
  bios: ["uefi"],
  agent: ["agent"],
  boot: ["boot_devices"],
  vga: ["type", "memory_mb"].map((key) => `vga.${key}`),
  serial0: ["serial"],
  serial1: ["serial"],
  hostpci0: ["mapping", "pcie", "primary_gpu"].map((key) => `passthrough[].${key}`),
  ciuser: ["cloud_init.user"],
  ipconfig0: ["ip", "gateway", "ip6", "gateway6"].map((key) => `cloud_init.${key}`),
  ipconfig1: ["interface", "ip", "gw", "ip6", "gw6"].map((key) => `networks[].${key}`),
  ipconfig2: ["networks[].interface"],
  nameserver: ["cloud_init.dns_servers"],
  searchdomain: ["cloud_init.search_domain"],
  sshKeys: ["cloud_init.ssh_keys"],
  passwordHash: ["cloud_init.password_hash"],
  macs: ["networks[].mac_address"],
  mac: ["mac_address"],
  snippets: ["snippets_storage", "agent"],
  disks: [...["aio", "cache", "discard", "ssd", "iothread"].map((key) => `disks[].${key}`), "tpm.version"],
};

/** The words with which a restart for this key is announced, with commas between them; undefined where there is none. */
export function restartWords(table: Record<string, string[]>, key: string): string | undefined {
  const words = Object.keys(table).filter((word) => table[word]?.includes(key));
  return words.length > 0 ? words.join(", ") : undefined;
}

/**
 * What a preview says of a change, a line each: the program's steps before and after it stand in the engine's events.
 *
 * @param isAnew whether a step's guest is recreated
 */
export function previewNotes(
  before: ReadonlyMap<string, Registered>,
  now: ReadonlyMap<string, Registered>,
  files: { hypervisorConfig: string; lxcConfigs: string },
  isAnew: (step: Registered) => boolean = () => false,
): string[] {
  // The engine's events hide a secret as a whole.
  const shown = ({ inputs: { stdin } }: Registered) => ({
    inputs: { stdin: typeof stdin === "string" ? stdin : "[secret]" },
  });
  const events = [...now].flatMap(([name, step]) => {
    const old = before.get(name);
    if (old === undefined || isDeepStrictEqual(old.inputs, step.inputs)) return [];
    const urn = `urn:pulumi:test::phoenix::${step.type}::${name}`;
    const op = isAnew(step) ? "replace" : "update";
    return { resourcePreEvent: { metadata: { op, urn, old: shown(old), new: shown(step) } } };
  });
  const folder = scratch();
  const log = join(folder, "preview.jsonl");
  writeFileSync(log, events.map((event) => JSON.stringify(event)).join("\n"));
  const notes = planNotes(log, chooseScope(loadEstate(files).estate, "test", [], new Map()));
  rmSync(folder, { recursive: true });
  return notes.split("\n").filter(Boolean);
}
