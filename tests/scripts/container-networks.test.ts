/* Network cards and devices of a container beside net0 and its GPUs. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { create, fetchTemplate, net0, rootDisks } from "./container-node";
import { Converged, ctid, type KeyRow, proveRows, stepsOfEntry } from "./key-rows";
import { Node, noLab, tag } from "./node";

const first = { name: "eth0", bridge: "vmbr0", ip: "10.0.0.200/24", gw: "10.0.0.1" };
const card = { name: "eth1", bridge: "vmbr0", ip: "10.9.0.5/24" };

/** A line with these words, in whatever order. */
const line = (key: string, ...words: string[]) =>
  new RegExp(`^${key}: ${words.map((word) => `(?=(.*,)?${word}(,|$))`).join("")}`, "m");

/** The card on the node with other words. */
const by = (key: string, words: string) => `pct set ${ctid} --${key} '${words}'`;

const own = "name=eth0,bridge=vmbr0,ip=10.0.0.200/24,gw=10.0.0.1,hwaddr=52:54:00:AA:BB:CC,type=veth";

const rows: KeyRow[] = [
  {
    key: "network_config",
    value: { ...first, ip6: "fd00::5/64", gw6: "fd00::1", vlan: 7, mtu: 1400, rate: 5 },
    other: { ...first, ip6: "auto", vlan: 8 },
    line: line("net0", "ip6=fd00::5/64", "gw6=fd00::1", "tag=7", "mtu=1400", "rate=5"),
    otherLine: line("net0", "ip6=auto", "tag=8"),
    without: /^net0: .*,(ip6|gw6|tag|mtu|rate)=/m,
    by: by("net0", `${own},tag=9,ip6=fd00::5/64,gw6=fd00::1,mtu=1400`),
    found: [
      `CT ${ctid} network_config.rate: is not set, wanted 5`,
      `CT ${ctid} network_config.vlan: is 9, wanted 7`,
    ],
    restart: "mtu",
  },
  {
    key: "networks",
    value: [{ ...card, vlan: 7, mac_address: "52:54:00:aa:bb:01", firewall: true }],
    other: [
      { ...card, ip: "dhcp", ip6: "manual" },
      { name: "lan", bridge: "vmbr0", ip: "manual" },
    ],
    line: line(
      "net1",
      "name=eth1",
      "bridge=vmbr0",
      "ip=10.9.0.5/24",
      "tag=7",
      "hwaddr=52:54:00:AA:BB:01",
      "firewall=1",
    ),
    otherLine: line("net2", "name=lan", "bridge=vmbr0", "ip=manual", "type=veth"),
    without: /^net[12]: .*name=(eth1|lan),/m,
    by: by("net1", "name=eth1,bridge=vmbr0,ip=10.9.0.6/24,tag=7,hwaddr=52:54:00:AA:BB:01,type=veth"),
    found: [
      `CT ${ctid} networks eth1.firewall: is not set, wanted 1`,
      `CT ${ctid} networks eth1.ip: is 10.9.0.6/24, wanted 10.9.0.5/24`,
    ],
  },
  {
    key: "devices",
    value: [{ path: "/dev/serial0", mode: "0666", gid: 20 }],
    other: [{ path: "/dev/serial0" }, { path: "/dev/serial1", deny_write: true }],
    line: line("dev0", "/dev/serial0", "mode=0666", "gid=20"),
    otherLine: line("dev1", "/dev/serial1", "deny-write=1"),
    without: /^dev[0-9]: \/dev\/serial/m,
    by: `pct set ${ctid} --delete dev0`,
    found: [`CT ${ctid} device /dev/serial0: is missing, wanted by devices`],
    theirs: `pct set ${ctid} --dev3 /dev/serial1; pct reboot ${ctid}`,
    restart: "devices",
  },
];

for (const release of [8, 9] as const)
  describe(`cards and devices of a running container on Proxmox VE ${release}`, { skip: noLab }, () => {
    let node!: Node;
    let guest!: Converged;
    before(async () => {
      node = await Node.prepared({ release });
      guest = new Converged(node);
      await node.sh(
        `for minor in 0 1; do mknod -m 660 /dev/serial$minor c 188 $minor; done; ${rootDisks} && ${fetchTemplate} && ` +
          `${create(ctid, `--tags ${tag} --unprivileged 1 ${net0}`)} && pct start ${ctid}`,
      );
    });
    after(() => node.stop());

    it("each is set, told of, changed and taken out again; what somebody else set stays", () =>
      proveRows(node, guest, rows));

    it("a card comes and goes while it runs, with its address inside", async () => {
      await guest.converge({ networks: [card] });
      assert.match(await node.sh(`pct exec ${ctid} -- ip -4 -o address show dev eth1`), /10\.9\.0\.5\/24/);
      assert.deepEqual(await guest.converge({}), [`CT ${ctid}: net1 ${await gone()}`]);
      assert.doesNotMatch(await guest.conf(), /^net1:/m);
    });
    const gone = async () =>
      (
        await node.sh(
          `grep -ho 'net1 name=.* -> unset' /var/log/phoenix_hypervisor/ct-${ctid}-configure.log | tail -n 1`,
        )
      )
        .trim()
        .replace(/^net1 /, "");

    it("a bridge or a device that is not there is refused before anything is changed", async () => {
      const before = await guest.conf();
      for (const [entry, message] of [
        [
          { networks: [{ ...card, bridge: "vmbr7" }] },
          /bridge vmbr7, which CT 900 is to join, does not exist on phoenix: correct the bridge of eth1 in its networks, or make the bridge\. Nothing was changed/,
        ],
        [
          { memory_mb: 2048, devices: [{ path: "/dev/nosuch" }] },
          /CT 900 is to have \/dev\/nosuch, which is no device of phoenix: correct the path in its devices, or load its driver\. Nothing was changed/,
        ],
      ] as const) {
        const { configure } = stepsOfEntry(entry);
        const { code, stderr } = await node.script(configure!.script, configure!.settings);
        assert.notEqual(code, 0);
        assert.match(stderr, message);
      }
      assert.equal(await guest.conf(), before);
    });
  });
