/* What a script does when a tool that it asks fails: a failure is no answer, and its own words are shown. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { scriptText } from "../../components/host/script";
import { scriptOf } from "../helpers/scripts";
import { create, fetchTemplate, net0, rootDisks, stepFile, template } from "./container-node";
import { Node, noLab, tag } from "./node";
import { refused, runVm } from "./vm-node";

const broken = "ipcc_send_rec failed: Connection refused";

describe("a tool that fails", { skip: noLab }, () => {
  let node!: Node;
  before(async () => {
    node = await Node.prepared();
    await node.sh(
      `${rootDisks} && pvesm set tank-lxc --content rootdir,images && ${fetchTemplate} && ` +
        `${create(900, `--hostname guest --tags ${tag} ${net0}`)} && pct start 900 && ` +
        `qm create 950 --name machine --tags ${tag} --scsi0 tank-lxc:1 && qm start 950`,
    );
  });
  after(() => node.stop());

  /** A tool of which one command fails with these words, while `act` runs. */
  const failing = async <T>(
    tool: string,
    condition: string,
    words: string,
    act: () => Promise<T>,
  ): Promise<T> => {
    const path = (await node.sh(`command -v ${tool}`)).trim();
    assert.doesNotMatch(path, /^\/usr\/local\/sbin\//);
    const text = `#!/bin/bash\nif ${condition}; then echo '${words}' >&2; exit 255; fi\nexec ${path} "$@"\n`;
    await node.exec(
      ["bash", "-c", `cat >/usr/local/sbin/${tool} && chmod 755 /usr/local/sbin/${tool}`],
      text,
    );
    const done = await act();
    await node.sh(`rm /usr/local/sbin/${tool}`);
    return done;
  };
  const status = '[ "$1" = status ]';

  const container = {
    start: { interface: "eth0" },
    power: { state: "running", shutdownTimeout: 20, interface: "eth0" },
    health: { command: "true", retries: 1, interval: 1, timeLimit: 5, gpu: false },
  };
  it("never takes a container for stopped whose status cannot be determined, and says why", async () => {
    await node.sh("touch /var/lib/phoenix/guests/900.stopped");
    for (const [step, settings] of Object.entries(container)) {
      const answer = await failing("pct", status, broken, () =>
        node.script(stepFile(step), { ctid: 900, tag, ...settings }),
      );
      if (step === "power") await node.sh("touch /var/lib/phoenix/guests/900.stopped");
      refused(answer, `whether CT 900 runs cannot be determined; 'pct status 900' says: ${broken}`);
      assert.doesNotMatch(answer.stderr, /does not start|did not start/);
    }
    await node.sh("rm /var/lib/phoenix/guests/900.stopped");
    assert.equal(await node.sh("pct status 900"), "status: running\n");
  });

  it("keeps a container that is to stop, and one that is removed, while its status cannot be determined", async () => {
    const stop = { ctid: 900, tag, state: "stopped", shutdownTimeout: 20, interface: "eth0" };
    for (const [step, settings] of [
      ["power", stop] as const,
      ["clone-remove", { ctid: 900, tag }] as const,
    ]) {
      const answer = await failing("pct", status, broken, () => node.script(stepFile(step), settings));
      refused(answer, `whether CT 900 runs cannot be determined; 'pct status 900' says: ${broken}`);
    }
    assert.equal(
      await node.sh("pct status 900; rm /var/lib/phoenix/guests/900.stopped"),
      "status: running\n",
    );
  });

  it("shows Proxmox VE's own reason when a container does not start", async () => {
    await node.sh("pct stop 900");
    const answer = await failing(
      "pct",
      '[ "$1" = start ]',
      "unable to open file - No space left on device",
      () => node.script(stepFile("start"), { ctid: 900, tag, interface: "eth0" }),
    );
    refused(answer, "CT 900 does not start; its messages are above, more in 'pct start 900 --debug'");
    assert.equal(answer.stderr.match(/^unable to open file - No space left on device$/gm)?.length, 3);
    await node.sh("pct start 900");
  });

  it("says why a storage that a start needs does not answer", async () => {
    await node.sh("pct stop 900");
    const answer = await failing("pvesm", '[ "$1" = status ]', broken, () =>
      node.script(stepFile("start"), { ctid: 900, tag, interface: "eth0" }),
    );
    refused(
      answer,
      `CT 900 cannot start: storage tank-lxc does not answer on phoenix: ${broken}. Nothing was changed`,
    );
    await node.sh("pct start 900");
  });

  it("never takes a machine for stopped, or for started, whose status cannot be determined", async () => {
    const machine = { vmid: 950, name: "machine", tag };
    const steps = {
      start: { timeLimit: 20, agent: false },
      power: { state: "stopped", timeLimit: 20, agent: false },
    };
    for (const [step, settings] of Object.entries(steps)) {
      const answer = await failing("qm", status, broken, () =>
        runVm(node, step, { ...machine, ...settings }),
      );
      refused(answer, `whether VM 950 (machine) runs cannot be determined; 'qm status 950' says: ${broken}`);
    }
    assert.equal(await node.sh("qm status 950"), "status: running\n");
  });

  const zfs = (name: string) => scriptOf("hypervisor/zfs", name);
  it("makes and destroys nothing while ZFS does not answer", async () => {
    const words = "internal error: failed to initialize ZFS library";
    const pool = await failing("zpool", '[ "$1" = list ]', words, () =>
      node.script(zfs("pool"), {
        ...{ name: "tank", autotrim: "on", properties: {}, scrub: "off" },
        vdevs: [
          {
            raidLevel: "single",
            disks: ["/dev/disk/by-id/nvme-Samsung_SSD_990_EVO_Plus_4TB_S7U8NJ0Y402334Y"],
          },
        ],
      }),
    );
    refused(pool, `whether tank is there cannot be determined; 'zpool list tank' says: ${words}`);
    const destroyed = await failing("zfs", '[ "$1" = list ]', words, () =>
      node.script(zfs("dataset-remove"), { name: "tank/lxc" }),
    );
    refused(destroyed, `whether tank/lxc is there cannot be determined; 'zfs list tank/lxc' says: ${words}`);
    const made = await failing("zfs", '[ "$1" = get ]', words, () =>
      node.script(zfs("dataset"), { name: "tank/lxc", properties: {} }),
    );
    refused(made, `whether tank/lxc is there cannot be determined; 'zfs get all tank/lxc' says: ${words}`);
  });

  const onDisk = (name: string, disk: string) =>
    node.script(zfs("pool"), {
      ...{ name, autotrim: "on", properties: {}, scrub: "off" },
      vdevs: [{ raidLevel: "single", disks: [disk] }],
    });
  it("takes no disk for blank that wipefs or lsblk tell nothing of", async () => {
    const words = "probing initialization failed: Input/output error";
    // Any other than the pool's.
    const disk = (await node.sh("for d in /dev/nvme?n1; do [ -e ${d}p1 ] || echo $d; done")).split("\n")[0]!;
    const wipefs = await failing("wipefs", "true", words, () => onDisk("fast", disk));
    refused(
      wipefs,
      new RegExp(`^phoenix: what lies on /dev/nvme\\d+n1 cannot be determined; wipefs says: ${words}$`),
    );
    const lsblk = await failing("lsblk", '[ "$1" = -J ]', words, () => onDisk("fast", disk));
    assert.equal(lsblk.code, 1);
    assert.match(
      lsblk.stderr,
      /what lies on disk \S+ \(\S+\) cannot be determined: lsblk fails, its message is above/,
    );
    assert.equal(await node.sh("zpool list -H -o name"), "tank\n");
  });

  it("surveys: a disk that lsblk tells nothing of is not blank, and zram is no disk", async () => {
    const survey = async () => {
      return node.exec([
        "bash",
        "-c",
        scriptText(join(__dirname, "../../components/host/scripts/survey.sh")),
      ]);
    };
    const disks = (text: string) => text.split("\n").filter((line) => line.startsWith("disk\t"));
    const before = disks((await survey()).stdout);
    assert.ok(before.some((line) => line.endsWith("\tblank")));
    const after = await failing("lsblk", '[ "$1" = -no ]', "not a block device", survey);
    assert.deepEqual(
      disks(after.stdout),
      before.map((line) => line.replace(/\t(blank|used)$/, "\tunknown")),
    );
    const zram = await failing(
      "lsblk",
      '[ "$1" = -bdno ] && { /usr/bin/printf "zram0 4294967296 disk\\nsdz 0 disk Reader\\n"; exit; }',
      "",
      survey,
    );
    assert.deepEqual(disks(zram.stdout), []);
    const none = await failing(
      "lsblk",
      '[ "$1" = -bdno ]',
      "lsblk: failed to access sysfs directory",
      survey,
    );
    assert.equal(none.code, 1);
    assert.match(
      none.stderr,
      /failed to access sysfs directory\nphoenix: the disks of phoenix cannot be listed; lsblk's message is above$/m,
    );
  });

  it("refuses an id that a guest of another node has, and makes nothing", async () => {
    await node.sh(
      "mkdir -p /etc/pve/nodes/other/lxc /etc/pve/nodes/other/qemu-server && " +
        "echo 'hostname: away' >/etc/pve/nodes/other/lxc/907.conf && echo 'name: far' >/etc/pve/nodes/other/qemu-server/908.conf",
    );
    const claim = (ctid: number) => node.script(stepFile("claim"), { ctid, tag, adopt: false });
    const say = (id: number, who: string) =>
      `id ${id} is taken by ${who} on node 'other' of this cluster; it was left untouched. Give the entry another CTID.`;
    refused(await claim(907), say(907, "CT 'away'"));
    refused(await claim(908), say(908, "VM 'far'"));
    const clone = { source: 900, snapshot: "s", hostname: "c", storage: "tank-lxc", tag, adopt: false };
    refused(await node.script(stepFile("clone"), { ctid: 907, ...clone }), say(907, "CT 'away'"));
    const vm = { name: "vm", tag, taken: [], adopt: [] };
    refused(
      await runVm(node, "claim", { ...vm, vmid: 908 }),
      "id 908 is taken by a guest of another node (/etc/pve/nodes/other/qemu-server/908.conf); it was left untouched. Give vm another vmid.",
    );
    await node.sh(
      `echo '{"version":1,"ids":{"909":{"node":"silent","type":"lxc","version":1}}}' >/etc/pve/.vmlist`,
    );
    refused(
      await claim(909),
      "id 909 is taken by a guest of node 'silent' of this cluster; it was left untouched. Give the entry another CTID.",
    );
    refused(
      await runVm(node, "claim", { ...vm, vmid: 909 }),
      "id 909 is taken by a guest of another node (/etc/pve/.vmlist); it was left untouched. Give vm another vmid.",
    );
    await assert.rejects(
      node.sh(`pct create 907 local:vztmpl/${template} --rootfs tank-lxc:1`),
      /CT 907 already exists on node 'other'/,
    );
    await node.sh("rm -r /etc/pve/nodes/other /etc/pve/.vmlist");
  });
});
