/* Options of a machine that its entry may leave to others: set, put right, taken back with the key. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Node, noLab, tag } from "./node";
import { configureSettings, machine, makeMachine } from "./vm-configured";

const vmid = 9005;

for (const release of [8, 9] as const)
  describe(`options of a running machine on Proxmox VE ${release}`, { skip: noLab }, () => {
    let node!: Node;
    before(async () => {
      node = await Node.prepared({ release });
      await makeMachine(node, vmid);
    });
    after(() => node.stop());

    const { converge, look, stale, restart, now, pending } = machine(() => node, vmid);
    const settings = (values: object, tags?: string[]) => configureSettings(vmid, { tags }, values);
    const all = {
      balloon: 256,
      cpulimit: 1.5,
      cpuunits: 200,
      numa: 1,
      sockets: 2,
      cpu: "host,flags=+aes;-pcid",
    };

    it("are set, those at once that can be, and again is nothing", async () => {
      const did = await converge(settings(all, ["web"]));
      assert.deepEqual(did.sort(), [
        "VM 9005: balloon unset -> 256",
        "VM 9005: cpu unset -> host,flags=+aes;-pcid",
        "VM 9005: cpulimit unset -> 1.5",
        "VM 9005: cpuunits unset -> 200",
        "VM 9005: numa unset -> 1",
        "VM 9005: sockets unset -> 2",
        `VM 9005: tags ${tag} -> ${tag};web`,
      ]);
      assert.equal(await pending(), "cpu: host,flags=+aes;-pcid\nnuma: 1\nsockets: 2");
      assert.equal(await now("tags"), `${tag};web`);
      assert.deepEqual(await converge(settings(all, ["web"])), []);
      assert.deepEqual(await stale({ cpu: all.cpu, numa: 1, sockets: 2 }), [
        "VM 9005: is running without its wanted cpu, numa, sockets, wanted restarted with it",
      ]);
      assert.deepEqual(await restart(), ["restarted VM 9005"]);
      assert.equal(await pending(), "");
      assert.deepEqual(await look(settings(all, ["web"])), []);
    });

    it("are told of when somebody changed them, and put right", async () => {
      await node.sh(
        `qm set ${vmid} --balloon 128 --cpulimit 1 --cpuunits 50 --numa 0 --sockets 1 --cpu host --tags '${tag};mine'`,
      );
      assert.deepEqual((await look(settings(all, ["web"]))).sort(), [
        "VM 9005 balloon_mb: is 128, wanted 256",
        "VM 9005 cpu_type, cpu_flags: is host, wanted host,flags=+aes;-pcid",
        "VM 9005 cpulimit: is 1, wanted 1.5",
        "VM 9005 cpuunits: is 50, wanted 200",
        "VM 9005 numa: is false, wanted true",
        "VM 9005 sockets: is 1, wanted 2",
        "VM 9005 tags: is without web, wanted with it",
      ]);
      await converge(settings(all, ["web"]));
      assert.equal(await now("tags"), `mine;${tag};web`);
      assert.equal(await pending(), "");
      assert.deepEqual(await look(settings(all, ["web"])), []);
    });

    it("have a balloon device from the next start on alone", async () => {
      await converge(settings({ ...all, balloon: 0 }, ["web"]));
      assert.equal(await pending(), "balloon: 0");
      assert.match((await stale({ noBalloon: 1 })).join(), /balloon_mb, wanted restarted/);
      await restart();
      assert.equal(await now("balloon"), "0");
      assert.doesNotMatch((await stale({ noBalloon: 1 })).join(), /balloon_mb/);
    });

    it("are Proxmox VE's own again without the keys; somebody else's stay", async () => {
      await node.sh(`qm set ${vmid} --vga std --shares 5`);
      assert.deepEqual((await look(settings({}))).sort(), [
        "VM 9005 balloon_mb: is 0, wanted not set",
        "VM 9005 cpulimit: is 1.5, wanted not set",
        "VM 9005 cpuunits: is 200, wanted not set",
        "VM 9005 numa: is true, wanted false",
        "VM 9005 sockets: is 2, wanted not set",
        "VM 9005 tags: is with web, wanted without it",
      ]);
      await converge(settings({}));
      await restart();
      for (const key of ["balloon", "cpulimit", "cpuunits", "numa", "sockets"])
        assert.equal(await now(key), "", key);
      assert.equal(await now("tags"), `mine;${tag}`);
      assert.equal(await now("shares"), "5");
      assert.deepEqual(await look(settings({})), []);
      assert.deepEqual(await converge(settings({})), []);
    });

    it("go with less memory: a balloon of more is refused by Proxmox VE", async () => {
      await converge(settings({ memory: 1024, balloon: 900 }));
      await restart();
      await converge(settings({ memory: 512 }));
      await restart();
      assert.deepEqual([await now("memory"), await now("balloon")], ["512", ""]);
    });
  });
