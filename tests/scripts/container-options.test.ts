/* Options of a container that its entry may leave to Proxmox VE, or to somebody else. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { create, fetchTemplate, net0, rootDisks } from "./container-node";
import { Converged, ctid, type KeyRow, proveRows, stepsOfEntry } from "./key-rows";
import { Node, noLab, tag } from "./node";

const set = (option: string, value: string) => `pct set ${ctid} --${option} ${value}`;

/** An option that has the key's name. */
const option = (
  key: string,
  [value, text]: [unknown, string],
  [other, otherText]: [unknown, string],
  hand: string,
  more: Partial<KeyRow> = {},
): KeyRow => ({
  key,
  value,
  other,
  line: `${key}: ${text}`,
  otherLine: `${key}: ${otherText}`,
  without: new RegExp(`^${key}:`, "m"),
  by: set(key, `'${hand}'`),
  found: [`CT ${ctid} ${key}: is ${hand}, wanted ${text}`],
  ...more,
});

const restart = "restarted";

const rows: KeyRow[] = [
  {
    key: "tags",
    value: ["web", "prod"],
    other: ["prod", "eu"],
    line: /^tags: (mine;)?phoenix-test;prod;web$/m,
    otherLine: /^tags: eu;mine;phoenix-test;prod$/m,
    without: /^tags: .*(web|prod|eu)/m,
    by: `${set("tags", `'${tag};mine;web'`)}`,
    found: [`CT ${ctid} tags: is without prod, wanted with it`],
    theirs: set("tags", `'${tag};mine;prod'`),
  },
  option("cpulimit", [1.5, "1.5"], [0.5, "0.5"], "3"),
  option("cpuunits", [500, "500"], [50, "50"], "7"),
  option(
    "nameserver",
    [["9.9.9.9", "2620:fe::fe"], "9.9.9.9 2620:fe::fe"],
    [["1.1.1.1"], "1.1.1.1"],
    "8.8.8.8",
    {
      restart,
    },
  ),
  option("searchdomain", ["lab.example", "lab.example"], ["other.example", "other.example"], "x.example", {
    restart,
  }),
  option("timezone", ["Europe/Berlin", "Europe/Berlin"], ["host", "host"], "Asia/Tokyo", { restart }),
  option("tty", [4, "4"], [0, "0"], "1", { restart }),
  option("cmode", ["shell", "shell"], ["console", "console"], "tty", { restart }),
  option("console", [false, "0"], [true, "1"], "1", {
    restart,
    found: [`CT ${ctid} console: is true, wanted false`],
  }),
];

for (const release of [8, 9] as const)
  describe(`options of a running container on Proxmox VE ${release}`, { skip: noLab }, () => {
    let node!: Node;
    let guest!: Converged;
    before(async () => {
      node = await Node.prepared({ release });
      guest = new Converged(node);
      await node.sh(
        `${rootDisks} && ${fetchTemplate} && ${create(ctid, `--tags ${tag} --unprivileged 1 ${net0}`)} && pct start ${ctid}`,
      );
    });
    after(() => node.stop());

    it("each is set, told of, changed and taken out again; what somebody else set stays", () =>
      proveRows(node, guest, rows));

    it("those that are taken up at a start are in force inside", async () => {
      const inside = (command: string) => node.sh(`pct exec ${ctid} -- ${command}`);
      await guest.converge({ timezone: "Asia/Tokyo", nameserver: ["9.9.9.9"], searchdomain: "lab.example" });
      assert.match(await inside("cat /etc/resolv.conf"), /search lab\.example\nnameserver 9\.9\.9\.9\n/);
      assert.equal(await inside("readlink /etc/localtime"), "/usr/share/zoneinfo/Asia/Tokyo\n");
    });

    it("a clone's own are those of its entry: its source's go with its source's note", async () => {
      await node.sh(`pct stop ${ctid}; pct snapshot ${ctid} ready`);
      const clone = {
        ...{ ctid: 901, tag, source: ctid, snapshot: "ready", hostname: "copy", storage: "tank-lxc" },
        adopt: false,
      };
      const { code, stderr } = await node.script("container/clone/clone.sh", clone);
      assert.equal(code, 0, stderr);
      const { configure } = stepsOfEntry({});
      const settings = { ...configure!.settings, ctid: 901 };
      const { result } = await node.script(configure!.script, settings);
      assert.ok(result?.did.includes("CT 901: nameserver 9.9.9.9 -> unset"), result?.did.join("\n"));
      assert.doesNotMatch(await node.sh("pct config 901"), /^(nameserver|searchdomain|timezone):/m);
    });
  });
