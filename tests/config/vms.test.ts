/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access,
   @typescript-eslint/no-unsafe-call -- the tables break untyped documents in every way */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, expectRow, type Json, type Row } from "./samples";

const own = (more: Json) => (host: Json) => {
  host.vms[0] = { ...host.vms[0], ...more };
};
/** A template machine beside the sample's own. */
const golden =
  (more: Json, template: Json = {}) =>
  (host: Json) => {
    host.vms.unshift({ name: "golden", is_template: true, ...template });
    host.vms[1] = { ...host.vms[1], ...more };
  };
const at = (place: string) => `host.json: vms[0]${place}`;
const hash = `$6$salt$${"a".repeat(86)}`;
const images =
  "name ubuntu-22.04, ubuntu-24.04, debian-12, debian-13, or a URL, volume or path that ends in .qcow2, .img, .raw or .vmdk";

describe("mistakes of a machine's own keys", () => {
  const rows: Row[] = [
    ["no image", own({ template: "noble" }), `${at(".template")}: is no disk image ("noble") — ${images}`],
    [
      "a container's template",
      own({ template: "local:vztmpl/debian.tar.zst" }),
      `${at(".template")}: names a template for containers, and a virtual machine cannot start from one ("local:vztmpl/debian.tar.zst") — ${images}`,
    ],
    [
      "a checksum of nothing that is downloaded",
      own({ template: "noble.qcow2", image_checksum: `sha256:${"0".repeat(64)}` }),
      `${at(".template")}: is no download, so image_checksum would check nothing ("noble.qcow2") — remove image_checksum, or name a URL`,
    ],
    [
      "a checksum that is none",
      own({ image_checksum: "md5:0123" }),
      `${at(".image_checksum")}: is not a checksum ("md5:0123") — give checksum of the image that is downloaded, sha256:… or sha512:… and hexadecimal digits`,
    ],
    [
      "a storage without images",
      own({ template: "ubuntu-24.04", image_storage: "bulk-library" }),
      `${at(".template")}: would lie on the storage bulk-library, which holds no images to import ("ubuntu-24.04") — add import to its dataset's proxmox_content_type, or name another image_storage`,
    ],
    [
      "snippets on ZFS volumes",
      own({ snippets_storage: "tank-guests" }),
      `${at(".snippets_storage")}: is a zfspool storage, which holds no files ("tank-guests") — name a dir storage, such as local`,
    ],
    [
      "no agent, and what needs it",
      own({ agent: false, features: ["docker"], health_check: { command: "true" } }),
      `${at(".agent")}: is off, and features, health_check need the guest agent (false) — leave agent on, or remove them`,
    ],
    [
      "the driver of the host",
      own({ features: ["nvidia"] }),
      `${at(".features[0]")}: shares the host's driver, which a virtual machine cannot ("nvidia") — install the driver by a script of post_create_scripts`,
    ],
    [
      "a disk to start from that it has not",
      own({ boot_devices: ["scsi0", "scsi7"] }),
      `${at(".boot_devices[1]")}: is a device that it has not ("scsi7") — name scsi0 or net0`,
    ],
    [
      "a snapshot twice",
      own({ snapshots: ["one", "one"] }),
      `${at(".snapshots[1]")}: is listed twice ("one") — list it once`,
    ],
    [
      "a template that is to run",
      own({ is_template: true, state: "stopped" }),
      `${at(".state")}: is for a machine that can run, and a template cannot ("stopped") — remove state`,
    ],
    [
      "snapshots of a template",
      own({ is_template: true, snapshots: ["one"] }),
      `${at(".snapshots")}: cannot be taken of a template — remove snapshots, or is_template`,
    ],
    [
      "PCIe on an old machine",
      own({ machine: "i440fx", passthrough: [{ mapping: "gpu0" }] }),
      `${at(".passthrough[0].pcie")}: needs the machine type q35 (true) — set machine to q35, or pcie to false`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));
});

describe("mistakes of cloud-init", () => {
  const init = (more: Json) => own({ cloud_init: more });
  const rows: Row[] = [
    [
      "a gateway with dhcp",
      init({ gateway: "10.0.0.1" }),
      `${at(".cloud_init.gateway")}: is given with dhcp, which brings its own ("10.0.0.1") — give ip an address, or remove gateway`,
    ],
    [
      "an address without its prefix",
      init({ ip: "10.0.0.50" }),
      `${at(".cloud_init.ip")}: is neither dhcp nor an IPv4 address with a prefix length ("10.0.0.50") — give dhcp, or IPv4 address with its prefix length, such as 10.0.0.50/24`,
    ],
    [
      "a container's address",
      init({ ip: "10.0.0.11/24", gateway: "10.0.0.1" }),
      `${at(".cloud_init.ip")}: is also the address of container 901 ("10.0.0.11/24") — give each guest an address of its own`,
    ],
    [
      "a gateway elsewhere",
      init({ ip: "10.0.0.50/24", gateway: "10.1.0.1" }),
      `${at(".cloud_init.gateway")}: is not in the subnet 10.0.0.0/24 of the address ("10.1.0.1") — correct the gateway, the address or its prefix length`,
    ],
    [
      "a hash that Proxmox VE would hash again",
      init({ password_hash: "$y$j9T$abc$def" }),
      `${at(".cloud_init.password_hash")}: is not a password hash that Proxmox VE takes for one (it is not shown here, in case it is a password) — give the hash that \`mkpasswd -m sha-512\` prints: yescrypt and others Proxmox VE would hash again`,
    ],
    [
      "a private key",
      init({ ssh_keys: ["-----BEGIN OPENSSH PRIVATE KEY-----"] }),
      `${at(".cloud_init.ssh_keys[0]")}: is not a public key (it is not shown here, in case it is a private one) — give one line as in a .pub file`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));

  test("its keys come from the entry, then from vm_defaults, one by one", () => {
    const { estate } = check((host) => {
      host.vm_defaults.cloud_init = { user: "ops", password_hash: hash, dns_servers: ["9.9.9.9"] };
      host.vms[0].cloud_init = { ip: "10.0.0.50/24", gateway: "10.0.0.1", dns_servers: ["10.0.0.1"] };
    });
    assert.deepEqual(estate?.vms[0]?.cloudInit, {
      user: "ops",
      passwordHash: hash,
      sshKeys: [],
      ip: "10.0.0.50/24",
      gateway: "10.0.0.1",
      dns: ["10.0.0.1"],
    });
  });
});

describe("mistakes between guests", () => {
  const clone = (place: string) => `host.json: vms[1]${place}`;
  const rows: Row[] = [
    [
      "a clone of one that is no template",
      golden({ clone_from: "golden" }, { is_template: false }),
      `${clone(".clone_from")}: is no template ("golden") — give vms[0] is_template, or clone another machine`,
    ],
    [
      "a clone of nothing",
      own({ clone_from: "gone" }),
      `${at(".clone_from")}: virtual machine runner is cloned from gone, and no guest has that name or id ("gone") — name a guest of these files, or remove it`,
    ],
    [
      "an image and a source",
      golden({ clone_from: "golden", template: "debian-13" }),
      `${clone("")}: has both a template and a clone_from — keep one of the two`,
    ],
    [
      "a clone that is smaller",
      golden({ clone_from: "golden", disk_size_gb: 10 }),
      `${clone(".disk_size_gb")}: is smaller than the 20 GB of golden it is cloned from, and Proxmox cannot shrink a disk (10) — give 20 or more`,
    ],
    [
      "a linked clone elsewhere",
      golden({ clone_from: "golden", clone_mode: "linked", storage_pool: "tank-guests" }),
      `${clone(".clone_mode")}: is linked, and the disk of golden lies on local-lvm, not on tank-guests ("linked") — name the same storage_pool, or make it a full clone`,
    ],
    [
      "a linked image",
      own({ clone_mode: "linked" }),
      `${at(".clone_mode")}: is for a clone ("linked") — add clone_from, or remove clone_mode`,
    ],
    [
      "a container's id",
      own({ vmid: 901 }),
      `${at(".vmid")}: is also the id of container 901 (901) — give each guest an id of its own`,
    ],
    [
      "another machine's id",
      (host) =>
        (host.vms = [
          { name: "one", vmid: 9100 },
          { name: "two", vmid: 9100 },
        ]),
      `${clone(".vmid")}: is also the id of vms[0] (9100) — give each guest an id of its own`,
    ],
    [
      "another machine's device",
      (host) => (host.vms = ["one", "two"].map((name) => ({ name, passthrough: [{ mapping: "gpu0" }] }))),
      `${clone(".passthrough[0]")}: is also a device of vms[0], and only one machine can have it — give each machine a device of its own`,
    ],
    [
      "a container's MAC address",
      own({ mac_address: "52:54:00:00:00:01" }),
      `${at(".mac_address")}: is also the MAC address of container 900 ("52:54:00:00:00:01") — give each guest one of its own, or leave it to Proxmox`,
    ],
    [
      "a machine that is not there",
      (_host, lxc) => (lxc.lxc_configs["901"].dependencies = ["gone"]),
      `lxc.json: lxc_configs.901.dependencies[0]: container 901 depends on gone, and no virtual machine has that name ("gone") — name a guest of these files, or remove it`,
    ],
    [
      "a circle over both files",
      (host, lxc) => {
        host.vms[0].dependencies = ["901"];
        lxc.lxc_configs["901"].dependencies = ["runner"];
      },
      "lxc.json: lxc_configs.901.dependencies[0]: guests need one another in a circle: 901 → runner → 901 — remove one of these dependencies or clone sources",
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));

  test("a clone may have a disk of exactly its source's size", () => {
    const { mistakes, estate } = check(golden({ clone_from: "golden", disk_size_gb: 20 }));
    assert.deepEqual(mistakes, []);
    assert.equal(estate?.vms.find(({ name }) => name === "runner")?.diskGb, 20);
  });

  test("guests are in one order; a machine is meant by its name or its VMID", () => {
    const { estate } = check((host, lxc) => {
      host.vms = [
        { name: "db", vmid: 9100, dependencies: ["900"] },
        { name: "early", boot_order: 0 },
      ];
      lxc.lxc_configs["901"].dependencies = ["9100"];
    });
    assert.deepEqual(estate?.guests, ["early", 900, "db", 901]);
    assert.deepEqual(estate?.containers.find(({ ctid }) => ctid === 901)?.vmDependencies, ["db"]);
  });
});

describe("warnings", () => {
  const rows: Row[] = [
    [
      "an id that only another version of the files has is left out",
      own({ dependencies: ["777"] }),
      `${at(".dependencies[0]")}: virtual machine runner depends on 777, and no guest has that name or id: it waits for nothing ("777") — name a guest of these files, or remove it`,
    ],
    [
      "a container's template of a release that has an image",
      own({ template: "debian-12-standard" }),
      `${at(".template")}: names a template for containers; the cloud image debian-12 is taken instead ("debian-12-standard") — write debian-12`,
    ],
    [
      "a download without a checksum",
      own({ template: "https://mirror.test/x.img" }),
      `${at(".template")}: is downloaded without a checksum ("https://mirror.test/x.img") — add image_checksum, such as sha256: and the digits of the vendor's SHA256SUMS`,
    ],
    [
      "scripts without their folder",
      own({ post_create_scripts: ["a.sh"], features: ["own"] }),
      `${at(".post_create_scripts[0]")}: there is no folder scripts beside the container file, so post_create_scripts, and their health checks, are left out (VM runner) ("a.sh") — make the folder scripts with a.sh in it`,
      `${at(".features[0]")}: there is no folder features beside the container file, so features that are not built in are left out (VM runner) ("own") — make the folder features with feature_own.sh in it`,
    ] as unknown as Row,
  ];
  for (const row of rows) test(row[0], () => expectRow("warnings", row));
});

test("images by what their texts mean", () => {
  const image = (template: string) => check(own({ template })).estate?.vms[0]?.image;
  assert.deepEqual(image("ubuntu-22.04"), {
    storage: "local",
    file: "phoenix-jammy-server-cloudimg-amd64.qcow2",
    volid: "local:import/phoenix-jammy-server-cloudimg-amd64.qcow2",
    from: { url: "https://cloud-images.ubuntu.com/jammy/current/jammy-server-cloudimg-amd64.img" },
  });
  assert.deepEqual(image("/var/lib/vz/import/x.qcow2")?.volid, "local:import/x.qcow2");
  assert.deepEqual(image("/srv/x.raw")?.from, { path: "/srv/x.raw" });
});
