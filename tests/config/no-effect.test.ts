/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return --
   the tables break untyped documents in every way */
/* Keys that bring nothing about are told of; tests/components/host-keys.test.ts shows that there are no others. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hostKeys } from "../../config/rules/no-effect";
import { check, type Json } from "./samples";

/** A value for each of the keys. */
const values: Record<string, unknown> = {
  core_paths: { hf_token_file: "/root/token" },
  "network.external_registry_url": "docker.io/me",
  "network.portainer_server_ip": "10.0.0.99",
  "proxmox_defaults.zfs_lxc_pool": "tank/guests",
  "proxmox_defaults.lxc.cores": 2,
  "proxmox_defaults.lxc.memory_mb": 2048,
  "proxmox_defaults.lxc.network_config": "10.0.0.110/24,10.0.0.1,8.8.8.8",
  "nvidia_driver.install_vllm_libs": true,
  "behavior.debug_mode": true,
  "shared_volumes.*.file_mode": "664",
};
const driver = { install: true, version: "580.1", runfile_url: "https://mirror.test/580.1.run" };

function set(document: Json, keys: string[], value: unknown): void {
  const [key = "", ...rest] = keys;
  if (rest.length === 0) document[key] = value;
  else set((document[key] ??= {}), rest, value);
}

describe("keys without an effect", () => {
  for (const [key, remedy] of hostKeys) {
    test(key, () => {
      const value = values[key];
      const path = key.replace("*", "models");
      const { mistakes, warnings } = check((host) => {
        host.nvidia_driver = { ...driver };
        set(host, path.split("."), value);
      });
      const shown = typeof value === "object" ? "" : ` (${JSON.stringify(value)})`;
      assert.deepEqual([mistakes, warnings], [[], [`host.json: ${path}: has no effect${shown} — ${remedy}`]]);
    });
  }

  test("nesting that a profile is to manage, without a profile", () => {
    const warned = (entry: Json) =>
      check((_host, lxc) =>
        Object.assign(lxc.lxc_configs["900"], { apparmor_manages_nesting: true, ...entry }),
      ).warnings;
    assert.deepEqual(warned({}), [
      "lxc.json: lxc_configs.900.apparmor_manages_nesting: has no effect without a profile of the container's own (true)" +
        " — set apparmor_profile, or remove it",
    ]);
    assert.deepEqual(warned({ apparmor_profile: "own" }), []);
    assert.deepEqual(warned({ lxc_options: ["lxc.apparmor.profile: own"] }), []);
  });

  test("a switch that is off has none to miss", () => {
    const { warnings } = check((host) => {
      host.behavior = { debug_mode: false };
      host.nvidia_driver = { ...driver, install_vllm_libs: false };
    });
    assert.deepEqual(warnings, []);
  });

  test("the driver of the containers' file, unless it is the host's", () => {
    const { warnings } = check((host, lxc) => {
      host.nvidia_driver = driver;
      Object.assign(lxc, {
        nvidia_driver_version: "580.1",
        nvidia_runfile_url: "https://other.test/580.1.run",
      });
    });
    assert.deepEqual(warnings, [
      'lxc.json: nvidia_runfile_url: has no effect: what is fetched is nvidia_driver.runfile_url of the host\'s file ("https://other.test/580.1.run") — write it there, or remove it',
    ]);
    const without = check((_, lxc) => Object.assign(lxc, { nvidia_driver_version: "580.1" })).warnings;
    assert.deepEqual(without, [
      "lxc.json: nvidia_driver_version: has no effect: the host gets no driver, and guests get the host's (\"580.1\") — add nvidia_driver to the host's file, or remove it",
    ]);
    const same = check((host, lxc) => {
      host.nvidia_driver = driver;
      Object.assign(lxc, { nvidia_driver_version: "580.1", nvidia_runfile_url: driver.runfile_url });
    });
    assert.deepEqual(same.warnings, []);
  });
});
