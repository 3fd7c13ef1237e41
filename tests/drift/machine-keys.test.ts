/* Each key of a machine's hardware: changed by hand, shown as the table says, and put right. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Node, noLab, tag } from "../scripts/node";
import { configureSettings, machine, makeMachine } from "../scripts/vm-configured";
import { machineKeyRows, machineOfAllKeys } from "./machine-keys";

const vmid = 9000;
type Settings = ReturnType<typeof configureSettings>;

for (const release of [8, 9] as const)
  describe(`every key of a machine on Proxmox VE ${release}`, { skip: noLab }, () => {
    let node!: Node;
    const settings = machineOfAllKeys(tag).settings as unknown as Settings;
    const { converge, look, restart } = machine(() => node, vmid);
    before(async () => {
      node = await Node.prepared({ release });
      await makeMachine(node, vmid);
      await node.sh("mkdir -p /var/lib/vz/template/iso; echo a >/var/lib/vz/template/iso/a.iso");
      await converge(settings);
      await restart();
      assert.deepEqual(await look(settings), []);
    });
    after(() => node.stop());

    for (const { sets, by, shows } of machineKeyRows(tag)) {
      it(`${sets}: ${by}`, async () => {
        await node.sh(by);
        const found = await look(settings);
        assert.deepEqual(
          shows.filter((text) => !found.includes(text)),
          [],
          found.join("\n"),
        );
        await converge(settings);
        assert.deepEqual(await look(settings), []);
      });
    }
  });
