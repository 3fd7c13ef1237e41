// Options of a machine that the lab keeps without simulating what they are about.
import assert from "node:assert/strict";
import test from "node:test";
import { guestLab, skip } from "./guestLab";

const { sh, ok } = guestLab("fidelity");

test("what Proxmox VE's schema has is set, kept, and taken out without a complaint", { skip }, async () => {
  await ok("qm create 300 --name options --memory 512");
  await ok(
    "qm set 300 --watchdog model=i6300esb,action=reset --audio0 device=AC97 --numa0 cpus=0,memory=512 --startdate now",
  );
  assert.match(await ok("qm config 300"), /^watchdog: (model=)?i6300esb,action=reset$/m);
  await ok("qm set 300 --delete watchdog,audio0,numa0,startdate,ivshmem,hugepages,virtiofs0");
  assert.doesNotMatch(await ok("cat /etc/pve/qemu-server/300.conf"), /watchdog|audio0|numa0|startdate/);
  assert.match((await sh("qm set 300 --delete nosuch")).stderr, /unknown option 'nosuch'/);
  assert.equal(
    (await sh("qm set 300 --balloon 513")).stderr,
    "balloon value too large (must be smaller than assigned memory)\n",
  );
});
