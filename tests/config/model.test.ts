/* eslint-disable @typescript-eslint/no-unsafe-member-access --
   documents are edited as untyped JSON */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { specDigest } from "../../config/adopted";
import { check, type Json } from "./samples";

function estateOf(edit: (host: Json, lxc: Json) => void) {
  const { mistakes, estate } = check(edit);
  assert.deepEqual(mistakes, []);
  return estate ?? assert.fail();
}

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIlZbGWX+vtiLJmyfSd8MIX2qOrYm2v+nDgVfJdEj3nF me";
const url = "https://us.download.nvidia.com/XFree86/Linux-x86_64/580.76.05/NVIDIA-Linux-x86_64-580.76.05.run";
const driver = { install: true, version: "580.76.05", runfile_url: url };
const rule = { type: "in", action: "ACCEPT", proto: "tcp", port: "3000", description: "a page" };

describe("the host", () => {
  test("all that the file can say", () => {
    const { host } = estateOf((host) => {
      Object.assign(host.users, { ssh_public_key: `${key}  ` });
      host.initial_setup = { hostname: "gpu1", upgrade: "2026-01-31", nodesource: true, ufw: false };
      host.network.interfaces.dns_nameservers = "10.0.0.1,  9.9.9.9";
      host.nvidia_driver = { ...driver, runfile_sha256: "ab".repeat(32), dkms: false, reboot: false };
      host.nfs = { exports: [{ path: "bulk/library", clients: ["10.0.0.0/24"], options: ["ro"] }] };
      host.samba = { user: "admin", shares: [{ name: "docs", path: "bulk/library" }] };
      host.firewall = {
        enabled: true,
        default_input_policy: "DROP",
        default_output_policy: "ACCEPT",
        rules: [rule],
      };
    });
    assert.deepEqual(host, {
      setup: {
        hostname: "gpu1",
        timezone: "Etc/UTC",
        bridge: { name: "vmbr0", address: "10.0.0.2/24", gateway: "10.0.0.1" },
        nameservers: ["10.0.0.1", "9.9.9.9"],
        upgrade: "2026-01-31",
        nodesource: true,
        ufw: false,
      },
      driver: {
        version: "580.76.05",
        runfileUrl: url,
        sha256: "ab".repeat(32),
        dkms: false,
        reboot: false,
      },
      admin: { username: "admin", passwordHash: "NOT_SET", sudo: true, sshPublicKey: key },
      nfs: {
        server: "10.0.0.2",
        sources: ["10.0.0.0/24"],
        exports: [
          {
            path: "/bulk/library",
            dataset: "bulk/library",
            name: "library",
            clients: ["10.0.0.0/24"],
            options: ["no_subtree_check", "ro"],
            storageId: "nfs-library",
          },
        ],
      },
      samba: {
        owner: "admin",
        users: [{ name: "admin", create: false }],
        shares: [
          {
            name: "docs",
            path: "/bulk/library",
            dataset: "bulk/library",
            validUsers: ["admin"],
            options: {},
          },
        ],
      },
      firewall: { enabled: true, policyIn: "DROP", policyOut: "ACCEPT", rules: [rule] },
    });
  });

  test("what the file says nothing of is not set up", () => {
    const { host, nvidia } = estateOf((host) => {
      delete host.users;
      host.nvidia_driver = { ...driver, install: false };
    });
    assert.deepEqual(Object.keys(host), ["setup"]);
    assert.equal(nvidia?.version, "580.76.05", "guests may have it all the same");
    assert.deepEqual(host.setup, {
      timezone: "Etc/UTC",
      bridge: { name: "vmbr0", address: "10.0.0.2/24", gateway: "10.0.0.1" },
      nameservers: ["10.0.0.1", "9.9.9.9"],
      upgrade: "once",
      nodesource: false,
      ufw: true,
    });
  });
});

const maps = [
  { guest: 2000, host: 1000, count: 2 },
  { kind: "group", guest: 1000, host: 44 },
];
const secrets = { user: "ops", password_hash: `$6$saltsalt$${"a".repeat(86)}` };
const mounts = [
  { server: "10.0.0.9", export: "/srv/z", mount_point: "/a" },
  { export: "/srv/b", mount_point: "/z" },
];

/** A container with maps of ids, and a machine with exports; both with what scripts are not told. */
const guests = (host: Json, lxc: Json) => {
  const outside = { state: "stopped", protect: true, shutdown_timeout: 9 };
  Object.assign(lxc.lxc_configs["901"], { ...outside, id_maps: maps });
  Object.assign(host.vms[0], { ...outside, nfs_volumes: mounts, cloud_init: secrets });
};

describe("guests", () => {
  test("maps of ids that the file asks for, beside the whole map", () => {
    const { containers } = estateOf(guests);
    assert.deepEqual(containers[1]?.ownIds, {
      users: [{ guest: 2000, host: 1000, count: 2 }],
      groups: [
        { guest: 2000, host: 1000, count: 2 },
        { guest: 1000, host: 44, count: 1 },
      ],
    });
    assert.equal(containers[0]?.ownIds, undefined);
  });

  test("storages of exports, in the order of the file", () => {
    assert.deepEqual(estateOf(guests).vms[0]?.exportStorages, ["nfs-z", "nfs-b"]);
  });

  test("scripts read the entry, but neither its password nor what says whether it runs or may go", () => {
    const { containers, vms } = estateOf(guests);
    const [container, vm] = [containers[1]!.scriptConfig, vms[0]!.scriptConfig];
    assert.equal(container.memory_mb, 1024);
    assert.equal(vm.storage_pool, "local-lvm", "also what vm_defaults say");
    for (const word of ["state", "protect", "shutdown_timeout", "cloud_init"]) {
      assert.ok(!(word in container) && !(word in vm), word);
    }
  });

  test("digests of adopted guests stay what they were: another would have them converged", () => {
    const { containers, vms } = estateOf(guests);
    assert.deepEqual([...containers, ...vms].map(specDigest), [
      "v1-903ed868abb215e6",
      "v1-bdea40f96110b00d",
      "v1-0579eb77da0a8ba2",
    ]);
  });
});
