import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { scriptText } from "../../components/host/script";
import { create, fetchTemplate, net0, rootDisks, stepFile, volumes } from "./container-node";
import { type Answer, Node, noLab, tag } from "./node";

/** A step that fails after it did something, as an application's script. */
const failing = (ctid: number, text = "echo broke; exit 7") => ({
  ctid,
  tag,
  step: "application",
  name: "app.sh",
  script: `#!/bin/bash\n${text}\n`,
  seconds: 60,
  environment: {},
});

describe("a failed step goes back to the savepoint of its run", { skip: noLab }, () => {
  let node!: Node;
  before(async () => {
    node = await Node.prepared();
    await node.sh(
      `${rootDisks} && ${volumes} && zfs create tank/data && mkdir /srv/plain /srv/models && ` +
        `pvesm add dir plain --path /srv/plain --content rootdir && ${fetchTemplate} && ` +
        `${create(900, `--hostname zfs --tags '${tag};${tag}+00000000' --unprivileged 1 --memory 512 ${net0}`)} && ` +
        create(901, `--hostname plain --tags ${tag} --memory 512`, "plain"),
    );
  });
  after(() => node.stop());

  const conf = (ctid: number) => node.sh(`cat /etc/pve/lxc/${ctid}.conf`);
  /** Without the tag that tells the runs apart, and without what Proxmox VE orders in its own way. */
  const comparable = async (ctid: number) =>
    (await conf(ctid))
      .split("\n")
      .map((line) => (line.startsWith("tags:") ? line.replace(/\+[0-9a-f]{8}/, "+INCARNATION") : line))
      .sort()
      .join("\n");
  const incarnation = async (ctid: number) =>
    new RegExp(`${tag.replace("+", "\\+")}\\+([0-9a-f]{8})`).exec(await conf(ctid))?.[1];
  const notes = (ctid: number) => node.sh(`cd /var/lib/phoenix/guests && ls | grep '^${ctid}\\.' || true`);
  const configure = (ctid: number, over: Record<string, unknown> = {}) => ({
    ctid,
    tag,
    diskGb: 4,
    rawLines: ["lxc.cap.drop: sys_rawio"],
    net0: { name: "eth0", bridge: "vmbr0", ip: "10.0.0.200/24", gw: "10.0.0.1", type: "veth" },
    values: { cores: 3, description: "new notes\n", hostname: "other", memory: 1024, onboot: 1, swap: 512 },
    ...over,
  });
  const did = (answer: Answer) => {
    assert.equal(answer.code, 0, answer.stderr);
    return answer.result?.did;
  };
  const savepoint = (ctid: number) => node.script(stepFile("savepoint"), { ctid, tag, steps: "x" });
  const fails = async (settings: object, ...lines: string[]) => {
    const answer = await node.script(stepFile("in-guest"), settings);
    assert.equal(answer.code, 1, answer.stderr);
    assert.equal(answer.result, undefined);
    assert.deepEqual(answer.stderr.trimEnd().split("\n").slice(-lines.length), lines);
  };
  const log = "(all of its output: /var/log/phoenix_hypervisor/ct-900-application.log on phoenix)";
  const back = (ctid: number) => [
    `CT ${ctid} goes back to its state before this run`,
    `CT ${ctid} is as it was before this run; the next run does all its steps again`,
  ];

  it("without a savepoint nothing goes back", async () => {
    await node.sh("pct start 900");
    await fails(failing(900), "broke", `phoenix: app.sh failed in CT 900 with exit code 7 ${log}`);
    assert.equal(await incarnation(900), "00000000");
  });

  it("brings configuration, disk, mounts, firewall and power back, and gives another incarnation tag", async () => {
    await node.sh("pct exec 900 -- sh -c 'echo before > /root/file' && mkdir -p /etc/pve/firewall");
    const was = await comparable(900);
    assert.deepEqual(did(await savepoint(900)), ["CT 900: noted its state"]);
    assert.deepEqual((await savepoint(900)).result?.did, [], "the savepoint of a run is kept");
    did(await node.script(stepFile("configure"), configure(900, { diskGb: 6 })));
    const mounts = [
      { target: "/models", readOnly: false, source: "/srv/models" },
      { target: "/data", readOnly: false, name: "data", storage: "tank-volumes", sizeGb: 1 },
    ];
    did(await node.script(stepFile("mounts"), { ctid: 900, tag, mounts }));
    did(await node.script(stepFile("firewall"), { ctid: 900, tag, enabled: true, rules: [] }));
    await node.sh("echo kept > $(zfs get -H -o value mountpoint tank/volumes/subvol-900-disk-0)/file");
    await fails(
      failing(900, "echo after > /root/file; echo broke; exit 7"),
      "broke",
      `phoenix: app.sh failed in CT 900 with exit code 7 ${log}`,
      ...back(900),
    );
    assert.equal(
      await comparable(900),
      // ZFS makes no volume smaller again.
      `${was.replace("size=4G", "size=6G")}\nunused0: tank-volumes:subvol-900-disk-0`
        .split("\n")
        .sort()
        .join("\n"),
    );
    assert.notEqual(await incarnation(900), "00000000");
    assert.equal(
      await node.sh("pct status 900; pct exec 900 -- cat /root/file"),
      "status: running\nbefore\n",
    );
    assert.equal(
      await node.sh(
        "ls /etc/pve/firewall; cat $(zfs get -H -o value mountpoint tank/volumes/subvol-900-disk-0)/file",
      ),
      "kept\n",
    );
    assert.equal(await notes(900), "900.volumes\n");
  });

  it("the next run does it all again, the volume included, and its end leaves no way back", async () => {
    did(await savepoint(900));
    const raw = await node.script(stepFile("configure"), configure(900, { diskGb: 6 }));
    assert.ok(did(raw)?.includes("CT 900: memory 512 -> 1024"));
    const volume = { target: "/data", readOnly: false, name: "data", storage: "tank-volumes", sizeGb: 1 };
    assert.deepEqual(did(await node.script(stepFile("mounts"), { ctid: 900, tag, mounts: [volume] })), [
      "CT 900: mounted its volume tank-volumes:subvol-900-disk-0 (data) at /data again",
    ]);
    const commit = { ctid: 900, tag, savepoint: "{}" };
    for (let time = 0; time < 2; time++)
      assert.deepEqual(did(await node.script(stepFile("savepoint-commit"), commit)), []);
    assert.doesNotMatch(await conf(900), /savepoint/);
    await fails(failing(900), "broke", `phoenix: app.sh failed in CT 900 with exit code 7 ${log}`);
    assert.match(await conf(900), /^memory: 1024$/m);
  });

  it("a roll-back that was cut off is finished by the next step, which then says so", async () => {
    await node.sh("pct exec 900 -- sh -c 'echo before > /root/file'");
    did(await savepoint(900));
    await node.sh("pct exec 900 -- sh -c 'echo after > /root/file' && pct set 900 --memory 2048");
    // As a loss of power leaves it: begun, stopped, Proxmox VE in the middle of its own.
    await node.sh(
      "touch /var/lib/phoenix/guests/900.going-back && pct stop 900 && pct set 900 --lock rollback",
    );
    const six = configure(900, { diskGb: 6 });
    const answer = await node.script(stepFile("configure"), six);
    assert.equal(answer.code, 1);
    assert.match(
      answer.stderr,
      /phoenix: CT 900 was being brought back when a run was cut off; that is done now\. Run again/,
    );
    assert.match(await conf(900), /^memory: 1024$/m);
    assert.equal(
      await node.sh("pct status 900; pct exec 900 -- cat /root/file"),
      "status: running\nbefore\n",
    );
    assert.equal((await node.script(stepFile("configure"), six)).code, 0);
  });

  it("goes back whatever step fails, also one that a tool ends without a word of ours", async () => {
    const hook = {
      name: "h",
      script: "#!/bin/bash\npct set $1 --memory 2048; exit 7\n",
      config: {},
      environment: {},
    };
    did(await savepoint(900));
    const hooked = await node.script(stepFile("hook"), { ctid: 900, tag, ...hook });
    assert.match(
      hooked.stderr,
      /^phoenix: hook h failed for CT 900 with exit code 7.*\nCT 900 goes back to its state before this run\nCT 900 is as it was .*\n$/m,
    );
    assert.match(await conf(900), /^memory: 1024$/m);
    did(await savepoint(900));
    // When the memory is set, and Proxmox VE's lock of the configuration held.
    await node.sh(`touch /run/once; cat >/usr/local/sbin/sed <<'EOF'
#!/bin/bash
if [ "$*" = '/^\\[/,$d /etc/pve/lxc/900.conf' ] && grep -q 'memory: 2048' "$2" && rm /run/once 2>/dev/null; then exit 25; fi
exec /usr/bin/sed "$@"
EOF
chmod 755 /usr/local/sbin/sed`);
    const grown = await node.script(
      stepFile("configure"),
      configure(900, { diskGb: 6, rawLines: ["lxc.cap.drop: sys_boot"], values: { memory: 2048 } }),
    );
    await node.sh("rm /usr/local/sbin/sed");
    assert.match(
      grown.stderr,
      /^phoenix: a command failed with exit code 25.*\nCT 900 goes back to its state before this run\nCT 900 is as it was .*\n$/m,
    );
    assert.match(await conf(900), /^memory: 1024$/m);
  });

  it("killed at any moment, the next tries end where one would have", async () => {
    const was = await comparable(900);
    for (const seconds of ["0.2", "0.5", "0.9", "1.4"]) {
      did(await savepoint(900));
      await node.sh("pct exec 900 -- sh -c 'echo after > /root/file' && pct set 900 --memory 2048");
      const text = scriptText(stepFile("in-guest"));
      await node.exec(["timeout", "-s", "KILL", seconds, "bash", "-c", text], JSON.stringify(failing(900)));
      for (let tries = 0; /savepoint/.test(await notes(900)); tries++) {
        assert.ok(tries < 3, `killed after ${seconds} s: it does not end`);
        await node.script(stepFile("in-guest"), failing(900));
      }
      assert.equal(await comparable(900), was, `killed after ${seconds} s`);
      assert.equal(
        await node.sh("pct status 900; pct exec 900 -- cat /root/file"),
        "status: running\nbefore\n",
      );
      assert.doesNotMatch(await notes(900), /going-back/);
    }
  });

  it("takes the template's own snapshot along, and takes it again", async () => {
    const snapshot = { ctid: 900, tag, name: "ready", digest: "one" };
    did(await node.script(stepFile("snapshot"), snapshot));
    did(await savepoint(900));
    assert.deepEqual(did(await node.script(stepFile("snapshot"), { ...snapshot, digest: "two" })), [
      "took snapshot 'ready' of CT 900 again",
    ]);
    await fails(failing(900), ...back(900));
    assert.doesNotMatch(await conf(900), /^\[/m);
    assert.deepEqual(did(await node.script(stepFile("snapshot"), { ...snapshot, digest: "two" })), [
      "made snapshot 'ready' of CT 900",
    ]);
    await node.sh("pct delsnapshot 900 ready && rm /var/lib/phoenix/guests/900.snapshot");
  });

  const half = (ctid: number, why: string) => [
    `CT ${ctid} goes back to its state before this run`,
    `CT ${ctid} has its configuration of before this run; what is on its disks could not be brought back (${why}). ` +
      "The next run does all its steps again",
  ];

  it("says what was not brought back: a newer snapshot of somebody's", async () => {
    did(await savepoint(900));
    await node.sh("pct snapshot 900 mine && pct set 900 --memory 2048");
    await fails(failing(900), ...half(900, "snapshot mine is newer"));
    assert.match(await conf(900), /^memory: 1024$/m);
    await node.sh("pct delsnapshot 900 mine");
  });

  it("says what was not brought back: folders of the host", async () => {
    await node.sh("pct set 900 --mp1 /srv/models,mp=/models");
    const why = "no snapshot while folders of the host are mounted: /srv/models";
    assert.deepEqual(did(await savepoint(900)), [
      `CT 900: noted its state without what is on its disks (${why})`,
    ]);
    did(await node.script(stepFile("configure"), configure(900, { diskGb: 7, rawLines: [] })));
    await node.sh("pct set 900 --delete mp0 && pct set 900 --mp3 tank-volumes:1,mp=/more");
    await fails(failing(900), ...half(900, why));
    const now = await conf(900);
    assert.match(now, /^mp0: tank-volumes:subvol-900-disk-0,mp=\/data,size=1G$/m);
    assert.match(now, /^rootfs: .*size=7G$/m, "a disk that grew stays grown");
    assert.match(now, /^unused0: tank-volumes:subvol-900-disk-1$/m);
    assert.match(now, /^lxc\.cap\.drop: sys_rawio$/m);
  });

  it("says what was not brought back: a storage without snapshots", async () => {
    const why = "storage plain has no snapshots";
    assert.deepEqual(did(await savepoint(901)), [
      `CT 901: noted its state without what is on its disks (${why})`,
    ]);
    await node.sh("pct set 901 --memory 2048 && pct start 901");
    await fails(failing(901), ...half(901, why));
    assert.match(await conf(901), /^memory: 512$/m);
    assert.equal(await node.sh("pct status 901"), "status: stopped\n");
  });

  it("is refused where the state cannot be noted, and taken away with its step", async () => {
    await node.sh(
      "pct stop 900 && pct set 900 --delete mp1 && real=$(command -v pct) && " +
        'printf \'#!/bin/bash\\n[ "$1" != snapshot ] || { echo zfs error: out of space >&2; exit 255; }\\nexec %s "$@"\\n\' $real ' +
        "> /tmp/pct && install -m 755 /tmp/pct /usr/local/sbin/pct",
    );
    const refused = await savepoint(900);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^zfs error: out of space\nphoenix: CT 900: its state could not be noted; Proxmox VE's message is above\. Nothing was changed \(/m,
    );
    await node.sh("rm /usr/local/sbin/pct");
    did(await savepoint(900));
    assert.match(await conf(900), /^\[phoenix-savepoint\]$/m);
    did(await node.script(stepFile("savepoint-remove"), { ctid: 900, tag }));
    assert.doesNotMatch(await conf(900), /savepoint/);
    assert.doesNotMatch(await notes(900), /savepoint|going-back/);
    did(await node.script(stepFile("savepoint-remove"), { ctid: 999, tag }));
  });

  it("has nothing to note of a container that somebody deleted", async () => {
    await node.sh("touch /var/lib/phoenix/guests/999.savepoint");
    assert.deepEqual((await savepoint(999)).result, { changed: false, did: [], savepoint: "none" });
    assert.equal(await notes(999), "");
  });
});
