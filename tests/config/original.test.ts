import test, { describe } from "node:test";
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ConfigurationError, formatFinding, loadEstate } from "../../config";
import { validateCommand } from "../../cli/estate-texts";

const folder = resolve(__dirname, "../../../shared/phoenix");
const files = {
  hypervisorConfig: join(folder, "phoenix_hypervisor_config.json"),
  lxcConfigs: join(folder, "phoenix_lxc_configs.json"),
};
const skip = existsSync(files.lxcConfigs) ? false : "../shared/phoenix is not here";

describe("the original's two files, unchanged", { skip }, () => {
  test("every wart is a warning, and nothing is a mistake", () => {
    const { warnings } = loadEstate(files);
    const host = (path: string, message: string) => ({ file: files.hypervisorConfig, path, message });
    const guests = (path: string, message: string) => ({ file: files.lxcConfigs, path, message });
    const off = (dataset: string) =>
      `does not lie on the dataset ${dataset}, which is mounted at /${dataset}: the data would land on the root disk`;
    assert.deepEqual(
      warnings.map(({ file, path, message }) => ({ file, path, message })),
      [
        host(
          "shared_volumes.firewall",
          "is a firewall block in the place of a shared volume, and has no effect here",
        ),
        host(
          "samba.user",
          "is a user that nothing else in these files creates: one without login is made for Samba, unless the host has it",
        ),
        host(
          "samba.shares[4].path",
          "lies on no dataset of zfs.datasets, so it would be a plain folder of the pool fastData",
        ),
        host(
          "vm_defaults.template",
          "names a template for containers; the cloud image ubuntu-24.04 is taken instead",
        ),
        host("mount_point_base", "nothing is mounted there: datasets are mounted at /<pool>/<dataset>"),
        host("shared_volumes.ssl_certs.host_path", off("quickOS/shared-prod-data")),
        host("shared_volumes.nginx_logs.host_path", off("quickOS/shared-prod-data")),
        host("shared_volumes.ollama_models.host_path", off("fastData/shared-bulk-data")),
        host("shared_volumes.llamacpp_models.host_path", off("fastData/shared-bulk-data")),
        host("shared_volumes.vllm_models.host_path", off("fastData/shared-bulk-data")),
        host(
          "vms[0].post_create_scripts[0]",
          "there is no folder scripts beside the container file, so post_create_scripts, and their health checks, are left out " +
            "(VM webserver-vm)",
        ),
        ...[
          "core_paths",
          "network.external_registry_url",
          "network.portainer_server_ip",
          "proxmox_defaults.zfs_lxc_pool",
          "proxmox_defaults.lxc.cores",
          "proxmox_defaults.lxc.memory_mb",
          "proxmox_defaults.lxc.network_config",
          "nvidia_driver.install_vllm_libs",
          "behavior.debug_mode",
        ].map((key) => host(key, "has no effect")),
        guests(
          "lxc_configs.910.firewall",
          "has no effect while the datacenter's firewall is off (also in 950, 951, 952, 953, 954)",
        ),
        guests("lxc_configs.950.gpu_assignment", "containers share GPUs: GPU 0 by 950, 951, 955"),
        guests(
          "lxc_configs.950.application_script",
          "there is no folder scripts beside this file, so application scripts, and their health checks, are left out " +
            "(CT 950, 951, 952, 953, 954, 955, 956, 957, 960)",
        ),
        guests(
          "lxc_configs.920.features[1]",
          "there is no folder features beside this file, so features that are not built in are left out " +
            "(CT 920, 950, 951, 955)",
        ),
        guests(
          "lxc_configs.950.integration_tests.script",
          "there is no folder tests beside this file, so tests are left out (CT 950)",
        ),
        guests("lxc_configs.953.portainer_role", "is only handed on to the container's own scripts"),
      ],
    );
  });

  test("validate: exit 0, a line for each warning, a summary", () => {
    const { exitCode, stdout, stderr } = validateCommand(files);
    assert.equal(exitCode, 0);
    assert.equal(stderr, "");
    const lines = stdout.trimEnd().split("\n");
    assert.equal(lines.filter((line) => line.startsWith("warning: ")).length, 26);
    assert.equal(lines[26], "OK: 15 containers, 1 virtual machine, 2 pools, 9 datasets; 26 warnings.");
  });

  test("storages by their ids, types and content", () => {
    const { estate } = loadEstate(files);
    assert.deepEqual(
      estate.storages.map(
        ({ id, type, content, pool, path }) => `${id} ${type} ${content.join(",")} ${pool ?? path}`,
      ),
      [
        "fastData-shared-backups dir backup /fastData/shared-backups",
        "fastData-shared-bulk-data dir images /fastData/shared-bulk-data",
        "fastData-shared-iso dir iso,vztmpl /fastData/shared-iso",
        "fastData-shared-test-data dir images,rootdir /fastData/shared-test-data",
        "quickOS-lxc-disks zfspool rootdir quickOS/lxc-disks",
        "quickOS-shared-prod-data dir images /quickOS/shared-prod-data",
        "quickOS-shared-prod-data-sync dir images /quickOS/shared-prod-data-sync",
        "quickOS-shared-prod-data-volumes zfspool images,rootdir quickOS/shared-prod-data-volumes",
        "quickOS-vm-disks zfspool images quickOS/vm-disks",
      ],
    );
    assert.equal(estate.arcMaxGb, 32);
    assert.deepEqual(estate.templates, [
      {
        storage: "fastData-shared-iso",
        file: "ubuntu-24.04-standard_24.04-2_amd64.tar.zst",
        volid: "fastData-shared-iso:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst",
      },
    ]);
  });

  test("15 containers, each after what it needs", () => {
    const { containers } = loadEstate(files).estate;
    assert.deepEqual(
      containers.map(({ ctid }) => ctid),
      [900, 901, 902, 903, 920, 953, 955, 957, 950, 951, 952, 954, 956, 910, 960],
    );
    containers.forEach((container, index) => {
      const before = containers.slice(0, index).map(({ ctid }) => ctid);
      const source = container.cloneFrom ? [container.cloneFrom.ctid] : [];
      for (const need of [...container.dependencies, ...source]) {
        assert.ok(before.includes(need), `${container.ctid} comes before ${need}`);
      }
    });
  });

  test("one container with all its values", () => {
    const nginx = loadEstate(files).estate.containers.find(({ ctid }) => ctid === 953);
    assert.ok(nginx);
    assert.equal(nginx.scriptConfig.portainer_role, "infrastructure");
    assert.deepEqual(Object.fromEntries(Object.entries(nginx).filter(([key]) => key !== "scriptConfig")), {
      ctid: 953,
      name: "Nginx-VscodeRag",
      cloneFrom: { ctid: 900, snapshot: "pre-configured" },
      storage: "quickOS-lxc-disks",
      diskGb: 32,
      memoryMb: 4096,
      swapMb: 512,
      cores: 4,
      unprivileged: true,
      startAtBoot: true,
      bootOrder: 1,
      bootDelay: 5,
      shutdownTimeout: 120,
      network: {
        name: "eth0",
        bridge: "vmbr0",
        ip: "10.0.0.153/24",
        gateway: "10.0.0.1",
        mac: "52:54:00:67:89:B3",
      },
      pctFeatures: { nesting: "1" },
      rawLines: [],
      idMap: {
        users: [{ guest: 0, host: 100000, count: 65536 }],
        groups: [{ guest: 0, host: 100000, count: 65536 }],
      },
      mounts: [
        {
          volume: "nginx_sites",
          source: "/usr/local/phoenix_hypervisor/etc/nginx/sites-available",
          target: "/etc/nginx/sites-available",
          readOnly: false,
        },
        {
          volume: "ssl_certs",
          source: "/mnt/pve/quickOS/shared-prod-data/ssl",
          target: "/etc/nginx/ssl",
          readOnly: false,
        },
        {
          volume: "nginx_logs",
          source: "/mnt/pve/quickOS/shared-prod-data/logs/nginx",
          target: "/logs/nginx",
          readOnly: false,
        },
      ],
      dependencies: [],
      features: [{ name: "base_setup" }],
      gpus: [],
      usesDriver: false,
      firewall: { enabled: true, rules: [] },
    });
  });
});

// Typed as loosely as a user's editor is.
type Files = { host: Record<string, never>; guests: Record<string, never> };

test("ten mistakes in copies of the original's files: ten lines", { skip }, () => {
  const edits: [(files: Files) => void, string][] = [
    [
      ({ guests }) => set(guests, "lxc_configs.951.mac_address", "52:54:00:67:89:B0"),
      `lxc.json: lxc_configs.951.mac_address: is also the MAC address of container 950 ("52:54:00:67:89:B0") — give each guest one of its own, or leave it to Proxmox`,
    ],
    [
      ({ guests }) => set(guests, "lxc_configs.952.network_config.ip", "10.0.0.13/24"),
      `lxc.json: lxc_configs.952.network_config.ip: is also the address of the host ("10.0.0.13/24") — give each guest an address of its own`,
    ],
    [
      ({ guests }) => set(guests, "lxc_configs.954.memory_mb", "2G"),
      `lxc.json: lxc_configs.954.memory_mb: must be a number, not text ("2G") — give memory in MB, 512 to 131072`,
    ],
    [
      ({ guests }) => set(guests, "lxc_configs.955.clone_from_ctid", "999"),
      `lxc.json: lxc_configs.955.clone_from_ctid: container 955 is cloned from 999, and no container has that CTID ("999") — name a CTID of this file, or remove it`,
    ],
    [
      ({ guests }) => set(guests, "lxc_configs.956.storage_size_gb", 16),
      `lxc.json: lxc_configs.956.storage_size_gb: is smaller than the 32 GB of container 902 it is cloned from, and Proxmox cannot shrink a disk (16) — give 32 or more`,
    ],
    [
      ({ guests }) => set(guests, "lxc_configs.953.dependencies", ["910"]),
      `lxc.json: lxc_configs.910.dependencies[0]: containers need one another in a circle: 910 → 953 → 910 — remove one of these dependencies or clone_from_ctid`,
    ],
    [
      ({ host }) =>
        set(host, "zfs.pools.1.disks.0", "/dev/disk/by-id/nvme-Samsung_SSD_990_EVO_Plus_2TB_S7U6NJ0Y320880M"),
      `host.json: zfs.pools[1].disks[0]: is also a disk of pool quickOS ("/dev/disk/by-id/nvme-Samsung_SSD_990_EVO_Plus_2TB_S7U6NJ0Y320880M") — use each disk in one place only`,
    ],
    [
      ({ host }) => set(host, "zfs.datasets.6.pool", "slowData"),
      `host.json: zfs.datasets[6].pool: no such pool ("slowData") — name a pool of zfs.pools (fastData, quickOS)`,
    ],
    [
      ({ host }) => set(host, "users.password_hash", "correct horse battery staple"),
      "host.json: users.password_hash: is not a password hash (it is not shown here, in case it is a password) — give the hash that `mkpasswd -m yescrypt` prints, or NOT_SET to leave the password alone",
    ],
    [
      ({ host }) => set(host, "shared_volumes.ssl_certs.mounts.900", "/certs"),
      "host.json: shared_volumes.ssl_certs.mounts.900: container 901 is cloned from container 900, and a bind mount blocks snapshots and clones — mount it in the clones instead",
    ],
  ];
  const documents: Files = {
    host: JSON.parse(readFileSync(files.hypervisorConfig, "utf8")) as Files["host"],
    guests: JSON.parse(readFileSync(files.lxcConfigs, "utf8")) as Files["guests"],
  };
  for (const [edit] of edits) edit(documents);
  const copies = mkdtempSync(join(tmpdir(), "phoenix-config-"));
  try {
    writeFileSync(join(copies, "host.json"), JSON.stringify(documents.host));
    writeFileSync(join(copies, "lxc.json"), JSON.stringify(documents.guests));
    const { exitCode, stderr } = validateCommand({
      hypervisorConfig: join(copies, "host.json"),
      lxcConfigs: join(copies, "lxc.json"),
    });
    assert.equal(exitCode, 1);
    assert.deepEqual(
      stderr.replaceAll(`${copies}/`, "").trimEnd().split("\n").sort(),
      edits.map(([, line]) => line).sort(),
    );
  } finally {
    rmSync(copies, { recursive: true });
  }
});

/** Puts a value into a document; steps are separated by dots. */
function set(document: object, path: string, value: unknown): void {
  const steps = path.split(".");
  const last = steps.pop() ?? "";
  const parent = steps.reduce((place, step) => (place as Record<string, object>)[step] ?? {}, document);
  (parent as Record<string, unknown>)[last] = value;
}

test("a mistake carries its warnings along", { skip }, () => {
  assert.throws(
    () => loadEstate({ ...files, lxcConfigs: join(folder, "nowhere.json") }),
    (error: unknown) =>
      error instanceof ConfigurationError &&
      error.mistakes.length === 1 &&
      formatFinding(error.mistakes[0] ?? assert.fail()).endsWith(
        "nowhere.json: no such file — correct the path, or create the file",
      ) &&
      error.warnings.length === 19,
  );
});
