/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return --
   the tables break untyped documents in every way */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { schemaFiles } from "../../config/export-schemas";
import { forms } from "../../config/forms";
import { stepsOf } from "../../config/forms/form";
import { check, expectRow, type Json, type Row } from "./samples";

type Edit = (host: Json, lxc: Json) => void;

const rule = { type: "in", action: "ACCEPT" };
const guarded = (host: Json, firewall: Json) => {
  host.firewall = {
    enabled: true,
    default_input_policy: "DROP",
    default_output_policy: "ACCEPT",
    ...firewall,
  };
  host.initial_setup = { ufw: false };
};
const web =
  (more: Json): Edit =>
  (_, { lxc_configs: c }) =>
    Object.assign(c["901"], more);

/** Without the files as they are, which scripts are given. */
const model = (...edit: Parameters<typeof check>) => {
  const { estate, ...found } = check(...edit);
  return { ...found, estate: estate && { ...estate, documents: undefined } };
};

describe("a later form gives the same model as ours", () => {
  const rows: [name: string, later: Edit, ours: Edit][] = [
    [
      "name servers as a list",
      (host) => (host.network.interfaces.dns_nameservers = ["10.0.0.1", "9.9.9.9"]),
      () => undefined,
    ],
    [
      "rules of the datacenter, with comments",
      (host) => guarded(host, { global_firewall_rules: [{ ...rule, proto: "icmp", comment: "Ping" }] }),
      (host) => guarded(host, { rules: [{ ...rule, proto: "icmp", description: "Ping" }] }),
    ],
    [
      "rules of a container, with comments",
      web({ firewall: { enabled: false, rules: [{ ...rule, comment: "All" }] } }),
      web({ firewall: { enabled: false, rules: [{ ...rule, description: "All" }] } }),
    ],
    [
      "maps of ids",
      web({ id_maps: [{ type: "gid", host_id: 33, container_id: 34, size: 2 }] }),
      web({ id_maps: [{ kind: "group", host: 33, guest: 34, count: 2 }] }),
    ],
    [
      "a MAC address beside the address",
      (_, { lxc_configs: c }) => {
        delete c["901"].mac_address;
        c["901"].network_config.hwaddr = "52:54:00:00:00:02";
      },
      () => undefined,
    ],
    [
      "a MAC address said twice",
      (_, { lxc_configs: c }) => (c["900"].network_config.hwaddr = c["900"].mac_address),
      () => undefined,
    ],
    [
      "the source of a clone",
      (_, { lxc_configs: c }) => {
        delete c["901"].clone_from_ctid;
        c["901"].clone_from_template_ctid = "900";
      },
      () => undefined,
    ],
    [
      "a container's name servers as a list, and by the key of one",
      (_, { lxc_configs: c }) => {
        c["900"].network_config.nameservers = ["10.0.0.1", "9.9.9.9"];
        c["901"].network_config.nameserver = "10.0.0.1";
      },
      (_, { lxc_configs: c }) => {
        c["900"].nameserver = ["10.0.0.1", "9.9.9.9"];
        c["901"].nameserver = ["10.0.0.1"];
      },
    ],
    [
      "a domain for all, but for who names one",
      (host, { lxc_configs: c }) => {
        host.domain_name = "lab.test";
        c["901"].searchdomain = "own.test";
      },
      (host, { lxc_configs: c }) => {
        host.vm_defaults.cloud_init = { search_domain: "lab.test" };
        c["900"].searchdomain = "lab.test";
        c["901"].searchdomain = "own.test";
      },
    ],
    [
      "a name server for when the others do not answer",
      (host) => (host.network.fallback_dns = "1.1.1.1"),
      (host) => (host.network.interfaces.dns_nameservers = "10.0.0.1 9.9.9.9 1.1.1.1"),
    ],
    ["one that is among the others", (host) => (host.network.fallback_dns = "9.9.9.9"), () => undefined],
    [
      "folders of the host that two containers mount",
      (_, { lxc_configs: c }) => {
        delete c["901"].clone_from_ctid;
        c["901"].template = c["900"].template;
        c["900"].mount_points = [{ host_path: "/bulk/library/certs", container_path: "/certs" }];
        c["901"].mount_points = [
          { host_path: "/bulk/library/certs/", container_path: "/srv/certs", owner_uid: 33, owner_gid: 33 },
          { host_path: "/bulk/library/models", container_path: "/models" },
        ];
        delete c["900"].template_snapshot_name;
      },
      (host, { lxc_configs: c }) => {
        delete c["901"].clone_from_ctid;
        c["901"].template = c["900"].template;
        host.shared_volumes["bulk-library-certs"] = {
          host_path: "/bulk/library/certs",
          mounts: { "900": "/certs", "901": "/srv/certs" },
          owner: "100033",
        };
        delete c["900"].template_snapshot_name;
      },
    ],
    [
      "a template",
      (_, { lxc_configs: c }) => {
        delete c["900"].template_snapshot_name;
        c["900"].is_template = true;
        c["901"].is_template = false;
      },
      (_, { lxc_configs: c }) => {
        c["900"].template_snapshot_name = "template";
        c["900"].state = "stopped";
      },
    ],
    [
      "a machine's address, user, shares and snapshot",
      (host) =>
        Object.assign(host.vms[0], {
          network_config: { ip: "10.0.0.50/24", gw: "10.0.0.1", nameserver: "10.0.0.1, 9.9.9.9" },
          user_config: { username: "runner" },
          volumes: [
            { type: "nfs", server: "10.0.0.9", path: "/srv/data", mount_point: "/data", name: "Data" },
          ],
          snapshots: { post_features: "ready" },
          template_snapshot_name: "clean",
        }),
      (host) =>
        Object.assign(host.vms[0], {
          cloud_init: {
            ip: "10.0.0.50/24",
            gateway: "10.0.0.1",
            dns_servers: ["10.0.0.1", "9.9.9.9"],
            user: "runner",
          },
          nfs_volumes: [
            { server: "10.0.0.9", export: "/srv/data", mount_point: "/data", description: "Data" },
          ],
          snapshots: ["ready", "clean"],
        }),
    ],
    [
      "a machine from an image's file name, and a clone of it by VMID",
      (host) => {
        host.vms[0] = {
          name: "golden",
          vmid: 9000,
          is_template: true,
          template_image: "noble-server-cloudimg-amd64.img",
        };
        host.vms[1] = { name: "clone", clone_from_vmid: 9000 };
        host.vm_defaults.disk_size_gb = 32;
      },
      (host) => {
        host.vms[0] = {
          name: "golden",
          vmid: 9000,
          is_template: true,
          template: "ubuntu-24.04",
          disk_size_gb: 32,
        };
        host.vms[1] = { name: "clone", clone_from: "golden" };
        host.vm_defaults.disk_size_gb = 32;
      },
    ],
    [
      "a release as the default image",
      (host) => {
        delete host.vm_defaults.template;
        host.vm_defaults.ubuntu_release = "noble";
      },
      (host) => (host.vm_defaults.template = "ubuntu-24.04"),
    ],
    ["unprivileged by default", (_, { lxc_configs: c }) => delete c["900"].unprivileged, () => undefined],
    [
      "a clone as its source is",
      (_, { lxc_configs: c }) => {
        c["900"].unprivileged = false;
        delete c["901"].unprivileged;
      },
      (_, { lxc_configs: c }) => {
        c["900"].unprivileged = false;
        c["901"].unprivileged = false;
      },
    ],
  ];
  for (const [name, later, ours] of rows) {
    test(name, () => assert.deepEqual(model(later), model(ours)));
  }
});

describe("mistakes name the place that the user wrote", () => {
  const at = "lxc.json: lxc_configs.901";
  const rows: Row[] = [
    [
      "two forms that contradict each other",
      (_, { lxc_configs: c }) => (c["901"].network_config.hwaddr = "52:54:00:00:00:09"),
      `${at}.network_config.hwaddr: says what lxc_configs.901.mac_address says too — keep one of the two`,
    ],
    [
      "both lists of rules",
      (host) => guarded(host, { rules: [rule], global_firewall_rules: [{ ...rule, proto: "icmp" }] }),
      "host.json: firewall.global_firewall_rules: says what firewall.rules says too — keep one of the two",
    ],
    [
      "a wrong value below a key that was moved",
      (host) => guarded(host, { global_firewall_rules: [{ ...rule, proto: "tpc" }] }),
      'host.json: firewall.global_firewall_rules[0].proto: must be one of tcp, udp, icmp ("tpc") — give protocol; any without it',
    ],
    [
      "a kind of id that is none",
      web({ id_maps: [{ type: "pid", host_id: 33, container_id: 33 }] }),
      `${at}.id_maps[0].type: must be one of user, group, both ("pid") — give whether users, groups or both are mapped`,
    ],
    [
      "a MAC address that two have",
      (_, { lxc_configs: c }) => {
        delete c["901"].mac_address;
        c["901"].network_config.hwaddr = "52:54:00:00:00:01";
      },
      `${at}.network_config.hwaddr: is also the MAC address of container 900 ("52:54:00:00:00:01") — give each guest one of its own, or leave it to Proxmox`,
    ],
    [
      "a mount point over a shared folder",
      web({ mount_points: [{ host_path: "/bulk/library/x", container_path: "/models" }] }),
      `${at}.mount_points[0].container_path: shared_volumes.models is mounted there too ("/models") — give each mount a folder of its own`,
    ],
    [
      "a mount point that gives a shared folder another owner",
      (host, { lxc_configs: c }) => {
        host.shared_volumes.models.owner = "100000";
        delete host.shared_volumes.models.mounts["901"];
        c["901"].mount_points = [{ host_path: "/bulk/library/models", container_path: "/m", owner_uid: 33 }];
      },
      `${at}.mount_points[0].owner_uid: makes 100033 the owner of the folder, and shared_volumes.models "100000" — give the folder one owner`,
    ],
    [
      "a mount point that is none",
      web({ mount_points: [{ host_path: 7, owner_uid: 33, owner_gid: 34 }] }),
      `${at}.mount_points[0].host_path: must be text (7) — give the path of a folder`,
      `${at}.mount_points[0].container_path: is missing — give the path of a folder`,
      `${at}.mount_points[0].owner_gid: is not the one id of the owner and its group in the container (34) — give both the same whole number, 0 to 65535, or leave both out`,
    ],
    [
      "a list of name servers with a name in it",
      (host) => (host.network.interfaces.dns_nameservers = ["10.0.0.1", "dns"]),
      'host.json: network.interfaces.dns_nameservers: is not a list of IPv4 addresses ("10.0.0.1 dns") — give IPv4 addresses of the name servers, separated by spaces',
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));
});

describe("machines in a file of their own", () => {
  const named = (host: Json) => (host.core_paths = { vm_config_file: "/usr/local/etc/machines.json" });

  test("a list and an object by VMID give the model of the host's own list", () => {
    const ours = model((host) => (host.vms = [{ name: "runner" }, { name: "more", vmid: 9001, cores: 4 }]));
    for (const vms of [[{ name: "more", vmid: 9001, cores: 4 }], { "9001": { name: "more", cores: 4 } }])
      assert.deepEqual(model(named, { vms }), ours);
    assert.deepEqual(check(named, { vms: 5 }).mistakes, [
      "machines.json: vms: must be a list, or an object by VMID (5) — give the virtual machines",
    ]);
  });

  test("its defaults stand under all machines, and containers may depend on its machines", () => {
    const { estate, mistakes } = check(
      (host, { lxc_configs: c }) => {
        named(host);
        host.vm_defaults.ubuntu_release = "noble";
        delete host.vm_defaults.template;
        delete host.vm_defaults.cores;
        c["901"].dependencies = ["9001"];
      },
      { vm_defaults: { template: "ubuntu-24.04-standard", cores: 8 }, vms: [{ name: "more", vmid: 9001 }] },
    );
    assert.deepEqual(mistakes, []);
    assert.deepEqual(estate?.vms.map(({ name, cores }) => [name, cores]).sort(), [
      ["more", 8],
      ["runner", 8],
    ]);
    assert.deepEqual(estate?.containers.find(({ ctid }) => ctid === 901)?.vmDependencies, ["more"]);
  });

  const rows: [name: string, machines: Json, ...lines: string[]][] = [
    [
      "a wrong value, in a list",
      { vms: [{ name: "more", cores: 0 }] },
      "machines.json: vms[0].cores: must be 1 or more (0) — give CPU cores of the virtual machine, of each of its sockets",
    ],
    [
      "a wrong value, by VMID and in a later form",
      { vms: { "9001": { name: "more", network_config: { ip: "10.0.0" } } } },
      'machines.json: vms.9001.network_config.ip: is neither dhcp nor an IPv4 address with a prefix length ("10.0.0") — give dhcp, or IPv4 address with its prefix length, such as 10.0.0.50/24',
    ],
    [
      "a name that the host's file has too",
      { vms: [{ name: "runner" }] },
      'machines.json: vms[0].name: is also the name of vms[0] ("runner") — give each guest a name of its own',
    ],
    [
      "another default than the host's file",
      { vm_defaults: { cores: 4 } },
      "machines.json: vm_defaults.cores: is another one in the host's file (4) — keep one of the two",
    ],
    [
      "a volume that is none",
      { vms: [{ name: "more", volumes: [{ type: "smb", path: "/srv/x", mount_point: "/x" }] }] },
      'machines.json: vms[0].volumes[0].type: is no volume that a machine can have ("smb") — give nfs, or remove it',
    ],
  ];
  for (const [name, machines, ...lines] of rows)
    test(name, () => assert.deepEqual(check(named, machines).mistakes, lines));

  test("a file that is not there is a warning", () => {
    assert.deepEqual(check(named).warnings, [
      'host.json: core_paths.vm_config_file: there is no file machines.json beside this one, so no machine of it is there ("/usr/local/etc/machines.json") — put it there, or remove the key',
    ]);
  });
});

describe("what has no effect is named", () => {
  const rows: Row[] = [
    [
      "a certificate authority",
      (host) => (host.step_ca = { dns_name: "ca.test" }),
      "host.json: step_ca: has no effect — no certificate authority is set up; a container's own script can do that",
    ],
    [
      "what is left of a machine's user",
      (host) => (host.vms[0].user_config = { username: "runner", shell: "zsh" }),
      'host.json: vms[0].user_config.shell: has no effect ("zsh") — cloud_init sets up the user; see its keys',
    ],
    [
      "the snapshot of a template",
      (host) => Object.assign(host.vms[0], { is_template: true, template_snapshot_name: "clean" }),
      'host.json: vms[0].template_snapshot_name: has no effect ("clean") — a template has no snapshots; remove it',
    ],
    [
      "a key of a mount point",
      web({ mount_points: [{ host_path: "/bulk/library/x", container_path: "/x", mode: "700" }] }),
      'lxc.json: lxc_configs.901.mount_points[0].mode: unknown key ("700") — it has no effect; remove it or correct its spelling',
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("warnings", row));
});

test("a circle of clone sources without unprivileged ends", () => {
  const { mistakes } = check((_, { lxc_configs: c }) => {
    delete c["900"].template;
    c["900"].clone_from_ctid = "901";
    c["901"].template_snapshot_name = "ready";
    for (const id of ["900", "901"]) delete c[id].unprivileged;
  });
  assert.equal(mistakes.filter((line) => line.includes("in a circle")).length, 1);
});

describe("the table and the schemas", () => {
  const texts = (later: boolean) => Object.values(schemaFiles({ later })).map((text) => JSON.parse(text));
  const [ours, editors] = [texts(false), texts(true)];
  const at = (schema: Json, key: string): Json =>
    stepsOf(key).reduce<Json>((place, step) => {
      if (step === "[]") return place?.items;
      return step === "<key>" ? place?.additionalProperties : place?.properties?.[step];
    }, schema);
  for (const { file, key, as } of forms) {
    const index = file === "host" ? 0 : 1;
    test(`${key}: a form of a key that there is, and no key of ours`, () => {
      if (as !== undefined) assert.ok(at(ours[index], as) ?? at(ours[0], as), as);
      if (as !== key) assert.equal(at(ours[index], key), undefined);
      assert.ok(at(editors[index], key), "editors know it");
    });
  }
});
