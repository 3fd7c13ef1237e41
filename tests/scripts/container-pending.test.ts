/* What a running container takes over at its next stop only: the scripts see it, take it back, and bring it about. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { containerRestarts } from "../components/restarts";
import { create, fetchTemplate, net0, rootDisks, stepFile, volumes } from "./container-node";
import { Node, noLab, tag } from "./node";

const ctid = 900;
const volumeId = "tank-volumes:subvol-900-disk-0";

describe("a running container's changes that wait for its next stop", { skip: noLab }, () => {
  let node!: Node;
  before(async () => {
    node = await Node.prepared();
    await node.sh(
      `${rootDisks} && ${volumes} && install -d -o 100000 /tank/models /tank/other && ${fetchTemplate} && ` +
        create(ctid, `--hostname first --tags ${tag} --features nesting=1 --unprivileged 1 ${net0}`),
    );
  });
  after(() => node.stop());

  const run = async (name: string, settings: object): Promise<string[]> => {
    const { code, result, stderr } = await node.script(stepFile(name), { ctid, tag, ...settings });
    assert.equal(code, 0, stderr);
    return result!.did;
  };
  const start = () => run("start", { interface: "eth0" });
  const bind = { target: "/models", readOnly: false, source: "/tank/models" };
  const volume = { target: "/var/lib/app", readOnly: false, name: "app", storage: "tank-volumes", sizeGb: 2 };
  const both = [bind, volume];
  const mount = (...mounts: object[]) => run("mounts", { mounts });
  /** Lines of the configuration about mounts, with what waits behind `pending:`. */
  const lines = async () =>
    (await node.sh(`cat /etc/pve/lxc/${ctid}.conf`))
      .replace("[pve:pending]", "pending:")
      .split("\n")
      .filter((line) => /^(mp\d+|unused\d+|delete|features|hostname|pending):/.test(line));
  const inside = (command: string) => node.sh(`pct exec ${ctid} -- sh -c '${command}'`);
  const settled = ["features: nesting=1", "hostname: first"];
  const mounted = ["mp0: /tank/models,mp=/models", `mp1: ${volumeId},mp=/var/lib/app,size=2G`];

  // Each begins with both mounts in a running container and nothing that waits.
  beforeEach(async () => {
    await mount(...both);
    await start();
    await inside("echo precious >/var/lib/app/file; echo precious >/models/file");
    assert.deepEqual(await lines(), [...settled, ...mounted]);
  });

  it("takes all mounts out with one restart, and back in with their data", async () => {
    assert.deepEqual(await mount(), [
      "CT 900: took /tank/models out of /models; its data is kept",
      `CT 900: took ${volumeId} out of /var/lib/app; its data is kept`,
    ]);
    assert.deepEqual(await lines(), [...settled, ...mounted, "pending:", "delete: mp0,mp1"]);
    assert.deepEqual(await mount(), []);
    assert.deepEqual(await start(), ["restarted CT 900"]);
    assert.deepEqual(await lines(), [...settled, `unused0: ${volumeId}`]);
    assert.deepEqual(await mount(...both), [
      "CT 900: mounted /tank/models at /models",
      `CT 900: mounted its volume ${volumeId} (app) at /var/lib/app again`,
    ]);
    assert.deepEqual(await start(), []);
    assert.equal(await inside("cat /var/lib/app/file /models/file"), "precious\nprecious\n");
  });

  it("keeps what was to go and is wanted again before a restart, and restarts nothing", async () => {
    await mount();
    assert.deepEqual(await mount(...both), [
      "CT 900: /tank/models stays at /models: what waited for the container's next stop is taken back",
      `CT 900: ${volumeId} stays at /var/lib/app: what waited for the container's next stop is taken back`,
    ]);
    assert.deepEqual(await lines(), [...settled, ...mounted]);
    assert.deepEqual(await mount(...both), []);
    assert.deepEqual(await start(), []);
    await node.sh("pct reboot 900 --timeout 60");
    assert.equal(await inside("cat /var/lib/app/file /models/file"), "precious\nprecious\n");
  });

  it("sees what somebody else has queued: a removal by hand is taken back, also one of two", async () => {
    await node.sh("pct set 900 --delete mp1");
    assert.deepEqual(await mount(...both), [
      `CT 900: ${volumeId} stays at /var/lib/app: what waited for the container's next stop is taken back`,
    ]);
    await node.sh("pct set 900 --mp0 /tank/other,mp=/models");
    assert.deepEqual(await mount(...both), [
      "CT 900: /tank/models stays at /models: what waited for the container's next stop is taken back",
    ]);
    assert.deepEqual(await lines(), [...settled, ...mounted]);
  });

  it("moves a volume to another place, and back again before the restart", async () => {
    const moved = { ...volume, target: "/srv/app" };
    assert.deepEqual(await mount(bind, moved), [`CT 900: its volume ${volumeId} (app) goes to /srv/app`]);
    assert.deepEqual(await mount(bind, moved), []);
    assert.deepEqual(await mount(...both), [
      `CT 900: ${volumeId} stays at /var/lib/app: what waited for the container's next stop is taken back`,
    ]);
    assert.deepEqual(await lines(), [...settled, ...mounted]);
    await mount(bind, { ...moved, sizeGb: 2 });
    assert.deepEqual(await start(), ["restarted CT 900"]);
    assert.equal(await inside("cat /srv/app/file"), "precious\n");
    assert.deepEqual(await lines(), [...settled, mounted[0], `mp1: ${volumeId},mp=/srv/app,size=2G`]);
    await mount(...both);
    assert.deepEqual(await start(), ["restarted CT 900"]);
  });

  it("makes a mount read-only and writable again before the restart; its removal then leaves nothing behind", async () => {
    const closed = [
      { ...bind, readOnly: true },
      { ...volume, readOnly: true },
    ];
    assert.deepEqual(await mount(...closed), [
      "CT 900: /models is /tank/models, read-only",
      "CT 900: /var/lib/app read-only: true",
    ]);
    assert.deepEqual(await mount(...closed), []);
    assert.deepEqual((await mount(...both)).length, 2);
    assert.deepEqual(await lines(), [...settled, ...mounted]);
    await mount(...closed);
    await mount();
    assert.deepEqual(await start(), ["restarted CT 900"]);
    assert.deepEqual(await lines(), [...settled, `unused0: ${volumeId}`]);
  });

  it("goes on where the power was cut between the removal and the restart", async () => {
    await mount(volume);
    await node.sh("pct stop 900");
    assert.deepEqual(await mount(...both), ["CT 900: mounted /tank/models at /models"]);
    assert.deepEqual(await start(), ["started CT 900"]);
    await mount(bind);
    await node.sh("pct stop 900 && pct start 900");
    assert.deepEqual(await mount(...both), [
      `CT 900: mounted its volume ${volumeId} (app) at /var/lib/app again`,
    ]);
    assert.equal(await inside("cat /var/lib/app/file /models/file"), "precious\nprecious\n");
  });

  it("makes no empty volume while nobody can tell whether the old one is there", async () => {
    await mount(bind);
    await start();
    await node.sh("pvesm set tank-volumes --disable 1");
    const { code, stderr } = await node.script(stepFile("mounts"), { ctid, tag, mounts: both });
    await node.sh("pvesm set tank-volumes --disable 0");
    assert.equal(code, 1);
    assert.match(
      stderr,
      /phoenix: CT 900: whether tank-volumes:subvol-900-disk-0, made for its volume app, is still there cannot be determined: storage tank-volumes does not answer; Proxmox VE's message is above\. /,
    );
  });

  const values = {
    ...{ cores: 1, description: "", features: "nesting=1", hostname: "first", memory: 512 },
    ...{ onboot: 0, swap: 512 },
  };
  const card = { name: "eth0", bridge: "vmbr0", ip: "10.0.0.200/24", gw: "10.0.0.1", type: "veth" };
  const configure = (over: object = {}, rawLines: string[] = []) =>
    run("configure", { diskGb: 4, rawLines, net0: card, values: { ...values, ...over } });

  it("judges features with what waits: set, taken out, and back again", async () => {
    await configure();
    assert.deepEqual(await configure({ features: "nesting=1,keyctl=1" }), [
      "CT 900: features nesting=1 -> nesting=1,keyctl=1",
    ]);
    assert.deepEqual(await configure({ features: "nesting=1,keyctl=1" }), []);
    assert.deepEqual(await configure({ features: undefined }), [
      "CT 900: features nesting=1,keyctl=1 -> unset",
    ]);
    assert.deepEqual(await configure({ features: undefined }), []);
    assert.deepEqual(await start(), ["restarted CT 900"]);
    assert.deepEqual(await lines(), [settled[1], ...mounted]);
    await configure();
    assert.deepEqual(await start(), ["restarted CT 900"]);
    await configure({ features: undefined });
    assert.deepEqual(await configure(), ["CT 900: features unset -> nesting=1"]);
    assert.deepEqual(await start(), []);
  });

  const maps = (kind: string) =>
    ["0 100000 1000", "1000 1000 1", "1001 101001 64535"].map((map) => `lxc.idmap: ${kind} ${map}`);
  const there = (test: string) => () => inside(`test ${test} && echo there || echo absent`);
  /** A change for each word of the announced restart, and what the container has before and after that restart. */
  const cold = [
    {
      ...{ word: "hostname", before: "first", now: "second" },
      change: () => configure({ hostname: "second" }),
      seen: () => inside("hostname"),
    },
    {
      ...{ word: "features", before: "nesting=1", now: "keyctl=1,nesting=1" },
      change: () => configure({ features: "keyctl=1,nesting=1" }),
      seen: () => node.sh(`sed -n '/^\\[/q; s/^features: //p' /etc/pve/lxc/${ctid}.conf`),
    },
    {
      ...{ word: "rawLines", before: "absent", now: "there" },
      change: () => configure({}, ["lxc.mount.entry: /dev/full dev/extra none bind,create=file"]),
      seen: there("-c /dev/extra"),
    },
    {
      ...{ word: "rawLines", before: "0 100000 65536", now: "0 100000 1000 1000 1000 1 1001 101001 64535" },
      change: () =>
        run("configure", {
          ...{ diskGb: 4, net0: card, values, rawLines: [...maps("u"), ...maps("g")] },
          hostIds: { users: ["1000:1"], groups: ["1000:1"] },
        }),
      seen: () => inside("xargs </proc/self/uid_map"),
    },
    {
      ...{ word: "mounts", before: "there", now: "absent" },
      change: () => mount(volume),
      seen: there("-e /models/file"),
    },
  ];
  for (const { word, change, seen, before, now } of cold) {
    it(`restarts once for ${word}: ${before} until then, ${now} afterwards`, async () => {
      await configure();
      await start();
      assert.notDeepEqual(await change(), []);
      assert.deepEqual(await change(), []);
      assert.equal(await seen(), `${before}\n`);
      assert.deepEqual(await start(), ["restarted CT 900"]);
      assert.equal(await seen(), `${now}\n`);
      assert.deepEqual(await start(), []);
      await configure();
      await start();
    });
  }

  it("has a change for each word of the table; GPUs are in container-gpus.test.ts, options in container-options.test.ts, container-networks.test.ts and container-mount-options.test.ts", () => {
    const options = [
      "mtu",
      "devices",
      "rootfs",
      "cmode",
      "console",
      "nameserver",
      "searchdomain",
      "timezone",
      "tty",
    ];
    const covered = [...cold.map(({ word }) => word), ...options, "gpus"];
    assert.deepEqual([...new Set(covered)].sort(), Object.keys(containerRestarts).sort());
  });

  it("restarts nothing for what Proxmox VE changes while it runs", async () => {
    await configure();
    await configure({
      cores: 2,
      memory: 1024,
      swap: 0,
      onboot: 1,
      description: "Other\n",
      startup: "order=2",
    });
    await run("configure", { diskGb: 5, rawLines: [], net0: { ...card, ip: "10.0.0.201/24" }, values });
    assert.deepEqual(await start(), []);
    assert.match(await inside("ip -4 -o address show dev eth0"), /10\.0\.0\.201\/24/);
    await run("configure", { diskGb: 5, rawLines: [], net0: card, values });
  });

  it("restarts for what somebody else changed: name servers, set and taken out", async () => {
    await node.sh("pct set 900 --nameserver 10.0.0.9");
    assert.deepEqual(await start(), ["restarted CT 900"]);
    assert.match(await node.sh("pct config 900"), /^nameserver: 10\.0\.0\.9$/m);
    await node.sh("pct set 900 --delete nameserver");
    assert.deepEqual(await start(), ["restarted CT 900"]);
    assert.doesNotMatch(await node.sh("pct config 900"), /^nameserver:/m);
  });
});

// Its new devices wait too, those of Proxmox VE 9 do not; both keep a device that is to go until the next stop.
describe("devices of a running container on Proxmox VE 8", { skip: noLab }, () => {
  let node!: Node;
  before(async () => {
    node = await Node.prepared({ release: 8 });
    await node.sh(
      `for minor in 0 1; do rm -f /dev/nvidia$minor; mknod -m 666 /dev/nvidia$minor c 195 $minor; done; ${rootDisks} && ` +
        `${fetchTemplate} && ${create(ctid, `--tags ${tag} --unprivileged 1 ${net0} --dev0 /dev/nvidia0,mode=0666`)} && ` +
        `pct start ${ctid}`,
    );
  });
  after(() => node.stop());

  it("takes out what is there with one restart, and what waits without one", async () => {
    const run = async (name: string, settings: object) => {
      const { code, result, stderr } = await node.script(stepFile(name), { ctid, tag, ...settings });
      assert.equal(code, 0, stderr);
      return result!.did;
    };
    const values = { description: "", onboot: 0 };
    const configure = () =>
      run("configure", {
        ...{ diskGb: 4, rawLines: [], values },
        net0: { name: "eth0", bridge: "vmbr0", gw: "10.0.0.1" },
      });
    const devices = async () =>
      (await node.sh(`grep -E '^(dev|delete|.pve)' /etc/pve/lxc/${ctid}.conf || true`))
        .split("\n")
        .filter(Boolean);
    const inside = () =>
      node.sh(
        `pct exec ${ctid} -- sh -c 'cd /dev; for n in nvidia?; do [ -c "$n" ] && echo "$n"; done; true'`,
      );
    const device = (minor: number) => `dev${minor}: /dev/nvidia${minor},mode=0666`;

    await node.sh(`pct set ${ctid} --dev1 /dev/nvidia1,mode=0666`);
    assert.deepEqual(await devices(), [device(0), "[pve:pending]", device(1)]);
    assert.deepEqual(await configure(), ["CT 900: NVIDIA devices none"]);
    assert.deepEqual(await devices(), [device(0), "[pve:pending]", "delete: dev0"]);
    assert.deepEqual(await configure(), []);
    assert.equal(await inside(), "nvidia0\n");
    assert.deepEqual(await run("start", { interface: "eth0" }), [`restarted CT ${ctid}`]);
    assert.deepEqual([await devices(), await inside()], [[], ""]);
    await node.sh(`pct set ${ctid} --dev0 /dev/nvidia0,mode=0666`);
    assert.deepEqual(await configure(), ["CT 900: NVIDIA devices none"]);
    assert.deepEqual(await devices(), []);
    assert.deepEqual(await run("start", { interface: "eth0" }), []);
  });
});
