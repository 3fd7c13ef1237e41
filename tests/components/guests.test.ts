import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { lookAtNode, unanswered } from "../../components/guest/look";
import { type ContainerSpec, type Estate, loadEstate } from "../../config";
import { planEstate } from "../../plan/estate";
import { recordProgram, settingsOf, waitsFor } from "./recorder";
import { facts, register, testProvider } from "./register";
import { containerSpec } from "./specs";
import { scratch } from "../helpers/scratch";

const template = containerSpec({ templateSnapshot: "ready" });
const clone = (ctid: number, over: Partial<ContainerSpec> = {}) =>
  containerSpec({
    ctid,
    name: `ct${ctid}`,
    template: undefined,
    cloneFrom: { ctid: 900, snapshot: "ready" },
    ...over,
  });

/** A host with nothing but its name, address and time. */
function bareEstate(): Estate {
  const folder = scratch();
  const host = join(folder, "host.json");
  const interfaces = {
    name: "vmbr0",
    address: "10.0.0.13/24",
    gateway: "10.0.0.1",
    dns_nameservers: "10.0.0.1",
  };
  const zfs = { pools: [], datasets: [] };
  writeFileSync(host, JSON.stringify({ timezone: "Etc/UTC", network: { interfaces }, zfs }));
  const lxc = join(folder, "lxc.json");
  writeFileSync(lxc, JSON.stringify({ lxc_configs: {} }));
  return loadEstate({ hypervisorConfig: host, lxcConfigs: lxc }).estate;
}

async function guests(containers: ContainerSpec[], adopt: number[] = [], hooksDir = "/nonexistent") {
  const provider = testProvider();
  const there = await lookAtNode(provider, "node");
  const estate = {
    ...bareEstate(),
    ...{ containers, templates: [template.template!], guests: containers.map(({ ctid }) => ctid) },
  };
  return register(planEstate(estate, facts({ containers: there, adopt, hooksDir })), provider).containers;
}

/** That a program ends with a user's mistake, which is shown without a stack trace. */
function assertRefused(program: Promise<unknown>): Promise<void> {
  return assert.rejects(
    program,
    (error: Error) =>
      pulumi.RunError.isInstance(error) &&
      /^node 'node' could not be asked over its API which containers it has; nothing was changed\./.test(
        error.message,
      ),
  );
}

test("each container waits for its storage, its template or source, and its dependencies", async () => {
  const containers = [template, clone(953), clone(950, { dependencies: [953] })];
  const program = await recordProgram(() => guests(containers));
  assert.deepEqual(waitsFor(program.find("ct-900-claim")), [
    "guests-template-ubuntu-24.04.tar.zst",
    "host-setup-firewall",
  ]);
  assert.deepEqual(waitsFor(program.find("ct-953-define")), ["ct-900-snapshot", "host-setup-firewall"]);
  assert.deepEqual(waitsFor(program.find("ct-950-define")), [
    "ct-900-snapshot",
    "ct-953-idmap",
    "host-setup-firewall",
  ]);
  assert.deepEqual(settingsOf(program.find("guests-template-ubuntu-24.04.tar.zst")), {
    file: "ubuntu-24.04.tar.zst",
    storage: "tank-iso",
  });
});

test("a free CTID, and one that is ours, need no new proof: the claim's input is always the same", async () => {
  for (const nodeGuests of [[], [{ vmId: 900, name: "Template-Base", tags: ["phoenix-test"] }]]) {
    const program = await recordProgram(() => guests([template]), { guests: nodeGuests });
    assert.deepEqual(settingsOf(program.find("ct-900-claim")), {
      adopt: false,
      ctid: 900,
      hostname: "Template-Base",
      tag: "phoenix-test",
    });
  }
});

test("a foreign container has the CTID proven again on the node, each time", async () => {
  const seen = new Set<string>();
  for (let run = 0; run < 2; run++) {
    const foreign = [{ vmId: 900, name: "precious", tags: [] }];
    const program = await recordProgram(() => guests([template]), { guests: foreign });
    const { checkAgain } = settingsOf(program.find("ct-900-claim")) as { checkAgain: string };
    assert.match(checkAgain, /^[0-9a-f]{32}$/);
    seen.add(checkAgain);
  }
  assert.equal(seen.size, 2);
});

test("a node that does not answer ends the run with one sentence, before anything is registered on it", async () => {
  const program = await recordProgram(() => assertRefused(guests([template])), { apiDown: true });
  assert.deepEqual(program.names, ["proxmox"]);
});

test("an answer of the API that is no success is told with its reason first", async () => {
  const error = unanswered(
    "pve1",
    "containers",
    new Error("error listing: received an HTTP 500 response - Reason: hostname lookup 'pve1' failed\nmore"),
  );
  assert.equal(
    error.message,
    "node 'pve1' could not be asked over its API which containers it has: Proxmox VE answered 500: " +
      "hostname lookup 'pve1' failed; nothing was changed.\n" +
      "Check phoenix:apiEndpoint, phoenix:apiUser, phoenix:apiPassword and phoenix:nodeName.",
  );
});

test("every step of a container carries its incarnation: read from the one that is there, new when there is none", async () => {
  const containers = [template, clone(953)];
  const incarnations = async (nodeGuests: { vmId: number; name: string; tags: string[] }[]) => {
    const program = await recordProgram(() => guests(containers), { guests: nodeGuests });
    const incarnation = (name: string) =>
      (settingsOf(program.find(name)) as { incarnation?: string }).incarnation;
    assert.deepEqual(
      program.find("ct-900-define").inputs.tags,
      ["phoenix-test", incarnation("ct-900-configure")].filter(Boolean),
    );
    for (const step of ["start", "snapshot"])
      assert.equal(incarnation(`ct-900-${step}`), incarnation("ct-900-configure"));
    for (const step of ["configure", "start"])
      assert.equal(incarnation(`ct-953-${step}`), incarnation("ct-953-define"));
    return [incarnation("ct-900-configure"), incarnation("ct-953-define")];
  };
  const [base, app] = await incarnations([]);
  assert.match(base!, /^phoenix-test\+[0-9a-f]{8}$/);
  assert.notEqual(base, app);
  const there = [
    { vmId: 900, name: "Template-Base", tags: ["phoenix-test", base!, "mine"] },
    { vmId: 953, name: "ct953", tags: ["phoenix-test", app!] },
  ];
  assert.deepEqual(await incarnations(there), [base, app]);
  const [same, anew] = await incarnations(there.slice(0, 1));
  assert.equal(same, base);
  assert.notEqual(anew, app);
});

test("an executable hook of the environment becomes the last step; another container has none", async () => {
  const hooksDir = scratch();
  writeFileSync(join(hooksDir, "phoenix_hypervisor_setup_953.sh"), "#!/bin/bash\necho hi\n", { mode: 0o755 });
  writeFileSync(join(hooksDir, "phoenix_hypervisor_setup_950.sh"), "#!/bin/bash\necho no\n", { mode: 0o644 });
  const program = await recordProgram(() => guests([template, clone(953), clone(950)], [], hooksDir));
  assert.deepEqual(waitsFor(program.find("ct-953-hook")), ["ct-953-idmap"]);
  assert.equal(program.names.filter((name) => name.endsWith("-hook")).length, 1);
});
