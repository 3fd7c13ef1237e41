/* eslint-disable @typescript-eslint/no-unsafe-member-access --
   the tables break untyped documents in every way */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, expectRow, type Json, type Row } from "./samples";

const container = "lxc.json: lxc_configs.901";
const card = { name: "eth1", bridge: "vmbr0", ip: "10.9.0.5/24" };
const cards =
  (...networks: object[]) =>
  (_: Json, { lxc_configs: c }: Json) =>
    (c["901"].networks = networks);
const given =
  (...devices: object[]) =>
  (_: Json, { lxc_configs: c }: Json) =>
    (c["901"].devices = devices);

describe("network cards and devices of a container", () => {
  const rows: Row[] = [
    [
      "a card of each kind",
      cards(card, { name: "lan", bridge: "vmbr1", ip: "dhcp", ip6: "fd00::5/64", gw6: "fd00::1" }),
    ],
    [
      "an interface twice",
      cards({ ...card, name: "eth0" }),
      `${container}.networks[0].name: is also the interface of network_config ("eth0") — give each card an interface of its own`,
    ],
    [
      "an address without its prefix length",
      cards({ ...card, ip: "10.9.0.5" }),
      `${container}.networks[0].ip: is neither an IPv4 address with a prefix length nor dhcp or manual ("10.9.0.5") — give IPv4 address with its prefix length, or dhcp or manual; none without it`,
    ],
    [
      "an IPv6 address that is none",
      cards({ ...card, ip6: "fd00:::5/64" }),
      `${container}.networks[0].ip6: is neither an IPv6 address with a prefix length nor auto, dhcp or manual ("fd00:::5/64") — give IPv6 address with its prefix length, or auto, dhcp or manual; none without it`,
    ],
    [
      "a gateway in another subnet",
      cards({ ...card, gw: "10.8.0.1" }),
      `${container}.networks[0].gw: is not in the subnet 10.9.0.0/24 of the address ("10.8.0.1") — correct the gateway, the address or its prefix length`,
    ],
    [
      "a gateway beside DHCP",
      cards({ ...card, ip: "dhcp", gw: "10.9.0.1" }),
      `${container}.networks[0].gw: needs an address in ip ("10.9.0.1") — give ip an address, or remove it`,
    ],
    [
      "a first card by DHCP",
      (_, { lxc_configs: c }) => (c["901"].network_config = { name: "eth0", bridge: "vmbr0", ip: "dhcp" }),
    ],
    [
      "a first card that somebody inside sets up",
      (_, { lxc_configs: c }) => (c["901"].network_config = { name: "eth0", bridge: "vmbr0", ip: "manual" }),
    ],
    [
      "a first card by DHCP with a gateway",
      (_, { lxc_configs: c }) => (c["901"].network_config.ip = "dhcp"),
      `${container}.network_config.gw: needs an address in ip ("10.0.0.1") — give ip an address, or remove it`,
    ],
    [
      "a first card by the word of IPv6",
      (_, { lxc_configs: c }) => (c["901"].network_config.ip = "auto"),
      `${container}.network_config.ip: is neither an IPv4 address with a prefix length nor dhcp or manual ("auto") — give IPv4 address with its prefix length, such as 10.0.0.200/24, or dhcp or manual`,
    ],
    [
      "an address of another container",
      cards({ ...card, ip: "10.0.0.10/24" }),
      `${container}.networks[0].ip: is also the address of container 900 ("10.0.0.10/24") — give each guest an address of its own`,
    ],
    [
      "a MAC address of another container",
      cards({ ...card, mac_address: "52:54:00:00:00:01" }),
      `${container}.networks[0].mac_address: is also the MAC address of container 900 ("52:54:00:00:00:01") — give each guest one of its own, or leave it to Proxmox`,
    ],
    [
      "a packet smaller than any",
      (_, { lxc_configs: c }) => (c["901"].network_config.mtu = 60),
      `${container}.network_config.mtu: must be 64 or more (60) — give largest packet in bytes, at most the bridge's; the bridge's without it. A change restarts it`,
    ],
    [
      "a device outside of /dev",
      given({ path: "/dev/../etc/passwd" }),
      `${container}.devices[0].path: is not the path of a device below /dev, or one of NVIDIA's, which gpu_assignment gives ("/dev/../etc/passwd") — give path of a device below /dev, such as /dev/ttyUSB0; GPUs of NVIDIA by gpu_assignment`,
    ],
    [
      "a GPU by its path",
      given({ path: "/dev/nvidia0" }),
      `${container}.devices[0].path: is not the path of a device below /dev, or one of NVIDIA's, which gpu_assignment gives ("/dev/nvidia0") — give path of a device below /dev, such as /dev/ttyUSB0; GPUs of NVIDIA by gpu_assignment`,
    ],
    [
      "a device twice",
      given({ path: "/dev/fuse" }, { path: "/dev/fuse" }),
      `${container}.devices[1].path: is also the device of devices[0] ("/dev/fuse") — name each device once`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));

  test("a first card with an address and no gateway gives a warning, unless another card has one", () => {
    const warning = `${container}.network_config.gw: is missing: the container reaches its own subnet alone — give it the address of the router, or give a card of networks one`;
    const without = (_: Json, { lxc_configs: c }: Json) => delete c["901"].network_config.gw;
    expectRow("warnings", ["", without, warning]);
    expectRow("warnings", [
      "",
      (host, files) => {
        without(host, files);
        cards({ ...card, gw: "10.9.0.1" })(host, files);
      },
    ]);
  });

  test("are handed on as Proxmox VE has them", () => {
    const { estate } = check((_, { lxc_configs: c }) => {
      c["901"].network_config.vlan = 7;
      c["901"].networks = [{ ...card, mac_address: "52:54:00:aa:bb:01", vlan: 8, firewall: true }];
      c["901"].devices = [{ path: "/dev/fuse", mode: "0666", uid: 0, deny_write: true }];
    });
    const spec = estate!.containers.find(({ ctid }) => ctid === 901)!;
    const plain = JSON.parse(JSON.stringify({ ...spec.network.more, cards: spec.cards })) as unknown;
    assert.deepEqual(plain, {
      tag: 7,
      cards: [{ ...card, hwaddr: "52:54:00:AA:BB:01", type: "veth", firewall: "1", tag: 8 }],
    });
    assert.deepEqual(spec.devices, [{ path: "/dev/fuse", options: "deny-write=1,mode=0666,uid=0" }]);
  });
});
