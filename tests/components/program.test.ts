import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { recordEstate, type Registered, settingsOf, waitsFor } from "./recorder";

const root = join(__dirname, "..", "..");
const original = join(root, "..", "shared", "phoenix");

/** The whole program of a stack with the two files of a folder. */
const run = (folder: string) =>
  recordEstate({
    hypervisorConfig: join(folder, "phoenix_hypervisor_config.json"),
    lxcConfigs: join(folder, "phoenix_lxc_configs.json"),
  });

const byType = (resources: Registered[], type: string) =>
  resources.filter((resource) => resource.type === type);

test("the dev estate: its host, three templates and three applications", async () => {
  const { registered, find, outputs } = await run(join(root, "environments", "dev"));
  assert.deepEqual(
    byType(registered, "phoenix:container:Container").map((resource) => resource.name),
    ["ct-900", "ct-901", "ct-902", "ct-910", "ct-911", "ct-912"],
  );
  assert.equal(byType(registered, "proxmoxve:index/containerLegacy:ContainerLegacy").length, 1);
  assert.deepEqual(settingsOf(find("guests-template-ubuntu-24.04-standard_24.04-2_amd64.tar.zst")), {
    file: "ubuntu-24.04-standard_24.04-2_amd64.tar.zst",
    storage: "bulk-library",
    tag: "phoenix-test",
  });
  assert.equal((outputs as { node: string }).node, "node");
  // An argument of a command, which the text becomes on the node, has at most 128 KiB.
  const texts = byType(registered, "command:remote:Command").map(({ name, inputs }) => [
    name,
    Math.max(...([inputs.create, inputs.delete] as (string | undefined)[]).map((text = "") => text.length)),
  ]);
  assert.deepEqual(
    texts.filter(([, length]) => Number(length) > 100_000),
    [],
  );
});

test(
  "the original's files: 15 containers behind 2 pools, 9 datasets and 9 storages, in the order they need",
  { skip: existsSync(original) ? false : "../shared/phoenix is not there" },
  async () => {
    const { registered, find, names } = await run(original);
    const count = (prefix: string) => names.filter((name) => name.startsWith(prefix)).length;
    assert.equal(count("host-zfs-pool-"), 2);
    assert.equal(count("host-zfs-dataset-"), 9);
    assert.equal(count("host-zfs-storage-"), 9);
    assert.deepEqual(
      byType(registered, "phoenix:container:Container").map((resource) => resource.name),
      [900, 901, 902, 903, 920, 953, 955, 957, 950, 951, 952, 954, 956, 910, 960].map((ctid) => `ct-${ctid}`),
    );
    const volumes = "host-zfs-storage-quickOS-shared-prod-data-volumes";
    const driver = "host-nvidia-start-guests";
    const folder = (volume: string) => `guests-folder-${volume}`;
    const expected: Record<string, string[]> = {
      "ct-901-define": ["ct-900-snapshot", driver],
      "ct-902-define": ["ct-900-snapshot"],
      "ct-903-define": ["ct-901-snapshot", driver],
      "ct-920-define": ["ct-901-snapshot", driver],
      "ct-953-define": ["ct-900-snapshot", ...["nginx_logs", "nginx_sites", "ssl_certs"].map(folder)],
      "ct-910-define": ["ct-902-snapshot", "ct-953-feature-base_setup", folder("ssl_certs"), volumes],
      "ct-950-define": ["ct-920-snapshot", "ct-953-feature-base_setup", driver, folder("vllm_models")],
      "ct-951-define": ["ct-920-snapshot", "ct-953-feature-base_setup", driver, folder("vllm_models")],
      "ct-952-define": ["ct-902-snapshot", "ct-953-feature-base_setup", volumes],
      "ct-954-define": ["ct-902-snapshot", "ct-953-feature-base_setup", folder("ssl_certs"), volumes],
      "ct-955-define": ["ct-901-snapshot", "ct-953-feature-base_setup", driver, folder("ollama_models")],
      "ct-956-define": ["ct-902-snapshot", "ct-953-feature-base_setup", "ct-955-health"],
      "ct-957-define": ["ct-901-snapshot", "ct-953-feature-base_setup", driver, folder("llamacpp_models")],
      "ct-960-define": ["ct-903-snapshot", "ct-953-feature-base_setup"],
    };
    for (const [name, waits] of Object.entries(expected)) {
      assert.deepEqual(waitsFor(find(name)), [...waits, "host-zfs-storage-quickOS-lxc-disks"].sort(), name);
    }
  },
);
