/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-call --
   the tables break untyped documents in every way */
import test, { describe } from "node:test";
import assert from "node:assert/strict";
import { check, container, expectRow, type Row } from "./samples";

const web = "lxc.json: lxc_configs.901";

/** A third container, 902. */
const third = (more: object) =>
  container(
    { name: "third", ip: "10.0.0.12/24", mac: "52:54:00:00:00:03" },
    { clone_from_ctid: "900", ...more },
  );

describe("ids, names and addresses", () => {
  const rows: Row[] = [
    ...["99", "1000000000", "0900", "web"].map((id): Row => [
      `${id} for a CTID`,
      (_, { lxc_configs: c }) => (c[id] = third({})),
      `lxc.json: lxc_configs.${id}: is not a CTID Proxmox accepts — use a whole number from 100 to 999999999`,
    ]),
    ["the greatest CTID", (_, { lxc_configs: c }) => (c["999999999"] = third({}))],
    [
      "one name twice",
      (_, { lxc_configs: c }) => (c["902"] = third({ name: "Web" })),
      `lxc.json: lxc_configs.902.name: is also the name of container 901 ("Web") — give each guest a name of its own`,
    ],
    ["a name with a dot", (_, { lxc_configs: c }) => (c["901"].name = "vllm-qwen2.5-7b-awq")],
    ["a name of 63", (_, { lxc_configs: c }) => (c["901"].name = "n".repeat(63))],
    ...["n".repeat(64), "web_1", "-web", "web.", "web server"].map((name): Row => [
      `${name} for a name`,
      (_, { lxc_configs: c }) => (c["901"].name = name),
      `${web}.name: is not a host name Proxmox accepts ("${name}") — use letters, digits, - and ., at most 63 characters, no - or . at an end`,
    ]),
    [
      "one MAC address twice, in other letters",
      (_, { lxc_configs: c }) => {
        c["900"].mac_address = "52:54:00:aa:bb:cc";
        c["901"].mac_address = "52:54:00:AA:BB:CC";
      },
      `${web}.mac_address: is also the MAC address of container 900 ("52:54:00:AA:BB:CC") — give each guest one of its own, or leave it to Proxmox`,
    ],
    [
      "a multicast MAC address",
      (_, { lxc_configs: c }) => (c["901"].mac_address = "01:00:5E:00:00:01"),
      `${web}.mac_address: is a multicast address ("01:00:5E:00:00:01") — make the first pair of digits even, such as 52`,
    ],
    ["no MAC address", (_, { lxc_configs: c }) => delete c["901"].mac_address],
    [
      "one address twice, with other prefix lengths",
      (_, { lxc_configs: c }) => (c["901"].network_config.ip = "10.0.0.10/16"),
      `${web}.network_config.ip: is also the address of container 900 ("10.0.0.10/16") — give each guest an address of its own`,
    ],
    [
      "the host's address",
      (_, { lxc_configs: c }) => (c["901"].network_config.ip = "10.0.0.2/24"),
      `${web}.network_config.ip: is also the address of the host ("10.0.0.2/24") — give each guest an address of its own`,
    ],
    [
      "the address of the host's gateway",
      (_, { lxc_configs: c }) =>
        (c["901"].network_config = { name: "eth0", bridge: "vmbr0", ip: "10.0.0.1/24", gw: "10.0.0.254" }),
      `${web}.network_config.ip: is also the address of the host's gateway ("10.0.0.1/24") — give each guest an address of its own`,
    ],
    [
      "a gateway in another subnet",
      (_, { lxc_configs: c }) => (c["901"].network_config.ip = "10.0.1.11/24"),
      `${web}.network_config.gw: is not in the subnet 10.0.1.0/24 of the address ("10.0.0.1") — correct the gateway, the address or its prefix length`,
    ],
    [
      "its own address as the gateway",
      (_, { lxc_configs: c }) => (c["901"].network_config.gw = "10.0.0.11"),
      `${web}.network_config.gw: is the address itself ("10.0.0.11") — give the address of the router`,
    ],
    [
      "the address of the network",
      (_, { lxc_configs: c }) => (c["901"].network_config.ip = "10.0.0.0/24"),
      `${web}.network_config.ip: is the network address of 10.0.0.0/24 ("10.0.0.0/24") — give an address between the two`,
    ],
    [
      "the broadcast address",
      (_, { lxc_configs: c }) => (c["901"].network_config.ip = "10.0.0.255/24"),
      `${web}.network_config.ip: is the broadcast address of 10.0.0.0/24 ("10.0.0.255/24") — give an address between the two`,
    ],
    [
      "the host's gateway out of reach",
      (host) => (host.network.interfaces.gateway = "10.0.9.1"),
      `host.json: network.interfaces.gateway: is not in the subnet 10.0.0.0/24 of the address ("10.0.9.1") — correct the gateway, the address or its prefix length`,
    ],
    [
      "a name server that is none",
      (host) => (host.network.interfaces.dns_nameservers = "8.8.8.8 8.8.4.400"),
      `host.json: network.interfaces.dns_nameservers: is not a list of IPv4 addresses ("8.8.8.8 8.8.4.400") — separate the addresses of the name servers by spaces`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));

  const warnings: Row[] = [
    [
      "a bridge of nobody's",
      (_, { lxc_configs: c }) => (c["901"].network_config.bridge = "vmbr1"),
      `${web}.network_config.bridge: is not the bridge of these files ("vmbr1") — name vmbr0, or make the bridge on the host`,
    ],
  ];
  for (const row of warnings) test(row[0], () => expectRow("warnings", row));
});

describe("templates and clones", () => {
  const template = "lxc.json: lxc_configs.900.template";
  const rows: Row[] = [
    [
      "made from nothing",
      (_, { lxc_configs: c }) => delete c["901"].clone_from_ctid,
      `${web}: has neither a template nor a clone_from_ctid — say what the container is made from: one of the two`,
    ],
    [
      "made from both",
      (_, { lxc_configs: c }) => (c["901"].template = "bulk-library:vztmpl/ubuntu.tar.zst"),
      `${web}: has both a template and a clone_from_ctid — keep one of the two`,
    ],
    [
      "a source without a snapshot",
      (_, { lxc_configs: c }) => delete c["900"].template_snapshot_name,
      `${web}.clone_from_ctid: container 900 has no template_snapshot_name to clone from ("900") — give container 900 a template_snapshot_name`,
    ],
    [
      "a disk smaller than its source's",
      (_, { lxc_configs: c }) => (c["901"].storage_size_gb = 15),
      `${web}.storage_size_gb: is smaller than the 16 GB of container 900 it is cloned from, and Proxmox cannot shrink a disk (15) — give 16 or more`,
    ],
    [
      "privileged from unprivileged",
      (_, { lxc_configs: c }) => (c["901"].unprivileged = false),
      `${web}.unprivileged: differs from container 900 it is cloned from, and Proxmox cannot change it (false) — set it to true, or clone another container`,
    ],
    [
      "a path on a dataset",
      (_, { lxc_configs: c }) => (c["900"].template = "/bulk/library/template/cache/x.tar.zst"),
    ],
    ["a bare name", (_, { lxc_configs: c }) => (c["900"].template = "x.tar.gz")],
    [
      "a bare name, and two storages with templates",
      ({ zfs }, { lxc_configs: c }) => {
        zfs.datasets.push({ ...zfs.datasets[1], name: "archive" });
        c["900"].template = "x.tar.gz";
      },
      `${template}: is a bare file name, and bulk-archive and bulk-library all hold templates ("x.tar.gz") — say which: bulk-archive:vztmpl/x.tar.gz`,
    ],
    [
      "no archive",
      (_, { lxc_configs: c }) => (c["900"].template = "ubuntu-24.04-standard"),
      `${template}: is not a template archive ("ubuntu-24.04-standard") — name a file that ends in .tar.zst, .tar.xz, .tar.gz or .tar.bz2`,
    ],
    [
      "a path on no dataset",
      (_, { lxc_configs: c }) => (c["900"].template = "/mnt/pve/bulk/library/template/cache/x.tar.zst"),
      `${template}: lies on no dataset of zfs.datasets, so Proxmox knows no volume for it ("/mnt/pve/bulk/library/template/cache/x.tar.zst") — give a path below a dataset's mount point /<pool>/<dataset>, or a volume id storage:vztmpl/file`,
    ],
    [
      "a path off the storage's folder",
      (_, { lxc_configs: c }) => (c["900"].template = "/bulk/library/x.tar.zst"),
      `${template}: is not where the storage bulk-library keeps its templates ("/bulk/library/x.tar.zst") — put the archive into /bulk/library/template/cache/ and name it there`,
    ],
    [
      "a storage without templates",
      (_, { lxc_configs: c }) => (c["900"].template = "tank-guests:vztmpl/x.tar.zst"),
      `${template}: names the storage tank-guests, which holds no templates ("tank-guests:vztmpl/x.tar.zst") — add vztmpl to the storage's proxmox_content_type, or name a storage that has it`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));

  test("a storage of nobody's", () =>
    expectRow("warnings", [
      "",
      (_, { lxc_configs: c }) => (c["900"].template = "nas:vztmpl/x.tar.zst"),
      `${template}: names the storage nas, which neither these files make nor Proxmox ships ("nas:vztmpl/x.tar.zst") — make it on the host before the first run, or name another one`,
    ]));
});

describe("order", () => {
  const rows: Row[] = [
    [
      "a container that waits for itself",
      (_, { lxc_configs: c }) => (c["901"].dependencies = ["901"]),
      `${web}.dependencies[0]: containers need one another in a circle: 901 → 901 — remove one of these dependencies or clone_from_ctid`,
    ],
    [
      "a circle over a clone and a dependency",
      (_, { lxc_configs: c }) => (c["900"].dependencies = ["901"]),
      `lxc.json: lxc_configs.900.dependencies[0]: containers need one another in a circle: 900 → 901 → 900 — remove one of these dependencies or clone_from_ctid`,
    ],
    [
      "a source that is not there",
      (_, { lxc_configs: c }) => (c["901"].clone_from_ctid = "950"),
      `${web}.clone_from_ctid: container 901 is cloned from 950, and no container has that CTID ("950") — name a CTID of this file, or remove it`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));

  const leftOut: Row = [
    "a dependency that only another version of the files has is left out",
    (_, { lxc_configs: c }) => (c["901"].dependencies = ["900", "950"]),
    `${web}.dependencies[1]: container 901 depends on 950, and no container has that CTID: it waits for nothing ("950") — name a CTID of this file, or remove it`,
  ];
  test(leftOut[0], () => {
    expectRow("warnings", leftOut);
    assert.deepEqual(check(leftOut[1]).estate?.containers[1]?.dependencies, [900]);
  });
});

describe("disks, features and volumes", () => {
  const volume = { name: "data", pool: "tank-guests", size_gb: 8, mount_point: "/data" };
  const rows: Row[] = [
    [
      "a storage without container disks",
      (_, { lxc_configs: c }) => (c["901"].storage_pool = "bulk-library"),
      `${web}.storage_pool: is a storage that holds no container disks ("bulk-library") — add rootdir to its dataset's proxmox_content_type, or name another storage`,
    ],
    [
      "a template on a dir storage",
      ({ zfs }, { lxc_configs: c }) => {
        zfs.datasets[1].proxmox_content_type = "vztmpl,rootdir";
        c["900"].storage_pool = "bulk-library";
      },
      `lxc.json: lxc_configs.900.storage_pool: is a dir storage, which cannot take the snapshot template_snapshot_name ("bulk-library") — name a zfspool storage`,
    ],
    [
      "two volumes in one folder",
      (_, { lxc_configs: c }) => {
        c["901"].volumes = [volume];
        c["901"].zfs_volumes = [{ ...volume, name: "more" }];
      },
      `${web}.zfs_volumes[0].mount_point: volumes[0] is mounted there too ("/data") — give each volume a folder of its own`,
    ],
    [
      "a feature Proxmox does not know",
      (_, { lxc_configs: c }) => (c["901"].pct_options = ["nseting=1"]),
      `${web}.pct_options[0]: is not a container feature of Proxmox ("nseting=1") — write one of nesting, keyctl, fuse, mknod, force_rw_sys, mount as key=value, such as nesting=1`,
    ],
    [
      "a feature that is neither on nor off",
      (_, { lxc_configs: c }) => (c["901"].pct_options = ["nesting=yes"]),
      `${web}.pct_options[0]: must be 0 or 1 ("nesting=yes") — write nesting=1 or nesting=0`,
    ],
    [
      "a feature twice",
      (_, { lxc_configs: c }) => (c["901"].pct_options = ["nesting=1", "nesting=0"]),
      `${web}.pct_options[1]: sets nesting twice ("nesting=0") — keep one of the two`,
    ],
    ["file systems", (_, { lxc_configs: c }) => (c["901"].pct_options = ["mount=nfs;cifs", "keyctl=1"])],
    [
      "a default feature Proxmox does not know",
      (host) => (host.proxmox_defaults = { lxc: { features: "nesting=1,docker=1" } }),
      `host.json: proxmox_defaults.lxc.features: is not a container feature of Proxmox ("docker=1") — write one of nesting, keyctl, fuse, mknod, force_rw_sys, mount as key=value, such as nesting=1`,
    ],
    [
      "a GPU twice",
      (_, { lxc_configs: c }) => (c["901"].gpu_assignment = "0,0"),
      `${web}.gpu_assignment: names a GPU twice ("0,0") — name each GPU once`,
    ],
    [
      "a driver for the guests that is not the host's",
      (host, containers) => {
        const url = "https://example.org/580.76.05.run";
        host.nvidia_driver = { install: true, version: "580.76.05", runfile_url: url };
        containers.nvidia_driver_version = "580.65.06";
      },
      `lxc.json: nvidia_driver_version: differs from the host's nvidia_driver.version 580.76.05 ("580.65.06") — give both files the same version`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));

  const warnings: Row[] = [
    [
      "storages of nobody's",
      (_, { lxc_configs: c }) => {
        c["901"].storage_pool = "nas";
        c["901"].volumes = [{ ...volume, pool: "nas" }];
      },
      `${web}.storage_pool: is a storage that neither these files make nor Proxmox ships ("nas") — make it on the host before the first run, or name one of bulk-library, local, local-lvm, tank-guests`,
      `${web}.volumes[0].pool: is a storage that neither these files make nor Proxmox ships ("nas") — make it on the host before the first run, or name one of bulk-library, local, local-lvm, tank-guests`,
    ],
    ["a storage that Proxmox ships", (_, { lxc_configs: c }) => (c["901"].storage_pool = "local-lvm")],
    [
      "a space among the GPUs",
      (_, { lxc_configs: c }) => (c["901"].gpu_assignment = "0, 1"),
      `${web}.gpu_assignment: has a space in its list ("0, 1") — write 0,1`,
    ],
    [
      "a driver for no card",
      (_, { lxc_configs: c }) => (c["901"].features = ["nvidia"]),
      `${web}.features: has the feature nvidia, but gpu_assignment gives it no GPU — assign one, such as 0, or remove the feature`,
    ],
    [
      "a driver's URL of another version",
      (host) => {
        const url = "https://example.org/580.65.06.run";
        host.nvidia_driver = { install: true, version: "580.76.05", runfile_url: url };
      },
      `host.json: nvidia_driver.runfile_url: does not name the driver version 580.76.05 ("https://example.org/580.65.06.run") — correct the URL or the version`,
    ],
    [
      "keys that only an application's script reads",
      (_, { lxc_configs: c }) => {
        c["900"].ports = ["80:80"];
        c["901"].ports = ["8080:80"];
        c["901"].portainer_role = "none";
        c["901"].vllm_port = 8000;
      },
      "lxc.json: lxc_configs.900.ports: ports has no effect without an application_script, which reads it (also in 901) — name the script, or remove it",
      "lxc.json: lxc_configs.901.vllm_port: vllm_… has no effect without an application_script, which reads it — name the script, or remove it",
    ],
  ];
  for (const row of warnings) test(row[0], () => expectRow("warnings", row));
});
