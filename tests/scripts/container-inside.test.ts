import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { create, fetchTemplate, net0, rootDisks, stepFile, volumes } from "./container-node";
import { Node, noLab, tag } from "./node";

const ctid = 900;

describe("what a container has and runs inside", { skip: noLab }, () => {
  let node!: Node;
  before(async () => {
    node = await Node.prepared();
    await node.sh(
      `${rootDisks} && ${volumes} && zfs create tank/data && ${fetchTemplate} && ` +
        create(ctid, `--hostname inside --tags ${tag} --unprivileged 1 ${net0}`),
    );
  });
  after(() => node.stop());

  const converge = async (name: string, settings: object, did: string[]) => {
    const file = stepFile(name);
    const all = { ctid, tag, ...settings };
    const first = await node.script(file, all);
    assert.deepEqual(first.result, { changed: did.length > 0, did }, first.stderr);
    const second = await node.script(file, all);
    assert.deepEqual(second.result, { changed: false, did: [] }, second.stderr);
  };
  const refused = async (name: string, settings: object, message: RegExp) => {
    const answer = await node.script(stepFile(name), { ctid, tag, ...settings });
    assert.notEqual(answer.code, 0);
    assert.equal(answer.result, undefined);
    assert.match(answer.stderr, message);
  };
  const conf = () => node.sh(`cat /etc/pve/lxc/${ctid}.conf`);
  const mountLines = async () => (await conf()).match(/^(mp|unused)\d+: .*$/gm) ?? [];
  const shared = {
    path: "/tank/data/models",
    owner: "100000",
    mode: "775",
    holdOwner: false,
    holdMode: false,
  };
  const bind = { target: "/models", readOnly: false, source: "/tank/data/models" };
  const volume = { target: "/var/lib/app", readOnly: false, name: "app", storage: "tank-volumes", sizeGb: 2 };

  it("makes a shared folder once, and never changes what is in it or how it is", async () => {
    await converge("shared-folder", shared, ["made /tank/data/models"]);
    assert.equal(await node.sh("stat -c '%u:%g %a' /tank/data/models"), "100000:100000 775\n");
    await node.sh("install -m 600 -o 33 /dev/null /tank/data/models/a && chmod 700 /tank/data/models");
    await converge("shared-folder", shared, []);
    await converge("shared-folder", { ...shared, holdMode: true }, ["/tank/data/models: mode 775"]);
    assert.equal(await node.sh("stat -c '%u %a' /tank/data/models/a"), "33 600\n");
    await refused(
      "shared-folder",
      { ...shared, path: "/tank/data/models/a" },
      /is a file on phoenix; nothing was changed/,
    );
    await refused(
      "shared-folder",
      { ...shared, owner: "nobody-there" },
      /its owner 'nobody-there' is no user of phoenix/,
    );
  });

  it("mounts folders and volumes; what is mounted already is left alone", async () => {
    await refused(
      "mounts",
      { mounts: [{ ...bind, source: "/tank/data/nosuch" }] },
      /\/tank\/data\/nosuch, which is to be mounted at \/models, is not a folder of phoenix/,
    );
    await converge("mounts", { mounts: [bind, volume] }, [
      "CT 900: mounted /tank/data/models at /models",
      "CT 900: made volume app (2G on tank-volumes) at /var/lib/app",
    ]);
    assert.deepEqual(await mountLines(), [
      "mp0: /tank/data/models,mp=/models",
      "mp1: tank-volumes:subvol-900-disk-0,mp=/var/lib/app,size=2G",
    ]);
  });

  it("makes one of ours read-only, keeps options that somebody added, grows a volume and never shrinks it", async () => {
    await node.sh("pct set 900 --mp1 tank-volumes:subvol-900-disk-0,mp=/var/lib/app,backup=1,size=2G");
    await converge(
      "mounts",
      {
        mounts: [
          { ...bind, readOnly: true },
          { ...volume, sizeGb: 3 },
        ],
      },
      ["CT 900: /models is /tank/data/models, read-only", "CT 900: volume app 2G -> 3G"],
    );
    assert.deepEqual(await mountLines(), [
      "mp0: /tank/data/models,mp=/models,ro=1",
      "mp1: tank-volumes:subvol-900-disk-0,mp=/var/lib/app,backup=1,size=3G",
    ]);
    await refused(
      "mounts",
      { mounts: [{ ...bind, readOnly: true }, volume] },
      /volume app of CT 900 has 3G and cannot shrink to 2G: set its size_gb to 3 or more/,
    );
  });

  it("leaves a mount of somebody else's untouched", async () => {
    await node.sh("mkdir -p /srv/other && pct set 900 --mp5 /srv/other,mp=/other");
    await converge("mounts", { mounts: [bind, { ...volume, sizeGb: 3 }] }, [
      "CT 900: /models is /tank/data/models",
    ]);
    await refused(
      "mounts",
      { mounts: [{ ...bind, target: "/other" }] },
      /CT 900 has \/srv\/other mounted at \/other, which was not made from these files; it was left untouched/,
    );
    await node.sh("pct set 900 --delete mp5");
  });

  it("keeps a volume that is taken out, and uses it again when it returns", async () => {
    await node.sh(
      "d=$(zfs get -H -o value mountpoint tank/volumes/subvol-900-disk-0); echo precious > $d/file",
    );
    await converge("mounts", { mounts: [bind] }, [
      "CT 900: took tank-volumes:subvol-900-disk-0 out of /var/lib/app; its data is kept",
    ]);
    await converge("mounts", { mounts: [bind, { ...volume, sizeGb: 3 }] }, [
      "CT 900: mounted its volume tank-volumes:subvol-900-disk-0 (app) at /var/lib/app again",
    ]);
    assert.equal(
      await node.sh("cat $(zfs get -H -o value mountpoint tank/volumes/subvol-900-disk-0)/file"),
      "precious\n",
    );
  });

  it("takes out all that these files mounted, and nothing else; the data stays", async () => {
    await node.sh("pct set 900 --mp5 /srv/other,mp=/other");
    await converge("mounts", { mounts: [] }, [
      "CT 900: took /tank/data/models out of /models; its data is kept",
      "CT 900: took tank-volumes:subvol-900-disk-0 out of /var/lib/app; its data is kept",
    ]);
    assert.deepEqual(await mountLines(), [
      "mp5: /srv/other,mp=/other",
      "unused0: tank-volumes:subvol-900-disk-0",
    ]);
    await node.sh("pct set 900 --delete mp5");
    await converge("mounts", { mounts: [bind, { ...volume, sizeGb: 3 }] }, [
      "CT 900: mounted /tank/data/models at /models",
      "CT 900: mounted its volume tank-volumes:subvol-900-disk-0 (app) at /var/lib/app again",
    ]);
  });

  it("starts, waits for init and address, and shows the maps and owners that were asked for", async () => {
    await converge("start", { interface: "eth0" }, ["started CT 900"]);
    const map = ["0 100000 65536"];
    const folders = [{ source: bind.source, target: bind.target }];
    await converge("idmap", { users: map, groups: map, folders }, []);
    await refused(
      "idmap",
      { users: ["0 100000 1000"], groups: map, folders: [] },
      /CT 900 runs with another uid_map \(0 100000 65536\) than wanted \(0 100000 1000\): stop and start it/,
    );
  });

  const script = (text: string, over: object = {}) => ({
    step: "application",
    name: "app.sh",
    script: text,
    seconds: 20,
    environment: { PHOENIX_HOSTNAME: "it's inside" },
    config: { lxc_configs: { "900": { vllm_model: "m" } } },
    ...over,
  });

  it("runs a script inside with CTID, settings and container file, and leaves nothing behind", async () => {
    const text =
      '#!/bin/bash\necho "$1|$PHOENIX_HOSTNAME|$(grep -c vllm_model $PHOENIX_CONFIG)" >/root/ran\necho said\n';
    const answer = await node.script(stepFile("in-guest"), { ctid, tag, ...script(text) });
    assert.deepEqual(answer.result, { changed: true, did: ["CT 900: ran app.sh"] }, answer.stderr);
    assert.equal(await node.sh("pct exec 900 -- cat /root/ran"), "900|it's inside|1\n");
    assert.match(await node.sh("cat /var/log/phoenix_hypervisor/ct-900-application.log"), /^said$/m);
    assert.equal(await node.sh("pct exec 900 -- ls /tmp"), "");
  });

  it("shows the last lines of one that fails, ends one that hangs, and names the reason of a feature", async () => {
    await refused(
      "in-guest",
      script("#!/bin/bash\nseq 100 130\nexit 4\n", { reasons: { "4": "packages could not be installed" } }),
      /^111\n[\s\S]*\n130\nphoenix: app\.sh failed in CT 900 with exit code 4: packages could not be installed \(130\) \(all of its output: \/var\/log\/phoenix_hypervisor\/ct-900-application\.log on phoenix\)/,
    );
    await refused(
      "in-guest",
      script("#!/bin/bash\nsleep 60\n", { seconds: 1 }),
      /app\.sh in CT 900 was ended after 1 s/,
    );
    assert.equal(await node.sh("pct exec 900 -- ls /tmp"), "");
  });

  it("runs a script by its first line or bash, byte for byte, also where /run allows no programs", async () => {
    await node.sh(
      "pct exec 900 -- sh -c 'mkdir -p /run/phoenix && mount -t tmpfs -o noexec tmpfs /run/phoenix'",
    );
    const ran = async (content: object) => {
      const answer = await node.script(stepFile("in-guest"), { ctid, tag, ...script("", content) });
      assert.equal(answer.code, 0, answer.stderr);
      return node.sh("pct exec 900 -- cat /root/ran");
    };
    assert.equal(
      await ran({ script: "[[ -n $PHOENIX_HOSTNAME ]] && echo plain $0 $1 >/root/ran" }).then((said) =>
        said.replace(/run\.\d+\.\w+/, "RUN"),
      ),
      "plain /run/phoenix/RUN/app.sh 900\n",
    );
    assert.equal(
      await ran({ script: '#!  /usr/bin/env -S bash -e \necho "$-" >/root/ran\nfalse\ntrue' }).catch(
        () => "ended",
      ),
      "ended",
    );
    assert.match(await node.sh("pct exec 900 -- cat /root/ran"), /e/);
    // An archive behind the script, with every byte there is.
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const text = Buffer.concat([
      Buffer.from('#!/bin/sh\ntail -c 256 "$0" | sha256sum >/root/ran\nexit 0\n'),
      bytes,
    ]);
    assert.equal(
      (await ran({ script: undefined, script64: text.toString("base64") })).split(" ")[0],
      createHash("sha256").update(bytes).digest("hex"),
    );
    await node.sh("pct exec 900 -- umount /run/phoenix");
  });

  it("reads and follows nothing that an ordinary user laid at a known place, in the container or on the node", async () => {
    const nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups sh -c";
    await node.sh(`pct exec 900 -- ${nobody} 'mkdir -m 777 /tmp/phoenix_run && cd /tmp/phoenix_run && echo "touch /root/owned" >phoenix.env &&
      ln -s /root/precious app.sh && ln -s /root/precious phoenix_lxc_configs.json && ln -s /root/precious /tmp/phoenix-nvidia.run'
      ${nobody} 'ln -s /etc /run/lock/phoenix && ln -s /etc/hostname /tmp/phoenix-samba.aaaaaa'`);
    const before = await node.sh("ls -AR /etc | sha256sum; pct exec 900 -- ls -lAR /tmp");
    const answer = await node.script(stepFile("in-guest"), {
      ctid,
      tag,
      ...script("stat -c '%a %u' ${PHOENIX_CONFIG%/*} $PHOENIX_CONFIG; grep -c vllm_model $PHOENIX_CONFIG"),
    });
    assert.equal(answer.code, 0, answer.stderr);
    assert.match(
      await node.sh("cat /var/log/phoenix_hypervisor/ct-900-application.log"),
      /^700 0\n600 0\n1$/m,
    );
    const hook = { name: "h", script: "touch /root/hooked", environment: {}, config: {} };
    assert.equal((await node.script(stepFile("hook"), { ctid, tag, ...hook })).code, 0);
    assert.equal(await node.sh("ls -AR /etc | sha256sum; pct exec 900 -- ls -lAR /tmp"), before);
    assert.equal(
      await node.sh(
        "pct exec 900 -- ls -A /root /run/phoenix; stat -c '%a %U' /run/phoenix; ls /run/phoenix | grep -v lock$ || true",
      ),
      "/root:\nran\n\n/run/phoenix:\nrun.lock\n700 root\n",
    );
    await node.sh(
      "pct exec 900 -- rm -rf /tmp/phoenix_run /tmp/phoenix-nvidia.run; rm /run/lock/phoenix /tmp/phoenix-samba.aaaaaa",
    );
  });

  it("clears what a killed step left in the container, and shows a guest's output as text", async () => {
    await node.sh("pct exec 900 -- mkdir -p /run/phoenix/run.999999.abcdef /run/phoenix/run.1.abcdef");
    await refused(
      "in-guest",
      script("#!/bin/bash\nprintf '\\033]0;title\\007\\033[31mred\\033[0m\\r%070000d\\rend\\n' 0\nexit 4\n"),
      /^red\n0{2000} \[… the line goes on\]\nend\nphoenix: app\.sh failed in CT 900 with exit code 4 \(all of/,
    );
    assert.equal(await node.sh("pct exec 900 -- ls /run/phoenix"), "run.1.abcdef\nrun.lock\n");
  });

  const health = (command: string, over: object = {}) => ({
    ...{ command, retries: 2, interval: 1, timeLimit: 5, gpu: false },
    ...over,
  });

  it("asks for the container's health", async () => {
    await converge("health", health("test -e /root/ran"), []);
    await refused(
      "health",
      health("echo not yet; exit 7"),
      /^not yet\nnot yet\nphoenix: the health check of CT 900 failed 2 times, the last time with exit code 7: echo not yet; exit 7/,
    );
    await refused(
      "health",
      health("sleep 60", { timeLimit: 1, retries: 1 }),
      /the health check of CT 900 did not end within 1 s, 1 times/,
    );
  });

  it("ends a command that hangs in the container, by the node's own clock", async () => {
    await node.sh(
      `real=$(command -v pct); printf '#!/bin/bash\\n[ "$1" != exec ] || exec sleep 300\\nexec %s "$@"\\n' $real >/tmp/stub; install -m 755 /tmp/stub /usr/local/sbin/pct`,
    );
    await refused(
      "health",
      health("true", { timeLimit: 1, retries: 1 }),
      /the health check of CT 900 did not end within 1 s, 1 times/,
    );
    await node.sh("rm /usr/local/sbin/pct");
  });

  it("writes the container's firewall, mends it, and brings back what was there", async () => {
    await node.sh(
      "mkdir -p /etc/pve/firewall && printf '[OPTIONS]\\n\\nenable: 0\\n' > /etc/pve/firewall/900.fw",
    );
    const settings = { enabled: true, rules: ["IN ACCEPT -source 10.0.0.153 -p tcp -dport 9443"] };
    await converge("firewall", settings, ["CT 900: firewall on, 1 rules"]);
    assert.equal(
      await node.sh("cat /etc/pve/firewall/900.fw"),
      "[OPTIONS]\n\nenable: 1\n\n[RULES]\n\nIN ACCEPT -source 10.0.0.153 -p tcp -dport 9443\n",
    );
    await node.sh("echo 'IN ACCEPT -p tcp -dport 22' >> /etc/pve/firewall/900.fw");
    await converge("firewall", settings, ["CT 900: firewall on, 1 rules"]);
    const removed = await node.script(stepFile("firewall-remove"), { ctid, tag, ...settings });
    assert.deepEqual(removed.result?.did, ["CT 900: brought its firewall back"], removed.stderr);
    assert.equal(await node.sh("cat /etc/pve/firewall/900.fw"), "[OPTIONS]\n\nenable: 0\n");
  });

  it("keeps the container's volumes when it is destroyed, unless they are to go with it", async () => {
    const gone = { target: "/scratch", readOnly: false, name: "scratch", storage: "tank-volumes", sizeGb: 1 };
    const mounts = [bind, { ...volume, sizeGb: 3 }, { ...gone, destroyOnTeardown: true }];
    await converge("mounts", { mounts }, ["CT 900: made volume scratch (1G on tank-volumes) at /scratch"]);
    const removed = await node.script(stepFile("clone-remove"), { ctid, tag });
    assert.deepEqual(
      removed.result?.did,
      ["CT 900: its volumes tank-volumes:subvol-900-disk-0 are kept", "destroyed CT 900"],
      removed.stderr,
    );
    assert.equal(
      await node.sh("zfs list -H -o name -r tank/volumes"),
      "tank/volumes\ntank/volumes/subvol-900-disk-0\n",
    );
    await node.sh(create(900, `--tags ${tag}`));
    await converge("mounts", { mounts: [{ ...volume, sizeGb: 3 }] }, [
      "CT 900: mounted its volume tank-volumes:subvol-900-disk-0 (app) at /var/lib/app again",
    ]);
    assert.equal(
      await node.sh("cat $(zfs get -H -o value mountpoint tank/volumes/subvol-900-disk-0)/file"),
      "precious\n",
    );
  });

  it("keeps volumes that nobody noted: of somebody else's, and all where the notes are lost", async () => {
    await node.sh("pct set 900 --mp5 tank-volumes:1,mp=/by-hand");
    const notes = "/var/lib/phoenix/guests/900.volumes";
    await node.sh(`mv ${notes} ${notes}.lost`);
    const removed = await node.script(stepFile("clone-remove"), { ctid, tag });
    const [app, byHand] = [0, 1].map((disk) => `tank-volumes:subvol-900-disk-${disk}`);
    assert.deepEqual(
      removed.result?.did,
      [`CT 900: its volumes ${app} ${byHand} are kept`, "destroyed CT 900"],
      removed.stderr,
    );
    assert.equal(
      await node.sh("zfs list -H -o name -r tank/volumes"),
      "tank/volumes\ntank/volumes/subvol-900-disk-0\ntank/volumes/subvol-900-disk-1\n",
    );
  });
});
