import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { card, options, rootDisks, stepFile, template } from "./container-node";
import { Node, noLab, tag } from "./node";

const start = { ctid: 900, tag, interface: "eth0" };
const storage = "tank-lxc";

const configure = (over: Record<string, unknown> = {}, values: Record<string, unknown> = {}) => ({
  ctid: 900,
  tag,
  diskGb: 8,
  rawLines: [] as string[],
  net0: card,
  values: { ...options, ...values },
  ...over,
});

describe("container scripts: converge, again, repair, refuse", { skip: noLab }, () => {
  let node!: Node;
  before(async () => {
    node = await Node.prepared();
    await node.sh(rootDisks);
  });
  after(() => node.stop());

  /** Converges, and once more: the second time nothing is done. */
  const converge = async (file: string, settings: unknown, did: string[]) => {
    const first = await node.script(file, settings);
    assert.deepEqual(first.result, { changed: did.length > 0, did }, first.stderr);
    const second = await node.script(file, settings);
    assert.deepEqual(second.result, { changed: false, did: [] }, second.stderr);
  };
  const refused = async (file: string, settings: unknown, message: RegExp) => {
    const answer = await node.script(file, settings);
    assert.notEqual(answer.code, 0);
    assert.equal(answer.result, undefined);
    assert.match(answer.stderr, message);
  };
  const conf = (ctid: number) => node.sh(`cat /etc/pve/lxc/${ctid}.conf`);

  it("fetches a template once; one that the catalogue does not know is named", async () => {
    await converge(stepFile("template"), { storage: "local", file: template }, [
      `downloaded template local:vztmpl/${template}`,
    ]);
    await refused(
      stepFile("template"),
      { storage: "local", file: "nosuch_1.0_amd64.tar.zst" },
      /template nosuch_1\.0_amd64\.tar\.zst could not be downloaded to local/,
    );
  });

  it("claims a free CTID without a trace", async () => {
    await converge(stepFile("claim"), { ctid: 900, tag, adopt: false }, []);
    assert.equal(await node.sh("ls /etc/pve/lxc"), "");
  });

  it("refuses a foreign container by name, leaves it untouched, and takes it over only when told", async () => {
    await node.sh(
      `pct create 900 local:vztmpl/${template} --hostname precious --rootfs ${storage}:8 --tags mine`,
    );
    const was = await conf(900);
    const message =
      /CT 900 already exists on node 'phoenix' as 'precious' and is not of this stack \(it has no tag 'phoenix-test'\)\. It was left untouched/;
    await refused(stepFile("claim"), { ctid: 900, tag, adopt: false }, message);
    await refused(stepFile("configure"), configure(), message);
    await refused(stepFile("start"), start, message);
    await refused(stepFile("snapshot"), { ctid: 900, tag, name: "s" }, message);
    await refused(stepFile("configure-remove"), { ctid: 900, tag }, message);
    await refused(stepFile("clone-remove"), { ctid: 900, tag }, message);
    assert.equal(await conf(900), was);
    await converge(stepFile("claim"), { ctid: 900, tag, adopt: true }, ["CT 900 taken over"]);
    assert.match(await conf(900), /^tags: mine;phoenix-test$/m);
  });

  it("configures exactly what differs", async () => {
    await converge(stepFile("configure"), configure(), [
      "CT 900: cores unset -> 2",
      "CT 900: features unset -> nesting=1",
      "CT 900: hostname precious -> base",
      "CT 900: memory 512 -> 1024",
      "CT 900: startup unset -> order=1,up=5,down=5",
      "CT 900: description",
      "CT 900: net0 unset -> name=eth0,bridge=vmbr0,ip=10.0.0.200/24,gw=10.0.0.1,hwaddr=52:54:00:AA:BB:CC,type=veth",
    ]);
    await converge(stepFile("configure"), configure({}, { memory: 2048 }), ["CT 900: memory 1024 -> 2048"]);
    await node.sh("pct set 900 --memory 64 --onboot 1");
    await converge(stepFile("configure"), configure({}, { memory: 2048 }), [
      "CT 900: memory 64 -> 2048",
      "CT 900: onboot 1 -> 0",
    ]);
    await converge(stepFile("configure"), configure({}, { memory: 2048, features: undefined }), [
      "CT 900: features nesting=1 -> unset",
    ]);
    await converge(stepFile("configure"), configure(), [
      "CT 900: features unset -> nesting=1",
      "CT 900: memory 2048 -> 1024",
    ]);
  });

  it("grows the root disk and refuses to shrink it", async () => {
    await converge(stepFile("configure"), configure({ diskGb: 12 }), ["CT 900: root disk 8G -> 12G"]);
    await refused(
      stepFile("configure"),
      configure({ diskGb: 8 }),
      /has 12G and cannot shrink to 8G: set storage_size_gb to 12 or more/,
    );
  });

  it("starts it, and starts it again after somebody stopped it", async () => {
    await converge(stepFile("start"), start, ["started CT 900"]);
    await node.sh("pct stop 900");
    await converge(stepFile("start"), start, ["started CT 900"]);
  });

  it("changes memory of a running container without a restart; a feature restarts it once", async () => {
    await converge(stepFile("configure"), configure({ diskGb: 12 }, { memory: 3072 }), [
      "CT 900: memory 1024 -> 3072",
    ]);
    await converge(stepFile("start"), start, []);
    const features = { memory: 3072, features: "nesting=1,keyctl=1" };
    const answer = await node.script(stepFile("configure"), configure({ diskGb: 12 }, features));
    assert.equal(answer.code, 0, answer.stderr);
    await converge(stepFile("start"), start, ["restarted CT 900"]);
    assert.match(await conf(900), /^features: .*keyctl=1/m);
  });

  it("makes the snapshot once, and anew when what it holds has changed and nothing builds on it", async () => {
    const snapshot = { ctid: 900, tag, name: "ready", digest: "one" };
    await converge(stepFile("snapshot"), snapshot, ["made snapshot 'ready' of CT 900"]);
    const taken = async () => /snaptime: (\d+)/.exec(await conf(900))?.[1];
    const before = await taken();
    await node.sh("sleep 1.1; echo 900 > /var/lib/phoenix/guests/953.source");
    await converge(stepFile("snapshot"), { ...snapshot, digest: "two" }, [
      "took snapshot 'ready' of CT 900 again; made from the earlier one, and behind it now: CT 953",
    ]);
    assert.notEqual(await taken(), before);
    await node.sh("pct snapshot 900 mine && rm /var/lib/phoenix/guests/953.source");
    const kept = await node.script(stepFile("snapshot"), { ...snapshot, digest: "three" });
    assert.deepEqual(kept.result, { changed: false, did: [] }, kept.stderr);
    assert.match(
      kept.stderr,
      /warning: CT 900 has changed since snapshot 'ready', which stays because of mine: new clones are made from the old state/,
    );
    await node.sh("pct delsnapshot 900 mine");
  });

  it("owns an exact set of raw lines; snapshot sections stay byte for byte", async () => {
    const sections = async () => (await conf(900)).replace(/^[^[]*/, "");
    const was = await sections();
    assert.match(was, /^\[ready\]/);
    const values = { memory: 3072, features: "nesting=1,keyctl=1" };
    const lines = (rawLines: string[]) => configure({ diskGb: 12, rawLines }, values);
    await node.sh(
      "f=/etc/pve/lxc/900.conf; { sed '/^\\[/,$d' $f; echo 'lxc.mount.auto: sys'; echo; sed -n '/^\\[/,$p' $f; } > /tmp/c; cat -s /tmp/c > $f",
    );
    const raw = async () =>
      (await conf(900))
        .split("[ready]")[0]!
        .split("\n")
        .filter((line) => line.startsWith("lxc."));
    await converge(
      stepFile("configure"),
      lines(["lxc.apparmor.profile: unconfined", "lxc.cap.drop: sys_rawio"]),
      ["CT 900: raw lines"],
    );
    assert.deepEqual(await raw(), [
      "lxc.mount.auto: sys",
      "lxc.apparmor.profile: unconfined",
      "lxc.cap.drop: sys_rawio",
    ]);
    await converge(stepFile("configure"), lines(["lxc.cap.drop: sys_rawio"]), ["CT 900: raw lines"]);
    assert.deepEqual(await raw(), ["lxc.mount.auto: sys", "lxc.cap.drop: sys_rawio"]);
    await converge(stepFile("configure"), lines([]), ["CT 900: raw lines"]);
    assert.deepEqual(await raw(), ["lxc.mount.auto: sys"]);
    assert.equal(await sections(), was);
  });

  const clone = (ctid: number, source = 900) => ({
    ctid,
    source,
    snapshot: "ready",
    hostname: `ct${ctid}`,
    storage,
    tag,
    adopt: false,
  });

  it("clones a snapshot; four clones of one source at once all succeed, one after another", async () => {
    const answers = await Promise.all(
      [901, 902, 903, 904].map((ctid) => node.script(stepFile("clone"), clone(ctid))),
    );
    for (const [index, answer] of answers.entries()) {
      const ctid = 901 + index;
      assert.deepEqual(
        answer.result,
        { changed: true, did: [`cloned CT ${ctid} from CT 900@ready`] },
        answer.stderr,
      );
    }
    await converge(stepFile("clone"), clone(901), []);
    assert.match(await conf(901), /^tags: phoenix-test$/m);
    assert.match(await conf(901), /^hostname: ct901$/m);
  });

  it("makes a clone anew that a run was cut off in", async () => {
    await node.sh("pct set 904 --lock create && touch /var/lib/phoenix/guests/904.cloning");
    await converge(stepFile("clone"), clone(904), [
      "removed half-made CT 904",
      "cloned CT 904 from CT 900@ready",
    ]);
  });

  it("never takes a foreign container for a clone that was cut off", async () => {
    await node.sh(
      `pct create 906 local:vztmpl/${template} --hostname precious --rootfs ${storage}:8 && touch /var/lib/phoenix/guests/906.cloning`,
    );
    const was = await conf(906);
    await refused(stepFile("clone"), clone(906), /CT 906 already exists on node 'phoenix' as 'precious'/);
    await refused(
      stepFile("clone-remove"),
      { ctid: 906, tag },
      /CT 906 already exists on node 'phoenix' as 'precious'/,
    );
    assert.equal(await conf(906), was);
  });

  it("says what is missing when it cannot clone", async () => {
    await refused(
      stepFile("clone"),
      clone(905, 999),
      /CT 999, which CT 905 is cloned from, does not exist on this node/,
    );
    await refused(
      stepFile("clone"),
      { ...clone(905), snapshot: "nosuch" },
      /CT 900 has no snapshot 'nosuch' to clone CT 905 from/,
    );
    assert.equal(await node.sh("ls /var/lib/phoenix/guests | grep -c 905 || true"), "0\n");
  });

  it("removes a running clone, and one that is gone already", async () => {
    await node.sh("pct start 903");
    await converge(stepFile("clone-remove"), { ctid: 903, tag }, ["destroyed CT 903"]);
    assert.equal(await node.sh("ls /etc/pve/lxc | grep -c 903 || true"), "0\n");
  });

  it("makes a container from a template again that is gone; without its archive, or with the id taken, it says so", async () => {
    const madeFrom = {
      ...{ template: `local:vztmpl/${template}`, osType: "ubuntu", storage, unprivileged: true },
    };
    const again = (over: object = {}) => ({
      ...configure({ ctid: 908, incarnation: `${tag}+00000001`, madeFrom: { ...madeFrom, ...over } }),
      net0: { name: "eth0", bridge: "vmbr0", ip: "10.0.0.208/24", gw: "10.0.0.1", type: "veth" },
    });
    await refused(
      stepFile("configure"),
      again({ template: "local:vztmpl/gone.tar.zst" }),
      /CT 908 is gone from phoenix and could not be recreated; Proxmox VE's message is above/,
    );
    assert.equal(await node.sh("ls /etc/pve/lxc | grep -c 908 || true"), "0\n");
    await node.sh("mkdir -p /etc/pve/qemu-server && echo 'name: machine' > /etc/pve/qemu-server/908.conf");
    await refused(stepFile("configure"), again(), /id 908 is taken by VM 'machine'/);
    await node.sh("rm /etc/pve/qemu-server/908.conf");

    const made = await node.script(stepFile("configure"), again());
    assert.equal(
      made.result?.did[0],
      `CT 908 was gone: recreated from local:vztmpl/${template}`,
      made.stderr,
    );
    assert.match(await conf(908), /^tags: phoenix-test;phoenix-test\+00000001$/m);
    assert.match(await conf(908), /^rootfs: tank-lxc:.*size=8G$/m);
    assert.match(await conf(908), /^unprivileged: 1$/m);
    const second = await node.script(stepFile("configure"), again());
    assert.deepEqual(second.result, { changed: false, did: [] }, second.stderr);
  });

  it("runs a hook on the host with the CTID and keeps its output; a failing one shows its last lines", async () => {
    const hook = (script: string) => ({
      ctid: 900,
      tag,
      name: "phoenix_hypervisor_setup_900",
      config: { name: "base" },
      script,
      environment: { PHOENIX_HOSTNAME: "base" },
    });
    const ran = await node.script(
      stepFile("hook"),
      hook(
        '#!/bin/bash\necho "$1 $PHOENIX_HOSTNAME $(jq -r .name "$PHOENIX_CONTAINER_FILE")" > /srv/hooked\necho said\n',
      ),
    );
    assert.deepEqual(ran.result?.did, ["ran hook phoenix_hypervisor_setup_900 for CT 900"], ran.stderr);
    assert.equal(await node.sh("cat /srv/hooked"), "900 base base\n");
    assert.match(await node.sh("cat /var/log/phoenix_hypervisor/ct-900-hook.log"), /^said$/m);
    await refused(
      stepFile("hook"),
      hook("#!/bin/bash\necho it broke\nexit 7\n"),
      /it broke\nphoenix: hook phoenix_hypervisor_setup_900 failed for CT 900 with exit code 7 \(all of its output: \/var\/log\/phoenix_hypervisor\/ct-900-hook\.log on phoenix\)/,
    );
  });
});
