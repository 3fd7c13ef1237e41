/** The service pve-firewall on a host of plain files: when it has taken over what the files say. */
import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { setState } from "../../host/machine/units/state";
import { followFirewall, status } from "../../host/pve/firewall/daemon";
import { fakeHost } from "./fakeHost";

test("files that cannot be read are taken over once they can be", async () => {
  const node = fakeHost();
  after(() => node.remove());
  const { host } = node;
  // As of a disk that answers with an error: /etc/services is not a file.
  const services = join(host.root, "etc/services");
  mkdirSync(services, { recursive: true });
  node.write("/etc/pve/firewall/cluster.fw", "[OPTIONS]\nenable: 1\n");
  setState(host, "pve-firewall.service", { active: "active", sub: "running" });
  followFirewall(host);
  await new Promise((wait) => setTimeout(wait, 500));
  rmSync(services, { recursive: true });
  assert.equal(status(host).changes, true);
  for (let left = 50; left > 0 && status(host).changes; left -= 1)
    await new Promise((wait) => setTimeout(wait, 100));
  assert.equal(status(host).changes, false);
});
