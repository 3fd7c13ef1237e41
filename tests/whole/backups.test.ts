/* Backups as a user has them: jobs of the files, `phoenix backup`, `phoenix restore`. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { latestLog, stepsOf } from "../helpers/steps";
import { dataset, vmHost } from "../helpers/vm-host";
import { noLab } from "../scripts/node";

const nightly = { schedule: "02:30", storage: "tank-dump", guests: ["910"], retention: { keep_last: 3 } };

const host = (backups: object) => ({
  ...vmHost,
  zfs: { ...vmHost.zfs, datasets: [...vmHost.zfs.datasets, dataset("dump", "dir", "backup")] },
  shared_volumes: { notes: { host_path: "/tank/library/notes", mounts: { "910": "/notes" } } },
  backups,
});

const volume = (name: string, more: object) => ({
  ...{ name, mount_point: `/srv/${name}`, size_gb: 1, pool: "tank-guests", ...more },
});

const containers = {
  lxc_configs: {
    "910": {
      ...{ name: "alpha", memory_mb: 512, cores: 1, storage_pool: "tank-guests", storage_size_gb: 10 },
      template: "tank-library:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst",
      network_config: { name: "eth0", bridge: "vmbr0", ip: "10.0.0.61/24", gw: "10.0.0.1" },
      ...{ unprivileged: true, state: "running" },
      volumes: [volume("data", { backup: true }), volume("cache", {})],
    },
    "911": {
      ...{ name: "beta", memory_mb: 512, cores: 1, storage_pool: "tank-guests", storage_size_gb: 10 },
      template: "tank-library:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst",
      network_config: { name: "eth0", bridge: "vmbr0", ip: "10.0.0.62/24", gw: "10.0.0.1" },
      ...{ unprivileged: true, state: "stopped", protect: true },
    },
  },
};

for (const release of [9, 8] as const) {
  // Each test starts from where the one before it ended.
  describe(`backups of a stack, Proxmox VE ${release}`, { skip: noLab }, () => {
    let stack: LabStack;
    const write = (backups: object) =>
      writeFileSync(stack.project.path("backed", "host.json"), JSON.stringify(host(backups)));
    const ran = () => [...stepsOf(latestLog(stack.project, "backed", "up")).keys()].sort();
    const inside = (script: string) => stack.host("pct", "exec", "910", "--", "sh", "-c", script);
    const job = async () =>
      JSON.parse(await stack.host("pvesh", "get", "/cluster/backup", "--output-format", "json")) as Record<
        string,
        unknown
      >[];
    const unchanged = async () => {
      const { code, stdout, stderr } = await stack.phoenix("preview", "--expect-no-changes");
      assert.equal(code, 0, stdout);
      assert.doesNotMatch(stdout + stderr, /has drifted|could not be looked at/);
    };
    const newest = async () =>
      (JSON.parse(await stack.done("restore", "910", "--list", "--json")) as { volid: string }[])[0]!.volid;

    before(async () => {
      const project = new Project();
      stack = new LabStack(project, "backed");
      mkdirSync(project.path("backed"));
      write({ nightly });
      writeFileSync(project.path("backed", "lxc.json"), JSON.stringify(containers));
      await stack.start(release);
      // The lab's mirror has no Ceph Quincy, which an installed release 8 names.
      await stack.host("rm", "-f", "/etc/apt/sources.list.d/ceph.list");
      const files = ["--hypervisor-config", project.path("backed", "host.json"), "--lxc-configs"];
      await stack.done("init", ...files, project.path("backed", "lxc.json"));
      await stack.done("up", "--yes");
    });
    after(() => stack.stop());

    test("a job is made, a second run is silent, drift is shown and put right", async () => {
      const [made] = await job();
      assert.deepEqual(
        { id: made!["id"], vmid: made!["vmid"], storage: made!["storage"], keep: made!["prune-backups"] },
        { id: "nightly", vmid: "910", storage: "tank-dump", keep: { "keep-last": "3" } },
      );
      await unchanged();
      await stack.host("pvesh", "set", "/cluster/backup/nightly", "--mode", "stop", "--enabled", "0");
      const { drifted } = JSON.parse((await stack.phoenix("drift", "--json")).stdout) as {
        drifted: Record<string, string[]>;
      };
      assert.deepEqual(drifted, {
        "host-backups-job-nightly": [
          "backup job nightly enabled: is 0, wanted 1",
          "backup job nightly mode: is stop, wanted snapshot",
        ],
      });
      await stack.done("up", "--yes");
      assert.deepEqual(ran(), ["host-backups-job-nightly"]);
      await unchanged();
    });

    test("a changed job changes, a removed one goes, and one of somebody else's stays", async () => {
      await stack.host(
        "pvesh",
        "create",
        "/cluster/backup",
        "--id",
        "mine",
        "--schedule",
        "daily",
        "--all",
        "1",
      );
      write({
        nightly: { ...nightly, schedule: "sat 04:00" },
        weekly: { ...nightly, guests: undefined, all: true },
      });
      await stack.done("up", "--yes");
      assert.deepEqual(
        (await job()).map(({ id, schedule }) => `${id as string} ${schedule as string}`),
        ["nightly sat 04:00", "mine daily", "weekly 02:30"],
      );
      write({ mine: nightly });
      const { code, stdout } = await stack.phoenix("up", "--yes");
      assert.equal(code, 1);
      assert.match(
        stdout,
        /backup job mine already exists on phoenix, and this stack did not make it; it was left untouched/,
      );
      write({ nightly });
      await stack.done("up", "--yes");
      assert.deepEqual((await job()).map(({ id }) => id).sort(), ["mine", "nightly"]);
    });

    test("what is backed up comes back, and what is not stays as it is", async () => {
      const none = await stack.phoenix("restore", "910", "--yes");
      assert.equal(none.code, 1);
      assert.match(
        none.stderr,
        /CT 910 alpha has no backup on any storage of the node; phoenix backup 910 makes one\./,
      );
      await inside(
        "echo before >/root/file; echo before >/srv/data/file; echo before >/srv/cache/file; echo before >/notes/file",
      );
      const { code, stdout, stderr } = await stack.phoenix("backup", "910", "--notes", "first");
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^CT 910 alpha: backed up to tank-dump:backup\/vzdump-lxc-910-.*\.tar\.zst\n$/);
      assert.match(stderr, /INFO: Backup job finished successfully/);
      await inside(
        "for f in /root/file /srv/data/file /srv/cache/file /notes/file; do echo after >$f; done; touch /root/new",
      );
      assert.match(
        await stack.done("restore", "910", "--list"),
        /^20.* UTC +[\d.]+ [KM]iB {2}tank-dump:backup\/vzdump-lxc-910-.*\.tar\.zst {2}first\n$/,
      );
      const asked = await stack.phoenix("restore", "910");
      assert.equal(asked.code, 2);
      assert.match(
        asked.stderr,
        /phoenix restore asks before it changes anything, and there is no terminal to ask on: add --yes\./,
      );
      const restored = await stack.phoenix("restore", "910", "--yes");
      assert.equal(restored.code, 0, restored.stderr);
      assert.match(
        restored.stderr,
        /CT 910 alpha goes back to tank-dump:backup\/\S+, and is stopped for that\.\nOverwritten: root disk tank-guests:subvol-910-disk-\d, volume tank-guests:subvol-910-disk-\d at \/srv\/data\.\nStays as it is: .*at \/srv\/cache/,
      );
      assert.equal(
        await inside("cat /root/file /srv/data/file /srv/cache/file /notes/file; ls /root/new 2>&1 || true"),
        "before\nbefore\nafter\nafter\nls: cannot access '/root/new': No such file or directory\n",
      );
      await unchanged();
      assert.equal(
        await stack.host(
          "bash",
          "-c",
          "ls -A /var/lib/phoenix/restores /tank/dump/dump | grep -E '\\.(conf|tmp|dat)$' || true",
        ),
        "",
      );
    });

    test("a setting that was other then is plain drift", async () => {
      await stack.host("pct", "set", "910", "--memory", "256");
      await stack.done("backup", "910", "--mode", "stop");
      await stack.host("pct", "set", "910", "--memory", "512");
      await unchanged();
      await stack.done("restore", "910", "--yes");
      const { drifted } = JSON.parse((await stack.phoenix("drift", "--json")).stdout) as { drifted: object };
      assert.deepEqual(drifted, { "ct-910-configure": ["CT 910 memory_mb: is 256, wanted 512"] });
      await stack.done("up", "--yes");
      await unchanged();
    });

    test("a container that somebody destroyed comes back with what it had", async () => {
      await inside("echo last >/root/file; echo kept >/srv/cache/file");
      await stack.done("backup", "910");
      const volumes = await stack.host(
        "bash",
        "-c",
        "sed -i /subvol-910-disk-[0-9]*,mp=.srv.cache/d /etc/pve/lxc/910.conf; pct stop 910; pct destroy 910; zfs list -H -o name | grep 910",
      );
      assert.match(volumes, /subvol-910/);
      const restored = await stack.phoenix("restore", "910", "--yes");
      assert.equal(restored.code, 0, restored.stderr);
      assert.match(
        restored.stderr,
        /CT 910 alpha is not on the node any more, and is made from tank-dump:backup/,
      );
      await stack.done("up", "--yes");
      assert.equal(await inside("cat /root/file /srv/cache/file"), "last\nkept\n");
      await unchanged();
    });

    test("a restore that is cut off is finished by the next one", async () => {
      await inside("echo there >/srv/cache/file; echo once >/root/file");
      await stack.done("backup", "910");
      // What stands when Proxmox VE was killed in the middle of it.
      await stack.host(
        "bash",
        "-c",
        "mkdir -p /var/lib/phoenix/restores; pct stop 910; cp /etc/pve/lxc/910.conf /var/lib/phoenix/restores/910.conf; sed -i '/mp=.srv.cache/d' /etc/pve/lxc/910.conf; echo 'lock: create' >>/etc/pve/lxc/910.conf",
      );
      const { code, stderr } = await stack.phoenix("restore", "910", "--yes");
      assert.equal(code, 0, stderr);
      await stack.done("up", "--yes");
      assert.equal(await inside("cat /root/file /srv/cache/file"), "once\nthere\n");
      await unchanged();
    });

    test("a damaged backup changes nothing", async () => {
      const volid = await newest();
      const path = (await stack.host("pvesm", "path", volid)).trim();
      await stack.host("bash", "-c", `cp ${path} /root/whole; head -c 1000 /root/whole >${path}`);
      const conf = await stack.host("cat", "/etc/pve/lxc/910.conf");
      const { code, stderr } = await stack.phoenix("restore", "910", "--yes", "--from", volid);
      assert.equal(code, 1);
      assert.match(stderr, /the backup tank-dump:backup\/\S+ (is damaged|cannot be read)/);
      assert.equal(await stack.host("cat", "/etc/pve/lxc/910.conf"), conf);
      await stack.host("bash", "-c", `cp /root/whole ${path}`);
    });

    test("what is refused says why", async () => {
      const from = await newest();
      const refused: [args: string[], code: number, words: RegExp][] = [
        [["backup", "999"], 2, /Stack backed has no guest 999; it has CT 910 alpha, CT 911 beta\./],
        [
          ["backup", "910", "--storage", "tank-guests"],
          1,
          /CT 910 alpha: failed: .*can't use storage 'tank-guests' for backups - wrong content type/,
        ],
        [["backup", "910", "--mode", "live"], 2, /Allowed choices are snapshot, suspend, stop/],
        [
          ["restore", "911", "--yes", "--from", from],
          1,
          /CT 911 beta is protected \(protect in its entry\), so it is not overwritten/,
        ],
        [
          [
            "restore",
            "910",
            "--yes",
            "--from",
            "tank-dump:backup/vzdump-lxc-910-2020_01_01-00_00_00.tar.zst",
          ],
          1,
          /cannot be read; Proxmox VE's message is above\. Nothing was changed/,
        ],
        [
          ["restore", "910", "--yes", "--from", from.replace("-910-", "-912-")],
          1,
          /is a backup of another guest; nothing was changed\. '--force' makes CT 910 of it all the same/,
        ],
        [["restore", "910", "--list", "--from", from], 2, /--list and --from do not go together/],
      ];
      for (const [[command = "", ...args], code, words] of refused) {
        const run = await stack.phoenix(command, ...args);
        assert.match(run.stdout + run.stderr, words, args.join(" "));
        assert.equal(run.code, code, args.join(" "));
      }
      await unchanged();
    });

    test("destroy takes our job, and leaves the other one and the backups", async () => {
      writeFileSync(
        stack.project.path("backed", "lxc.json"),
        JSON.stringify({
          lxc_configs: {
            ...containers.lxc_configs,
            "911": { ...containers.lxc_configs["911"], protect: false },
          },
        }),
      );
      await stack.done("up", "--yes");
      await stack.done("destroy", "--yes");
      assert.deepEqual(
        (await job()).map(({ id }) => id),
        ["mine"],
      );
      assert.match(await stack.host("ls", "/tank/dump/dump"), /vzdump-lxc-910/);
    });
  });
}
