import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { jobStep } from "../../components/hypervisor/backups/job/step";
import type { StepBody } from "../../plan/step";
import { noLab } from "./node";
import { ZfsNode } from "./zfsNode";

const options = {
  ...{ all: "1", compress: "zstd", enabled: "1", exclude: "101,9000", mode: "snapshot" },
  ...{ "notes-template": "{{guestname}}", "prune-backups": "keep-daily=7,keep-last=3" },
  ...{ schedule: "02:30", storage: "local" },
};
const everything = {
  ...{
    vmid: "100,101",
    compress: "gzip",
    enabled: "0",
    mode: "stop",
    "notes-template": "{{node}}: {{vmid}}\\nnächtlich",
  },
  ...{ "prune-backups": "keep-all=1", schedule: "sat 04:00", storage: "local", comment: "für alle: 100%" },
  ...{
    bwlimit: "51200",
    fleecing: "enabled=1,storage=local",
    ionice: "8",
    lockwait: "60",
    mailnotification: "failure",
  },
  ...{
    mailto: "admin,ops@lab.test",
    "notification-mode": "legacy-sendmail",
    "pbs-change-detection-mode": "metadata",
  },
  ...{
    performance: "max-workers=4,pbs-entries-max=2000000",
    pigz: "2",
    protected: "1",
    "repeat-missed": "1",
  },
  ...{ stdexcludes: "0", stopwait: "5", zstd: "0", node: "phoenix" },
};
const excludePaths = ["/var/cache/*", "*.tmp"];
const job = (over: Record<string, string> = options, paths: string[] = [], id = "nightly") =>
  jobStep({ id, storage: "local", options: over, excludePaths: paths });

const mine = `vzdump: mine\n\tschedule mon 03:00\n\tall 1\n\tenabled 1\n\tstorage local\n\nrealm-sync: people\n\tschedule hourly\n\trealm ad\n\n`;

for (const release of [9, 8] as const) {
  describe(`backup jobs, Proxmox VE ${release}`, { skip: noLab }, () => {
    let node!: ZfsNode;
    before(async () => {
      node = await ZfsNode.start("original", release);
      await node.sh(`printf '${mine.replaceAll("\n", "\\n")}' >/etc/pve/jobs.cfg`);
    });
    after(() => node.stop());
    /** A second run of the removal finds nothing left to do. */
    const undo = async (step: StepBody, did: string[]) => {
      const first = await node.remove(step);
      assert.deepEqual(first.result?.did, did, first.stderr);
      assert.deepEqual((await node.remove(step)).result?.did, []);
    };
    const stored = () => node.sh("cat /etc/pve/jobs.cfg");

    it("is made, and the jobs of others stay", async () => {
      await node.converge(
        job(),
        ["added backup job nightly (02:30, to local)"],
        ["backup job nightly: is missing, wanted at 02:30"],
      );
      const [others, own] = (await stored()).split(/(?=vzdump: nightly)/);
      assert.equal(
        others,
        mine.replace("\tall 1\n\tenabled 1\n\tstorage local\n", "\tall 1\n\tenabled 1\n\tstorage local\n"),
      );
      assert.equal(
        own,
        [
          "vzdump: nightly\n\tschedule 02:30\n\tall 1\n\tcompress zstd\n\tenabled 1\n\texclude 101,9000\n\tmode snapshot\n",
          "\tnotes-template {{guestname}}\n\tprune-backups keep-daily=7,keep-last=3\n\tstorage local\n\n",
        ].join(""),
      );
    });

    it("what somebody changed by hand is named and brought back", async () => {
      const by: [change: string, key: string, now: string, wanted: string][] = [
        ["--schedule 'sun 5:00'", "schedule", "sun 5:00", "02:30"],
        ["--enabled 0", "enabled", "0", "1"],
        ["--mode stop", "mode", "stop", "snapshot"],
        ["--compress 0", "compress", "0", "zstd"],
        ["--exclude 9000", "exclude", "9000", "101,9000"],
        ["--prune-backups keep-last=1", "prune-backups", "keep-last=1", "keep-daily=7,keep-last=3"],
        ["--storage local --notes-template gone", "notes-template", "gone", "{{guestname}}"],
        ["--delete notes-template", "notes-template", "none", "{{guestname}}"],
        ["--mailto me@lab.test", "mailto", "me@lab.test", "none"],
        ["--comment 'by hand'", "comment", "by hand", "none"],
        ["--bwlimit 10", "bwlimit", "10", "none"],
        ["--fleecing 1,storage=local", "fleecing", "enabled=1,storage=local", "none"],
        ["--exclude-path /a --exclude-path '/b c'", "exclude-path", "/a, /b c", "none"],
        ["--script /root/hook.sh", "script", "/root/hook.sh", "none"],
      ];
      for (const [change, key, now, wanted] of by) {
        await node.sh(`pvesh set /cluster/backup/nightly ${change}`);
        await node.converge(
          job(),
          [`backup job nightly ${key}: ${now} -> ${wanted}`],
          [`backup job nightly ${key}: is ${now}, wanted ${wanted}`],
        );
      }
      await node.sh("pvesh delete /cluster/backup/nightly");
      await node.converge(job(), ["added backup job nightly (02:30, to local)"]);
    });

    it("the order in which Proxmox VE has guests and rules is no difference", async () => {
      await node.sh(
        "pvesh set /cluster/backup/nightly --exclude 9000,101 --prune-backups keep-last=3,keep-daily=7",
      );
      await node.converge(job(), [], []);
    });

    it("every option, changed at once, and back", async () => {
      const { stderr, result } = await node.up(job(everything, excludePaths));
      const did = result?.did ?? [stderr];
      assert.equal(did.length, 27, did.join("\n"));
      await node.converge(job(everything, excludePaths), [], []);
      const [own] = JSON.parse(
        await node.sh(
          "pvesh get /cluster/backup --output-format json | jq '[.[] | select(.id == \"nightly\")]'",
        ),
      ) as Record<string, unknown>[];
      assert.equal(own!["comment"], "für alle: 100%");
      assert.deepEqual(own!["exclude-path"], excludePaths);
      assert.deepEqual(own!["fleecing"], { enabled: "1", storage: "local" });
      assert.equal("all" in own! || "exclude" in own!, false);
      await node.up(job());
      await node.converge(job(), [], []);
      assert.match(await stored(), /^vzdump: nightly\n\tschedule 02:30\n\tall 1\n/m);
    });

    it("a job that somebody else made under its id is left alone", async () => {
      await node.refuse(
        job(options, [], "mine"),
        "backup job mine already exists on phoenix, and this stack did not make it; it was left untouched: give the job of the file another id, or remove the other one ('pvesh delete /cluster/backup/mine')",
      );
      await undo(job(options, [], "mine"), []);
      const people = await node.up(job(options, [], "people"));
      assert.match(people.stderr, /^Job 'people' already exists$/m);
      assert.match(people.stderr, /backup job people could not be made; Proxmox VE's message is above/);
      assert.match(await stored(), /^vzdump: mine$/m);
    });

    it("what Proxmox VE refuses is told in its words", async () => {
      const pool = { ...options, pool: "lab" };
      const { stderr, code } = await node.up(
        job(
          Object.fromEntries(Object.entries(pool).filter(([key]) => !/^(all|exclude)$/.test(key))),
          [],
          "pooled",
        ),
      );
      assert.equal(code, 1);
      assert.match(stderr, /^403 Permission check failed \(pool 'lab' does not exist\)$/m);
      await node.sh("echo 'pool:lab::::' >>/etc/pve/user.cfg");
      const rest = Object.fromEntries(Object.entries(pool).filter(([key]) => !/^(all|exclude)$/.test(key)));
      await node.converge(job(rest, [], "pooled"), ["added backup job pooled (02:30, to local)"]);
      await undo(job(rest, [], "pooled"), ["removed backup job pooled; its backups stay"]);
    });

    it("a run that is killed at any time leaves a job that the next one finishes", async () => {
      await undo(job(), ["removed backup job nightly; its backups stay"]);
      await node.sh("mkdir -p /var/lib/phoenix/backups; : >/var/lib/phoenix/backups/nightly");
      await node.converge(job(), ["added backup job nightly (02:30, to local)"]);
    });

    it("is removed, and nothing else", async () => {
      await undo(job(), ["removed backup job nightly; its backups stay"]);
      assert.equal(await stored(), mine);
      assert.equal(await node.sh("ls /var/lib/phoenix/backups"), "");
    });
  });
}
