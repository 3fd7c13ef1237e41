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
    test(name, () => assert.deepEqual(check(later), check(ours)));
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
      "a list of name servers with a name in it",
      (host) => (host.network.interfaces.dns_nameservers = ["10.0.0.1", "dns"]),
      'host.json: network.interfaces.dns_nameservers: is not a list of IPv4 addresses ("10.0.0.1 dns") — give IPv4 addresses of the name servers, separated by spaces',
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));
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
      if (as !== undefined) assert.ok(at(ours[index], as), as);
      if (as !== key) assert.equal(at(ours[index], key), undefined);
      assert.ok(at(editors[index], key), "editors know it");
    });
  }
});
