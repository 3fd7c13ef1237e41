/* eslint-disable @typescript-eslint/no-unsafe-assignment --
   the tables break untyped documents in every way */
/** A small pair of files without mistakes or warnings, and what the checks say once it has been edited. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationError, type Estate, formatFinding, loadEstate } from "../../config";

// Tests break the documents in every way, so that no type would hold.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any;

/** The host of the sample. */
export function hypervisor(): Json {
  return {
    timezone: "Etc/UTC",
    users: { username: "admin", password_hash: "NOT_SET", sudo_access: true },
    network: {
      interfaces: {
        name: "vmbr0",
        address: "10.0.0.2/24",
        gateway: "10.0.0.1",
        dns_nameservers: "10.0.0.1 9.9.9.9",
      },
    },
    zfs: {
      pools: [
        { name: "tank", raid_level: "mirror", disks: ["/dev/disk/by-id/a", "/dev/disk/by-id/b"] },
        { name: "bulk", raid_level: "single", disks: ["/dev/disk/by-id/c"] },
      ],
      datasets: [
        {
          name: "guests",
          pool: "tank",
          properties: "recordsize=16K,quota=600G",
          proxmox_storage_type: "zfspool",
          proxmox_content_type: "rootdir,images",
        },
        {
          name: "library",
          pool: "bulk",
          properties: "",
          proxmox_storage_type: "dir",
          proxmox_content_type: "vztmpl,iso",
        },
      ],
    },
    vm_defaults: {
      template: "noble.qcow2",
      cores: 2,
      memory_mb: 2048,
      disk_size_gb: 20,
      storage_pool: "local-lvm",
      network_bridge: "vmbr0",
    },
    vms: [{ name: "runner" }],
    shared_volumes: { models: { host_path: "/bulk/library/models", mounts: { "901": "/models" } } },
  };
}

/** The containers of the sample: a template, and a clone of it. */
export function lxc(): Json {
  return {
    lxc_configs: {
      "900": container(
        { name: "base", ip: "10.0.0.10/24", mac: "52:54:00:00:00:01" },
        {
          template: "bulk-library:vztmpl/ubuntu.tar.zst",
          template_snapshot_name: "ready",
        },
      ),
      "901": container(
        { name: "web", ip: "10.0.0.11/24", mac: "52:54:00:00:00:02" },
        { clone_from_ctid: "900" },
      ),
    },
  };
}

/** A container that depends on nothing. */
export function container({ name, ip, mac }: { name: string; ip: string; mac: string }, more: Json): Json {
  return {
    name,
    memory_mb: 1024,
    cores: 2,
    storage_pool: "tank-guests",
    storage_size_gb: 16,
    network_config: { name: "eth0", bridge: "vmbr0", ip, gw: "10.0.0.1" },
    mac_address: mac,
    unprivileged: true,
    ...more,
  };
}

/** Lines as the user sees them, with `host.json` and `lxc.json` for the files. */
export interface Outcome {
  mistakes: string[];
  warnings: string[];
  estate?: Estate;
}

/** Loads the sample after an edit. */
export function check(edit: (host: Json, lxc: Json) => void = () => undefined, machines?: Json): Outcome {
  const [host, containers] = [hypervisor(), lxc()];
  edit(host, containers);
  const more = machines === undefined ? undefined : JSON.stringify(machines);
  return checkTexts(JSON.stringify(host), JSON.stringify(containers), more);
}

/** Loads two texts, and a third one as the file machines.json beside them; undefined leaves a file out. */
export function checkTexts(
  host: string | undefined,
  containers: string | undefined,
  machines?: string,
): Outcome {
  const folder = mkdtempSync(join(tmpdir(), "phoenix-config-"));
  const lines = (findings: Parameters<typeof formatFinding>[0][]) =>
    findings.map((finding) => formatFinding(finding).replace(`${folder}/`, ""));
  try {
    if (host !== undefined) writeFileSync(join(folder, "host.json"), host);
    if (containers !== undefined) writeFileSync(join(folder, "lxc.json"), containers);
    if (machines !== undefined) writeFileSync(join(folder, "machines.json"), machines);
    const { estate, warnings } = loadEstate({
      hypervisorConfig: join(folder, "host.json"),
      lxcConfigs: join(folder, "lxc.json"),
    });
    return { mistakes: [], warnings: lines(warnings), estate };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const mistakes = lines(error.mistakes);
    assert.equal(error.message.replaceAll(`${folder}/`, ""), mistakes.join("\n"));
    return { mistakes, warnings: lines(error.warnings) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A row of a table: what is edited, and the one line it gives; none for an edit that is fine. */
export type Row = [name: string, edit: (host: Json, lxc: Json) => void, ...lines: string[]];

/** Whether the expected lines are mistakes or warnings; there must be none of the other kind. */
export function expectRow(kind: "mistakes" | "warnings", [, edit, ...lines]: Row): void {
  const { mistakes, warnings } = check(edit);
  assert.deepEqual({ mistakes, warnings }, { mistakes: [], warnings: [], [kind]: lines });
}

/** Where a value stands in a document: keys, and numbers in lists. */
export type Place = (string | number)[];

/** A document with one value put at a place, lists and objects being made on the way. */
export function withValue(document: unknown, place: Place, value: unknown): unknown {
  const [step, ...rest] = place;
  if (step === undefined) return value;
  const empty = typeof step === "number" ? [] : {};
  const parent = structuredClone(document ?? empty) as Record<string | number, unknown>;
  const changed = withValue(parent[step], rest, value);
  Object.defineProperty(parent, step, {
    value: changed,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return parent;
}
