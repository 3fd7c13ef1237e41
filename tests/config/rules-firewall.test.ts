/* eslint-disable @typescript-eslint/no-unsafe-member-access --
   the tables break untyped documents in every way */
import test, { describe } from "node:test";
import { expectRow, type Json, type Row } from "./samples";

const rule = { type: "in", action: "ACCEPT", proto: "tcp", port: "3000" };
/** The datacenter's firewall, alone at the door of the node. */
const guarded = (host: Json, more: object = {}) => {
  host.initial_setup = { ufw: false };
  host.firewall = { enabled: true, default_input_policy: "DROP", default_output_policy: "ACCEPT", ...more };
};
const place = "host.json: firewall";

describe("firewalls: mistakes", () => {
  const rows: Row[] = [
    ["none", (host) => guarded(host, { rules: [{ ...rule, source: "10.0.0.0/24", dest: "10.0.0.2" }] })],
    [
      "an address in its subnet",
      (host) => guarded(host, { rules: [rule, { ...rule, source: "10.0.0.5/24" }] }),
      `${place}.rules[1].source: is an address in a subnet, and Proxmox VE would leave the rule out ("10.0.0.5/24") — write 10.0.0.0/24 for the subnet, or the address alone`,
    ],
    [
      "the same in a container",
      (host, { lxc_configs: guests }) => {
        guarded(host);
        guests["901"].firewall = { enabled: true, rules: [{ ...rule, dest: "10.0.0.11/16" }] };
      },
      `lxc.json: lxc_configs.901.firewall.rules[0].dest: is an address in a subnet, and Proxmox VE would leave the rule out ("10.0.0.11/16") — write 10.0.0.0/16 for the subnet, or the address alone`,
    ],
    [
      "an address that is none",
      (host) => guarded(host, { rules: [{ ...rule, source: "10.0.0.256" }] }),
      `${place}.rules[0].source: is not an IPv4 address or subnet ("10.0.0.256") — give IPv4 address or subnet the traffic comes from; any without it`,
    ],
    [
      "a port that is none",
      (host) => guarded(host, { rules: [{ ...rule, port: "65536" }] }),
      `${place}.rules[0].port: is neither a port nor a range or list of ports ("65536") — give port in quotes, 1 to 65535, a range such as 8000:8010, or a list such as 80,443; any without it`,
    ],
    [
      "a port of no protocol",
      (host) => guarded(host, { rules: [{ type: "in", action: "ACCEPT", port: "443" }] }),
      `${place}.rules[0].port: is given without a proto ("443") — set proto to tcp or udp, or remove port`,
    ],
    [
      "a port of ICMP",
      (host) => guarded(host, { rules: [{ ...rule, proto: "icmp", port: "443" }] }),
      `${place}.rules[0].port: is given with a proto that has no ports ("443") — set proto to tcp or udp, or remove port`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));
});

describe("firewalls: warnings", () => {
  const on = { enabled: true, rules: [rule] };
  const rows: Row[] = [
    [
      "containers' without the datacenter's",
      (_, { lxc_configs: guests }) => {
        guests["900"].firewall = on;
        guests["901"].firewall = on;
      },
      `lxc.json: lxc_configs.900.firewall: has no effect while the datacenter's firewall is off (also in 901) — add firewall with enabled true to the host's file, or remove it`,
    ],
    [
      "a container's while the datacenter's is switched off",
      (host, { lxc_configs: guests }) => {
        guarded(host, { enabled: false });
        guests["901"].firewall = on;
      },
      `lxc.json: lxc_configs.901.firewall: has no effect while the datacenter's firewall is off — add firewall with enabled true to the host's file, or remove it`,
    ],
    [
      "a container's that is off",
      (_, { lxc_configs: guests }) => (guests["901"].firewall = { ...on, enabled: false }),
    ],
    [
      "a container's with the datacenter's",
      (host, { lxc_configs: guests }) => {
        guarded(host);
        guests["901"].firewall = on;
      },
    ],
    [
      "beside ufw",
      (host) => {
        guarded(host);
        delete host.initial_setup;
      },
      `${place}: is on, and so is ufw: what reaches the node must be let in by both, and ufw knows nothing of firewall.rules — set initial_setup.ufw to false`,
    ],
    [
      "nothing gets out",
      (host) => guarded(host, { default_output_policy: "REJECT", rules: [rule] }),
      `${place}.default_output_policy: lets the node itself reach nothing beside its own network's nodes: no names, updates, templates ("REJECT") — set it to ACCEPT, or add rules of the type out`,
    ],
    [
      "what is named gets out",
      (host) => guarded(host, { default_output_policy: "DROP", rules: [{ ...rule, type: "out" }] }),
    ],
    [
      "SSH closed to everybody else",
      (host) => guarded(host, { rules: [{ ...rule, action: "DROP", port: "22" }] }),
      `${place}.rules[0]: closes port 22 to everybody but the address that the stack itself comes from — put a rule before it that lets in who is to reach it`,
    ],
    ...[
      { ...rule, port: "80,8006" },
      { ...rule, port: "8000:8010" },
    ].map((one): Row => [
      `the API closed with other ports: ${one.port}`,
      (host) => guarded(host, { rules: [{ ...one, action: "DROP" }] }),
      `${place}.rules[0]: closes port 8006 to everybody but the address that the stack itself comes from — put a rule before it that lets in who is to reach it`,
    ]),
    [
      "everything closed to a subnet, and ICMP to everybody",
      (host) =>
        guarded(host, {
          rules: [
            { type: "in", action: "DROP", source: "10.9.0.0/24" },
            { type: "in", action: "DROP", proto: "icmp" },
          ],
        }),
    ],
    [
      "SSH for some",
      (host) =>
        guarded(host, {
          rules: [
            { ...rule, source: "10.0.0.0/24", port: "22" },
            { ...rule, action: "DROP", port: "22" },
          ],
        }),
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("warnings", row));
});
