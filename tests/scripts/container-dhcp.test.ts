/* A container whose first card gets its address by DHCP, or from somebody inside. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { create, fetchTemplate, net0, rootDisks } from "./container-node";
import { Converged, ctid, stepsOfEntry } from "./key-rows";
import { Node, noLab, tag } from "./node";

const card = { name: "eth0", bridge: "vmbr0" };
const dhcp = { network_config: { ...card, ip: "dhcp", ip6: "auto" } };
const manual = { network_config: { ...card, ip: "manual" } };

for (const release of [8, 9] as const)
  describe(`the first card without an address of its own on Proxmox VE ${release}`, { skip: noLab }, () => {
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

    const start = async (entry: object) => {
      const { start } = stepsOfEntry({ ...entry });
      const { code, result, stderr } = await node.script(start!.script, start!.settings);
      assert.equal(code, 0, stderr);
      return result as { changed: boolean; did: string[]; address?: string };
    };

    it("goes from its address to DHCP while it runs, with its gateway, and the step reports the address inside", async () => {
      await guest.converge({});
      await guest.converge(dhcp);
      assert.match(await guest.conf(), /^net0: name=eth0,bridge=vmbr0,(?!.*gw=).*ip=dhcp,ip6=auto/m);
      assert.deepEqual(await guest.converge(dhcp), []);
      const { changed, address } = await start(dhcp);
      assert.equal(changed, false);
      assert.match(address ?? "", /^10\.0\.0\.\d+\/24$/);
      assert.match(
        await node.sh(`pct exec ${ctid} -- ip -4 -o address show dev eth0`),
        new RegExp(address!.replaceAll(".", "\\.")),
      );
      assert.match(await node.sh(`pct exec ${ctid} -- ip route show default`), /^default via 10\.0\.0\.1 /);
    });

    it("a change by hand is told, and put right", async () => {
      await node.sh(
        `pct set ${ctid} --net0 name=eth0,bridge=vmbr0,ip=10.0.0.9/24,gw=10.0.0.1,ip6=auto,hwaddr=52:54:00:AA:BB:CC,type=veth`,
      );
      assert.deepEqual((await guest.look(dhcp)).found, [
        `CT ${ctid} network_config.ip: is 10.0.0.9/24, wanted dhcp`,
        `CT ${ctid} network_config.gw: is 10.0.0.1, wanted not set`,
      ]);
      await guest.converge(dhcp);
      assert.deepEqual(await guest.look(dhcp), { found: [], start: [] });
    });

    it("one that somebody inside sets up is not waited for, and reports none", async () => {
      await guest.converge(manual);
      assert.match(await guest.conf(), /^net0: .*ip=manual/m);
      assert.equal((await start(manual)).address, "");
      assert.equal((await start({})).address, undefined, "the entry has it");
    });

    it("a server that does not answer is named", { skip: release === 8 && "waits a minute" }, async () => {
      await node.sh(`pct set ${ctid} --net0 name=eth0,bridge=vmbr9,ip=dhcp,type=veth || true`);
      assert.match(await node.sh(`pct config ${ctid}`), /ip=dhcp/);
      const { start } = stepsOfEntry(dhcp);
      const { code, stderr } = await node.script(start!.script, start!.settings);
      assert.notEqual(code, 0);
      assert.match(
        stderr,
        /CT 900 runs, but its eth0 has no address after 60 s: does a DHCP server answer on its bridge\? see 'pct exec 900 -- ip address'/,
      );
    });
  });
