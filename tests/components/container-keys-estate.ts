/** An estate with a container for each row of container-keys.ts. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Row, Subject } from "./container-keys";
import { scratch } from "../helpers/scratch";

type Json = Record<string, unknown>;

function dataset(name: string, type: string, content: string) {
  return { name, pool: "tank", properties: "", proxmox_storage_type: type, proxmox_content_type: content };
}

function hypervisor(subjects: readonly Subject[]): Json {
  const mounting = subjects.filter(({ kind }) => kind === "clone");
  return {
    timezone: "Etc/UTC",
    network: {
      interfaces: { name: "vmbr0", address: "10.0.0.2/16", gateway: "10.0.0.1", dns_nameservers: "10.0.0.1" },
    },
    zfs: {
      pools: [{ name: "tank", raid_level: "single", disks: ["/dev/disk/by-id/a"] }],
      datasets: [
        ...["guests", "more", "volumes"].map((name) => dataset(name, "zfspool", "rootdir")),
        dataset("library", "dir", "vztmpl"),
        dataset("models", "dir", "backup"),
      ],
    },
    nvidia_driver: {
      install: true,
      version: "580.76.05",
      runfile_url: "https://us.download.nvidia.com/XFree86/Linux-x86_64/580.76.05/driver.run",
      cuda_version: "12.8",
    },
    shared_volumes: {
      models: {
        host_path: "/tank/models/llm",
        mounts: Object.fromEntries(mounting.map(({ ctid }) => [ctid, "/models"])),
      },
    },
  };
}

/** An entry without anything that may be left out. */
function plain(ctid: string, more: object): Json {
  const id = Number(ctid);
  return {
    name: `ct${ctid}`,
    memory_mb: 1024,
    cores: 2,
    storage_pool: "tank-guests",
    storage_size_gb: 16,
    network_config: {
      ...{ name: "eth0", bridge: "vmbr0", ip: `10.0.${id >> 8}.${id & 255}/16`, gw: "10.0.0.1" },
      ip6: "fd00::7/64",
    },
    unprivileged: true,
    ...more,
  };
}

const volume = (name: string) => ({ name, pool: "tank-volumes", size_gb: 8, mount_point: `/srv/${name}` });

function template(ctid: string): Json {
  return plain(ctid, {
    template: "tank-library:vztmpl/ubuntu.tar.zst",
    template_snapshot_name: "ready",
    features: ["base_setup"],
  });
}

/** A clone with everything that an entry can ask for. */
function clone(ctid: string, scripts: boolean): Json {
  return plain(ctid, {
    clone_from_ctid: "900",
    mac_address: `52:54:00:00:${ctid.slice(0, 2)}:${ctid.slice(2)}`,
    features: ["base_setup", "nvidia", "docker", ...(scripts ? ["models"] : [])],
    application_script: scripts ? "app.sh" : undefined,
    id_maps: [{ guest: 1000, host: 1000 }],
    gpu_assignment: "0",
    pct_options: ["nesting=1"],
    networks: [
      {
        ...{ name: "eth1", bridge: "vmbr1", ip: `10.1.${Number(ctid) >> 8}.${Number(ctid) & 255}/16` },
        ...{ gw: "10.1.255.1", ip6: "fd00::5/64" },
      },
    ],
    devices: [{ path: "/dev/ttyUSB0" }],
    volumes: [volume("data")],
    zfs_volumes: [volume("cache")],
    dependencies: ["903"],
    state: "running",
    health_check: { command: "true" },
    integration_tests: { script: "test.sh" },
    run_integration_tests: true,
    tests: { greeting: [{ name: "It greets.", path: "test.sh" }] },
    firewall: {
      enabled: true,
      rules: [
        { type: "in", action: "ACCEPT", source: "10.0.0.5", dest: "10.0.0.7", proto: "tcp", port: "443" },
      ],
    },
  });
}

/** Both files in a folder of their own, with the scripts and hooks that the subjects have. */
export class Files {
  readonly folder = scratch();
  readonly hypervisorConfig = join(this.folder, "host.json");
  readonly lxcConfigs = join(this.folder, "lxc.json");

  constructor(readonly subjects: readonly Subject[]) {
    const write = (folder: string, name: string) => {
      mkdirSync(join(this.folder, folder), { recursive: true });
      writeFileSync(join(this.folder, folder, name), "#!/bin/bash\ntrue\n", { mode: 0o755 });
    };
    for (const name of ["app.sh", "other.sh"]) write("scripts", name);
    write("features", "feature_models.sh");
    for (const name of ["test.sh", "other.sh"]) write("tests", name);
    write("scripts", "other.conf");
    for (const { ctid, scripts } of subjects)
      if (scripts) write("hooks", `phoenix_hypervisor_setup_${ctid}.sh`);
  }

  /** CTIDs of all containers: the subjects, two templates, and one that waits for the first subject. */
  get ctids(): number[] {
    return [...this.subjects.map(({ ctid }) => Number(ctid)), 900, 902, 903];
  }

  /** Writes both files; `changed` with every subject's row applied, `host` with one change of the host's file. */
  write({ changed = false, host }: { changed?: boolean; host?: Row } = {}): void {
    const other = hypervisor(this.subjects);
    if (host) set(other, host, 0);
    const entries = this.subjects.map(({ ctid, kind, scripts, row }) => {
      const entry = kind === "clone" ? clone(ctid, scripts) : template(ctid);
      if (changed) set(entry, row, Number(ctid));
      return [ctid, entry] as const;
    });
    const waits = { clone_from_ctid: "900", dependencies: [this.subjects[0]?.ctid] };
    const lxc_configs = {
      ...Object.fromEntries(entries),
      ...{ "900": template("900"), "902": plain("902", waits), "903": template("903") },
    };
    writeFileSync(this.hypervisorConfig, JSON.stringify(other));
    writeFileSync(this.lxcConfigs, JSON.stringify({ lxc_configs }));
  }
}

/** Sets a value by its path; undefined takes it out. */
function set(document: Json, [key, value]: Row, ctid: number): void {
  const path = key.replaceAll("[]", ".0").replace("*", "greeting").split(".");
  const last = path.pop() ?? "";
  let place = document;
  for (const name of path) place = (place[name] ??= {}) as Json;
  place[last] = typeof value === "function" ? (value as (ctid: number) => string)(ctid) : value;
}
