/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment,
   @typescript-eslint/no-unsafe-call -- documents are edited as untyped JSON */
import test, { describe } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { check, checkTexts, container, hypervisor, type Json, lxc, type Outcome } from "./samples";

function containerOf({ estate }: Outcome, ctid: number) {
  return estate?.containers.find((one) => one.ctid === ctid) ?? assert.fail(`no container ${ctid}`);
}

/** The estate of an edit to container 901. */
function edited(change: object, host: (host: Json) => void = () => undefined) {
  const outcome = check((hypervisorConfig, { lxc_configs: c }) => {
    host(hypervisorConfig);
    Object.assign(c["901"] as object, change);
  });
  assert.deepEqual(outcome.mistakes, []);
  return containerOf(outcome, 901);
}

describe("the model", () => {
  test("pools, datasets and storages", () => {
    const { estate } = check((host) => {
      host.zfs.arc_max_gb = 8;
      host.proxmox_storage_ids = { bulk_library: "library" };
      host.shared_volumes = {};
    }) as Required<Outcome>;
    assert.ok(estate);
    const { pools, datasets, storages, arcMaxGb, vms } = estate;
    assert.deepEqual(
      { pools, datasets, storages, arcMaxGb, vms: vms.map(({ name }) => name) },
      {
        pools: [
          {
            name: "bulk",
            vdevs: [{ raidLevel: "single", disks: ["/dev/disk/by-id/c"] }],
            properties: { atime: "off", compression: "lz4" },
            autotrim: "on",
          },
          {
            name: "tank",
            vdevs: [{ raidLevel: "mirror", disks: ["/dev/disk/by-id/a", "/dev/disk/by-id/b"] }],
            properties: { atime: "off", compression: "lz4" },
            autotrim: "on",
          },
        ],
        datasets: [
          {
            pool: "bulk",
            name: "library",
            fullName: "bulk/library",
            properties: {},
            mountpoint: "/bulk/library",
            storageId: "library",
          },
          {
            pool: "tank",
            name: "guests",
            fullName: "tank/guests",
            properties: { quota: "600G", recordsize: "16K" },
            mountpoint: "/tank/guests",
            storageId: "tank-guests",
          },
        ],
        storages: [
          {
            id: "library",
            type: "dir",
            content: ["iso", "vztmpl"],
            path: "/bulk/library",
            dataset: "bulk/library",
          },
          {
            id: "tank-guests",
            type: "zfspool",
            content: ["images", "rootdir"],
            pool: "tank/guests",
            dataset: "tank/guests",
          },
        ],
        arcMaxGb: 8,
        vms: ["runner"],
      },
    );
  });

  test("defaults of a container", () => {
    const { swapMb, startAtBoot, pctFeatures, rawLines, dependencies, features, gpus, ...rest } = edited({});
    assert.deepEqual(
      { swapMb, startAtBoot, pctFeatures, rawLines, dependencies, features, gpus },
      {
        swapMb: 512,
        startAtBoot: false,
        pctFeatures: { nesting: "1" },
        rawLines: [],
        dependencies: [],
        features: [],
        gpus: [],
      },
    );
    for (const absent of [
      "bootOrder",
      "bootDelay",
      "template",
      "healthCheck",
      "applicationScript",
      "templateSnapshot",
    ]) {
      assert.ok(!(absent in rest), absent);
    }
  });

  test("health checks: 3 tries, 5 seconds apart", () => {
    assert.deepEqual(edited({ health_check: { command: "true" } }).healthCheck, {
      command: "true",
      retries: 3,
      interval: 5,
      timeLimit: 30,
    });
  });

  test("GPUs: spaces gone, in order of number", () => {
    assert.deepEqual(edited({ gpu_assignment: "10, 2 ,0" }).gpus, ["0", "2", "10"]);
  });

  test("MAC addresses in upper case", () => {
    assert.equal(edited({ mac_address: "52:54:00:aa:bb:cc" }).network.mac, "52:54:00:AA:BB:CC");
  });

  test("each template once", () => {
    const { estate } = check((_, { lxc_configs: c }) => {
      c["902"] = container(
        { name: "third", ip: "10.0.0.12/24", mac: "52:54:00:00:00:03" },
        { template: "ubuntu.tar.zst" },
      );
    });
    assert.deepEqual(
      estate?.templates.map(({ volid }) => volid),
      ["bulk-library:vztmpl/ubuntu.tar.zst"],
    );
  });
});

describe("Proxmox features", () => {
  const rows: [string, object, (host: Json) => void, Record<string, string>][] = [
    ["own ones only", { pct_options: ["keyctl=1"] }, () => undefined, { keyctl: "1" }],
    ["none of its own", { pct_options: [] }, () => undefined, { nesting: "1" }],
    [
      "the host's defaults",
      {},
      (host) => (host.proxmox_defaults = { lxc: { features: "keyctl=1,fuse=1" } }),
      { fuse: "1", keyctl: "1" },
    ],
    [
      "the host's nesting beside its features",
      {},
      (host) => (host.proxmox_defaults = { lxc: { features: "keyctl=1", nesting: 1 } }),
      { keyctl: "1", nesting: "1" },
    ],
    [
      "no nesting under a profile that manages it",
      { apparmor_profile: "own", apparmor_manages_nesting: true, pct_options: ["nesting=1", "keyctl=1"] },
      () => undefined,
      { keyctl: "1" },
    ],
    [
      "nesting without a profile that could manage it",
      { apparmor_manages_nesting: true, pct_options: ["nesting=1", "keyctl=1"] },
      () => undefined,
      { keyctl: "1", nesting: "1" },
    ],
  ];
  for (const [name, change, host, features] of rows) {
    test(name, () => assert.deepEqual(edited(change, host).pctFeatures, features));
  }
});

describe("raw LXC lines", () => {
  const rows: [string, object, (host: Json) => void, string[]][] = [
    [
      "all ways of writing, in their order, each once",
      { lxc_options: ["lxc.b=1", "lxc.a: 2", "lxc.c = x = y", "lxc.b: 1"] },
      () => undefined,
      ["lxc.b: 1", "lxc.a: 2", "lxc.c: x = y"],
    ],
    [
      "a capability a line",
      { lxc_options: ["lxc.cap.keep=net_admin,sys_time"] },
      () => undefined,
      ["lxc.cap.keep: net_admin", "lxc.cap.keep: sys_time"],
    ],
    [
      "the profile first",
      { apparmor_profile: "unconfined", lxc_options: ["lxc.a=1"] },
      () => undefined,
      ["lxc.apparmor.profile: unconfined", "lxc.a: 1"],
    ],
    [
      "the host's profile",
      {},
      (host) => (host.proxmox_defaults = { lxc: { security: "unconfined" } }),
      ["lxc.apparmor.profile: unconfined"],
    ],
    [
      "what stands for nesting under a profile that manages it",
      { apparmor_profile: "own", apparmor_manages_nesting: true, lxc_options: ["lxc.a=1"] },
      () => undefined,
      [
        "lxc.apparmor.profile: own",
        "lxc.apparmor.allow_nesting: 1",
        "lxc.include: /usr/share/lxc/config/nesting.conf",
        "lxc.a: 1",
      ],
    ],
    [
      "the same once, under a raw profile",
      {
        apparmor_manages_nesting: true,
        lxc_options: ["lxc.apparmor.profile=unconfined", "lxc.apparmor.allow_nesting = 1"],
      },
      () => undefined,
      [
        "lxc.apparmor.allow_nesting: 1",
        "lxc.include: /usr/share/lxc/config/nesting.conf",
        "lxc.apparmor.profile: unconfined",
      ],
    ],
    [
      "a raw profile goes before the key",
      { apparmor_profile: "own", lxc_options: ["lxc.apparmor.profile=unconfined"] },
      () => undefined,
      ["lxc.apparmor.profile: unconfined"],
    ],
    [
      "ids of the host, and every other id around them",
      {
        id_maps: [
          { guest: 1000, host: 1000 },
          { kind: "group", guest: 44, host: 44, count: 2 },
        ],
      },
      () => undefined,
      [
        ...["lxc.idmap: u 0 100000 1000", "lxc.idmap: u 1000 1000 1", "lxc.idmap: u 1001 101001 64535"],
        ...["lxc.idmap: g 0 100000 44", "lxc.idmap: g 44 44 2", "lxc.idmap: g 46 100046 954"],
        ...["lxc.idmap: g 1000 1000 1", "lxc.idmap: g 1001 101001 64535"],
      ],
    ],
  ];
  for (const [name, change, host, lines] of rows) {
    test(name, () => assert.deepEqual(edited(change, host).rawLines, lines));
  }
});

describe("what makes no difference", () => {
  const plain = check().estate;
  const model = (outcome: Outcome) => {
    assert.deepEqual(outcome.mistakes, []);
    const { pools, datasets, storages, templates, containers, vms } = outcome.estate ?? assert.fail();
    return {
      pools,
      datasets,
      storages,
      templates,
      vms,
      containers: containers.map((spec) => ({ ...spec, scriptConfig: undefined })),
    };
  };

  test("the order of lists and the spacing inside values", () => {
    const other = check((host) => {
      host.zfs.pools.reverse();
      host.zfs.pools[1].disks.reverse();
      host.zfs.datasets.reverse();
      host.zfs.datasets[1].properties = " quota=600G ,recordsize=16K, ";
      host.zfs.datasets[1].proxmox_content_type = "images, rootdir";
    });
    assert.deepEqual(model(other), model({ mistakes: [], warnings: [], estate: plain ?? assert.fail() }));
  });

  test("the order of keys and the layout of the files", () => {
    const shuffled = (value: unknown, seed: number): unknown => {
      if (Array.isArray(value)) return value.map((item) => shuffled(item, seed));
      if (typeof value !== "object" || value === null) return value;
      const entries = Object.entries(value).map(([key, item]) => [key, shuffled(item, seed)] as const);
      return Object.fromEntries(entries.sort(([a], [b]) => hash(a, seed) - hash(b, seed)));
    };
    const hash = (key: string, seed: number) =>
      [...key].reduce((sum, char) => (sum * seed + char.charCodeAt(0)) % 9973, 7);
    const expected = model({ mistakes: [], warnings: [], estate: plain ?? assert.fail() });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9000 }), fc.constantFrom(undefined, 2, "\t"), (seed, indent) => {
        const text = (document: unknown) => JSON.stringify(shuffled(document, seed), null, indent);
        assert.deepEqual(model(checkTexts(text(hypervisor()), text(lxc()))), expected);
      }),
      { numRuns: 25 },
    );
  });
});
