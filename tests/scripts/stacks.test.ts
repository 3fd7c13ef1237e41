import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { scriptOf } from "../helpers/scripts";
import { Node, noLab } from "./node";
import { lookAt } from "./stand-ins";

const prepare = scriptOf("hypervisor", "prepare");
const free = scriptOf("hypervisor", "prepare-remove");
/** As Host joins them for a step of the host's own set-up. */
const removal = (name: string) => [scriptOf("host", "keep-what-others-need"), name];
const first = { tag: "phoenix-first", identity: "First" };
const second = { tag: "phoenix-second", identity: "second" };

describe("the stacks of a node", { skip: noLab }, () => {
  let node: Node;

  before(async () => {
    node = await Node.start();
  });
  after(() => node.stop());

  async function did(file: string | string[], settings: object): Promise<string[]> {
    const { code, result, stderr } = await node.script(file, settings);
    assert.equal(code, 0, stderr);
    return result!.did;
  }

  async function refused(file: string | string[], settings: object): Promise<string> {
    const { code, stderr } = await node.script(file, settings);
    assert.equal(code, 1);
    return stderr.trim();
  }

  test("the first to claim the host has it, and converges once", async () => {
    assert.deepEqual((await did(prepare, { ...first, setUp: true })).slice(-2), [
      "this stack sets phoenix up",
      "registered stack 'First'",
    ]);
    assert.deepEqual(await did(prepare, { ...first, setUp: true }), []);
    assert.equal(await node.sh("cat /var/lib/phoenix/host-owner"), "phoenix-first\n");
  });

  test("what somebody took of it is seen, and only that is put right", async () => {
    const settings = { ...first, setUp: true };
    const look = () => lookAt(node, scriptOf("hypervisor", "prepare-look"), settings);
    const state = "/var/lib/phoenix";
    const broken: [command: string, deviation: string, did: string][] = [
      ["rmdir guests", `${state}/guests: is missing, wanted there`, `made ${state}/guests`],
      [
        "rm host-owner",
        `${state}/host-owner: is missing, wanted as Phoenix wrote it`,
        "this stack sets phoenix up",
      ],
      [
        "echo '{}' >stacks/phoenix-first",
        `${state}/stacks/phoenix-first: is edited by hand, wanted as Phoenix wrote it`,
        "registered stack 'First'",
      ],
    ];
    assert.deepEqual(await look(), []);
    for (const [command, deviation, mended] of broken) {
      await node.sh(`cd ${state}; ${command}`);
      assert.deepEqual(await look(), [deviation]);
      assert.deepEqual(await did(prepare, settings), [mended]);
      assert.deepEqual(await look(), []);
    }
    await node.sh(`echo phoenix-other >${state}/host-owner`);
    assert.match((await look()).join(), /^node 'phoenix' belongs to stack 'other', which sets it up\. /);
    await node.sh(`echo phoenix-first >${state}/host-owner`);
  });

  test("another stack's claim is refused by that stack's own name; its guests may stand there", async () => {
    assert.equal(
      await refused(prepare, { ...second, setUp: true }),
      "phoenix: node 'phoenix' belongs to stack 'First', which sets it up. Nothing was changed. If only guests are " +
        "wanted of this stack: pulumi config set phoenix:hostSetup false. If this stack was renamed from 'First', or " +
        "is to take its place: pulumi config set phoenix:identity First",
    );
    assert.equal(await node.sh("ls /var/lib/phoenix/stacks"), "phoenix-first\n");
    const needs = { "storage local": ["CT 120 beta"], "user ops": ["CT 120 beta", "VM web"] };
    assert.deepEqual(await did(prepare, { ...second, setUp: false, needs }), ["registered stack 'second'"]);
  });

  test("a removal of what a stack has that does not hold the host does nothing, and says so", async () => {
    await node.sh("echo Europe/Berlin >/var/lib/phoenix/timezone-before");
    const { code, result, stderr } = await node.script(
      removal(scriptOf("hypervisor/initial-setup", "timezone-remove")),
      second,
    );
    assert.equal(code, 0, stderr);
    assert.deepEqual(result, { changed: false, did: [] });
    assert.equal(stderr, "node 'phoenix' is set up by stack 'First' now: nothing of it is taken away\n");
    assert.equal(await node.sh("cat /var/lib/phoenix/timezone-before"), "Europe/Berlin\n");
  });

  test("what guests of another stack need stays, and the guests are named", async () => {
    const settings = { ...first, makes: ["storage local", "user ops"], id: "local" };
    await node.sh("touch /var/lib/phoenix/storages/local");
    const step = removal(scriptOf("hypervisor/zfs", "storage-remove"));
    const { code, stderr } = await node.script(step, settings);
    assert.equal(code, 0, stderr);
    assert.equal(
      stderr,
      "warning: storage local, user ops stays as it is: needed by CT 120 beta of stack 'second', VM web of stack 'second'\n",
    );
    assert.match(await node.sh("pvesm status"), /^local /m);
    await node.sh("rm /var/lib/phoenix/storages/local");
  });

  test("its own settings reach a removal that may go on", async () => {
    assert.deepEqual(
      await did(removal(scriptOf("hypervisor/initial-setup", "timezone-remove")), { ...first, makes: ["x"] }),
      ["time zone Etc/UTC -> Europe/Berlin"],
    );
  });

  test("a stack that gives up the set-up, or goes, leaves the host to the next one", async () => {
    assert.deepEqual(await did(prepare, { ...first, setUp: false }), [
      "this stack no longer sets phoenix up",
    ]);
    assert.deepEqual((await did(prepare, { ...second, setUp: true })).slice(0, 1), [
      "this stack sets phoenix up",
    ]);
    assert.deepEqual(await did(free, first), ["this stack is no longer registered on phoenix"]);
    assert.deepEqual(await did(free, second), [
      "phoenix is free for another stack",
      "this stack is no longer registered on phoenix",
    ]);
    assert.deepEqual(await did(free, second), []);
  });

  test("a host that a version without claims set up is not taken from the stack whose guests it has", async () => {
    const mark = "/var/lib/phoenix/originals/etc/logrotate.d/phoenix_hypervisor.absent";
    const conf = "/etc/pve/lxc/130.conf";
    await node.sh(`mkdir -p "$(dirname ${mark})"; touch ${mark}`);
    await node.sh(`printf 'hostname: old\\ntags: db;phoenix-older;phoenix-older+0a1b2c3d\\n' >${conf}`);
    // A guest with a snapshot, which is read before it and has no stack's tag of its own any more.
    const other = "/etc/pve/lxc/129.conf";
    await node.sh(`printf 'hostname: mine\\n\\n[then]\\ntags: phoenix-second\\n' >${other}`);
    assert.equal(
      await refused(prepare, { ...second, setUp: true }),
      "phoenix: node 'phoenix' was set up before, and has guests of stack 'older' (tag phoenix-older) and none of " +
        "this one. If that stack never set it up: rm '/var/lib/phoenix/originals/etc/logrotate.d/phoenix_hypervisor'*, " +
        "on the node. Nothing was changed. If only guests are wanted of this stack: pulumi config set " +
        "phoenix:hostSetup false. If this stack was renamed from 'older', or is to take its place: pulumi config set " +
        "phoenix:identity older",
    );
    await node.sh(`rm ${other}`);
    await did(prepare, { tag: "phoenix-older", identity: "older", setUp: true });
    await did(free, { tag: "phoenix-older" });
  });

  test("a guest of another stack is refused with the way out of a renamed one", async () => {
    const settings = { ...second, ctid: 130, adopt: false };
    assert.equal(
      await refused(scriptOf("container", "claim"), settings),
      "phoenix: CT 130 already exists on node 'phoenix' as 'old' and belongs to stack 'older'; if this stack was " +
        "renamed from it: pulumi config set phoenix:identity older. It was left untouched; else give the entry another id",
    );
    await node.sh("rm /etc/pve/lxc/130.conf");
  });

  test("content types that another stack wants of a storage stay; the last one takes them along", async () => {
    const content = () =>
      node.sh("pvesh get /storage/local --output-format json | jq -r .content | tr , '\n' | sort");
    const [make, remove] = [scriptOf("vm", "storage-content"), scriptOf("vm", "storage-content-remove")];
    const before = await content();
    await did(make, { ...first, storage: "local", content: ["import", "snippets"] });
    await did(make, { ...second, storage: "local", content: ["import"] });
    await did(remove, { ...first, storage: "local", content: ["import", "snippets"] });
    assert.match(await content(), /import/);
    assert.doesNotMatch(await content(), /snippets/);
    await did(remove, { ...second, storage: "local", content: ["import"] });
    assert.equal(await content(), before);
  });
});
