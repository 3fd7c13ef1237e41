import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { dependantsOf, guestsInState } from "../../cli/state";
import { loadEstate } from "../../config/estate";
import { guestsOf } from "../../config/guests";
import { Edges } from "../../plan/edges";
import { planEstate } from "../../plan/estate";
import { filesOnly } from "../../plan/facts";
import { titleOf } from "../../plan/titles";
import { BrokenStack } from "../drift/broken-stack";
import { atOnce, scriptSteps } from "../drift/table";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { repository } from "../helpers/repository";
import { latestLog, type Step, stepsOf } from "../helpers/steps";
import { originalContainers } from "./original-containers";
import { plannedEdges, recordedEdges } from "./planned-edges";

// The original's own two files are not part of the repository.
const shared = join(repository, "..", "shared", "phoenix");
const names = { hypervisor: "phoenix_hypervisor_config.json", lxc: "phoenix_lxc_configs.json" };

type Entry = Record<string, unknown> & { clone_from_ctid?: string; dependencies?: (string | number)[] };
type Containers = Record<string, Entry>;

function isNeededBy(edges: Edges, guest: string, other: string): boolean {
  const { guests, source } = edges.neededBy(other);
  return [...guests, source].includes(guest);
}

describe(
  "the original's files, unchanged",
  { skip: !existsSync(shared) && "../shared/phoenix is not there" },
  () => {
    let stack: LabStack;
    let lxcFile: string;
    let hypervisorFile: string;

    const containers = () =>
      (JSON.parse(readFileSync(lxcFile, "utf8")) as { lxc_configs: Containers }).lxc_configs;

    /** Changes the containers' file; gives what it was. */
    function change(edit: (lxc: Containers) => void): string {
      const was = readFileSync(lxcFile, "utf8");
      const document = JSON.parse(was) as { lxc_configs: Containers };
      edit(document.lxc_configs);
      writeFileSync(lxcFile, JSON.stringify(document, null, 2));
      return was;
    }

    /** Changes it until `work` is done. */
    async function withChange(edit: (lxc: Containers) => void, work: () => Promise<void>): Promise<void> {
      const was = change(edit);
      try {
        await work();
      } finally {
        writeFileSync(lxcFile, was);
      }
    }

    before(async () => {
      const project = new Project();
      stack = new LabStack(project, "original");
      mkdirSync(project.path("original"));
      hypervisorFile = project.path("original", names.hypervisor);
      lxcFile = project.path("original", names.lxc);
      copyFileSync(join(shared, names.hypervisor), hypervisorFile);
      copyFileSync(join(shared, names.lxc), lxcFile);
      await stack.done("init", "--hypervisor-config", hypervisorFile, "--lxc-configs", lxcFile);
      await stack.start();
    });
    after(() => stack.stop());

    test("ten mistakes are ten lines, and nothing is contacted", async () => {
      const ids = Object.keys(containers()).slice(0, 10);
      await stack.resetStats();
      await withChange(
        (lxc) => ids.forEach((id) => ((lxc[id] as Entry).memory_mb = -1)),
        async () => {
          const { code, stderr } = await stack.phoenix("up", "--yes");
          assert.equal(code, 1);
          const lines = stderr.trim().split("\n");
          assert.equal(lines.length, 10, stderr);
          ids.forEach((id, index) =>
            assert.match(lines[index] ?? "", new RegExp(`lxc_configs\\.${id}\\.memory_mb`)),
          );
        },
      );
      assert.deepEqual(await stack.stats(), { sshConnections: 0, commands: 0, apiRequests: 0 });
    });

    /** Steps of all runs up to now, in their order. */
    let made: Map<string, Step>;

    test("one that fails among 15 stops what needs it, and nothing else", async () => {
      const docker = ["--exit", "5", "--stderr", "E: Unable to fetch some archives"];
      await stack.lab("fault", "add", "command", "^pct exec 902 [^]*feature_docker", ...docker);
      const { code, stderr } = await stack.phoenix("up", "--yes");
      assert.notEqual(code, 0);
      made = stepsOf(latestLog(stack.project, "original", "up"));
      const summary = stderr.slice(stderr.indexOf("\n1 step failed:"));
      assert.match(
        summary,
        /^\n1 step failed:\n\n {2}create ct-902-feature-docker \(command:remote:Command\)\n/,
      );
      assert.match(summary, /^ {4}E: Unable to fetch some archives$/m);
      assert.match(
        summary,
        /^ {4}phoenix: feature_docker\.sh failed in CT 902 with exit code 5: the installation failed/m,
      );
      const names = containers();
      const title = (id: string) => `CT ${id} ${(names[id] as Entry).name as string}`;
      const skipped = ["952", "954", "956", "910"];
      assert.equal(
        summary.slice(summary.indexOf("11 of")),
        [
          "11 of 16 guests done:",
          `  ${title("902")}: failed at feature-docker`,
          ...skipped.map((id) => `  ${title(id)}: skipped, it needs ${title("902")}`),
          "What does not depend on them is done. Mend the cause and run `phoenix up` again: it goes on where this one stopped.",
          `All events: ${latestLog(stack.project, "original", "up")}`,
          "",
        ].join("\n"),
      );
      const others = Object.keys(names).filter((id) => !skipped.includes(id));
      assert.deepEqual(Object.keys(await stack.guests()).sort(), others.sort());
    });

    test("the next up does only what is left, each container after what it needs", async () => {
      await stack.done("up", "--yes");
      const wanted = containers();
      const guests = await stack.guests();
      assert.deepEqual(Object.keys(guests).sort(), Object.keys(wanted).sort());
      for (const [id, entry] of Object.entries(wanted)) {
        const snapshot = entry.template_snapshot_name as string | undefined;
        if (snapshot === undefined) {
          assert.equal(guests[id], "running", `CT ${id}`);
        } else {
          assert.match(await stack.host("pct", "listsnapshot", id), new RegExp(`\\b${snapshot}\\b`));
        }
      }
      const left = stepsOf(latestLog(stack.project, "original", "up"));
      const again = [...left.keys()].filter((name) => made.get(name)?.ended !== undefined);
      assert.deepEqual(again, [], "done twice");
      // A guard comes about with its guest, and does nothing on the host.
      const own = [...left.keys()].filter((name) => !/^ct-(910|952|954|956)(-|$)|-guard$/.test(name));
      assert.deepEqual(own.sort(), ["ct-902-feature-docker", "ct-902-snapshot"]);

      for (const [id, entry] of Object.entries(wanted)) {
        const name = `ct-${id}-define`;
        const run = made.get(name)?.ended === undefined ? left : made;
        const waits = (entry.dependencies ?? []).map((need) => `ct-${need}-start`);
        if (entry.clone_from_ctid !== undefined) waits.push(`ct-${entry.clone_from_ctid}-snapshot`);
        for (const need of waits) {
          if (run === left && !left.has(need)) continue; // done by the run before
          const [began, ended] = [run.get(name)?.began ?? -1, run.get(need)?.ended ?? Infinity];
          assert.ok(ended < began, `${name} began at ${began}, before ${need} ended at ${ended}`);
        }
      }
    });

    test("a second up changes nothing and makes one SSH connection, to look", async () => {
      await stack.resetStats();
      await stack.done("up", "--yes", "--expect-no-changes");
      assert.equal((await stack.stats()).sshConnections, 1);
    });

    test("the plan says what waits for what as the engine has recorded it", async () => {
      const { estate } = loadEstate({ hypervisorConfig: hypervisorFile, lxcConfigs: lxcFile });
      const plan = planEstate(estate, filesOnly);
      const [planned, edges] = [plannedEdges(plan), new Edges(plan)];
      const { stdout } = await stack.pulumi("stack", "export");
      const recorded = recordedEdges(stdout, Object.keys(planned));
      assert.deepEqual(Object.keys(recorded).sort(), Object.keys(planned).sort());
      for (const [name, needs] of Object.entries(planned)) {
        const has = recorded[name] ?? [];
        assert.deepEqual(
          needs.filter((other) => !has.includes(other)),
          [],
          `${name}, planned`,
        );
        // What reports a value has its own needs recorded with it.
        const all = edges.closure([name]);
        assert.deepEqual(
          has.filter((other) => !all.has(other)),
          [],
          `${name}, recorded`,
        );
      }
      for (const guest of guestsInState(stdout)) {
        const planned = guestsOf(estate).map(titleOf);
        assert.deepEqual(
          dependantsOf(stdout, guest)
            .map(({ resource }) => resource)
            .sort(),
          planned.filter((title) => isNeededBy(edges, guest.resource, title)).sort(),
          `what \`phoenix destroy\` finds to stand on ${guest.resource}`,
        );
      }
    });

    test("each container is what its entry says: configuration, devices, mounts, packages, snapshot", async () => {
      const look = readFileSync(join(__dirname, "look-at-containers.sh"), "utf8");
      assert.deepEqual((await stack.host("bash", "-c", look)).trimEnd().split("\n"), originalContainers);
    });

    test("all that its steps set, changed by hand: named, put right by one up", async () => {
      const steps = scriptSteps(
        { hypervisorConfig: hypervisorFile, lxcConfigs: lxcFile },
        { identity: "original", hooksDir: "/nonexistent" },
      );
      const broken = new BrokenStack(stack, steps);
      const rows = atOnce(broken.rows);
      assert.ok(rows.length > 250, String(rows.length));
      await broken.breaks(rows);
      await broken.isRepaired();
    });

    test("memory_mb of one container updates exactly that container, without a restart", async () => {
      const [id = ""] = Object.entries(await stack.guests()).find(([, status]) => status === "running") ?? [];
      const started = () => stack.host("pct", "exec", id, "--", "sh", "-c", "cut -d' ' -f22 /proc/1/stat");
      const before = await started();
      change((lxc) => ((lxc[id] as Entry).memory_mb = 3072));
      await stack.done("up", "--yes");
      const steps = [...stepsOf(latestLog(stack.project, "original", "up")).values()];
      assert.deepEqual(
        steps.map(({ name, operation }) => [name, operation]),
        [[`ct-${id}-configure`, "update"]],
      );
      assert.match(await stack.host("pct", "config", id), /^memory: 3072$/m);
      assert.equal(await started(), before);
    });

    test("with the scripts that the files name, each is run where it is named, and only there", async () => {
      const write = (folder: string, file: string, text: string) => {
        mkdirSync(stack.project.path("original", folder), { recursive: true });
        writeFileSync(stack.project.path("original", folder, file), `#!/bin/bash\nset -e\n${text}\n`);
      };
      const wanted = containers();
      const scripts = Object.values(wanted).map((entry) => entry.application_script as string | undefined);
      const read = `jq -r '.lxc_configs["'$1'"].name' "$PHOENIX_CONFIG" >/root/application`;
      for (const name of new Set(scripts.filter((script) => script !== undefined)))
        write("scripts", name, read);
      write("scripts", "install_webserver.sh", "touch /root/installed");
      for (const name of ["vllm", "ollama"])
        write("features", `feature_${name}.sh`, `echo ${name} >/root/${name}`);
      // Its application would have to listen for it.
      change((lxc) => delete (lxc["952"] as Entry).health_check);
      await stack.done("up", "--yes");
      const steps = [...stepsOf(latestLog(stack.project, "original", "up")).keys()].sort();
      const expected = Object.entries(wanted).flatMap(([id, { application_script, features }]) => [
        ...(application_script === undefined ? [] : [`ct-${id}-application`]),
        ...(features as string[])
          .filter((name) => ["vllm", "ollama"].includes(name))
          .map((name) => `ct-${id}-feature-${name}`),
      ]);
      const rerun = new Set(["health", "snapshot"]);
      assert.deepEqual(
        steps.filter((name) => !rerun.has(name.split("-").pop() ?? "")),
        [...expected, "vm-webserver-vm-script-install_webserver"].sort(),
      );
      for (const [id, { name, application_script }] of Object.entries(wanted)) {
        if (application_script === undefined) continue;
        assert.equal(
          await stack.host("pct", "exec", id, "--", "cat", "/root/application"),
          `${name as string}\n`,
        );
      }
      await stack.done("up", "--yes", "--expect-no-changes");
    });

    test("the host is what the file says, value by value", async () => {
      const rows: [string, string][] = [
        ["zpool list -H -o name", "fastData\nquickOS\n"],
        ["zpool status -P quickOS | grep -c by-id", "2\n"],
        ["zpool get -H -o value autotrim quickOS", "on\n"],
        [
          "zfs get -H -o value recordsize,compression,sync,quota quickOS/lxc-disks",
          "16K\nlz4\nstandard\n600G\n",
        ],
        [
          "zfs get -H -o value recordsize,compression,sync,quota quickOS/vm-disks",
          "128K\nlz4\nstandard\n800G\n",
        ],
        ["zfs get -H -o value sync,quota quickOS/shared-prod-data-sync", "always\n100G\n"],
        ["zfs get -H -o value recordsize,compression,quota fastData/shared-backups", "1M\nzstd\n2T\n"],
        ["zfs get -H -o value quota fastData/shared-bulk-data", "1.40T\n"],
        ["cat /sys/module/zfs/parameters/zfs_arc_max", `${32 * 1024 ** 3}\n`],
        [
          "pvesm status | awk 'NR > 1 { print $1, $2 }'",
          [
            ...["fastData-shared-backups dir", "fastData-shared-bulk-data dir", "fastData-shared-iso dir"],
            ...[
              "fastData-shared-test-data dir",
              "local dir",
              "local-lvm lvmthin",
              "quickOS-lxc-disks zfspool",
            ],
            ...["quickOS-shared-prod-data dir", "quickOS-shared-prod-data-sync dir"],
            ...["quickOS-shared-prod-data-volumes zfspool", "quickOS-vm-disks zfspool", ""],
          ].join("\n"),
        ],
        ["nvidia-smi --query-gpu=driver_version --format=csv,noheader | sort -u", "580.76.05\n"],
        ["timedatectl show -p Timezone --value", "America/New_York\n"],
        ["id -nG phoenix_admin", "phoenix_admin sudo\n"],
        ["getent passwd phoenix_admin | cut -d: -f6,7", "/home/phoenix_admin:/bin/bash\n"],
        [
          'pveum acl list --output-format json | jq -r \'.[] | select(.ugid == "phoenix_admin@pam") | .path + " " + .roleid\'',
          "/ Administrator\n",
        ],
        ["stat -c '%U %a' /quickOS/shared-prod-data", "heads 770\n"],
        ["systemctl is-active smbd nmbd chrony", "active\nactive\nactive\n"],
        ["testparm -s --section-name shared-prod-data --parameter-name 'valid users' 2>/dev/null", "heads\n"],
      ];
      for (const [command, answer] of rows) {
        assert.equal(await stack.host("bash", "-c", command), answer, command);
      }
    });

    test("a change that makes a container anew is refused, unless it is allowed for this one", async () => {
      const id = "957";
      const before = await stack.host("pct", "config", id);
      await withChange(
        (lxc) => ((lxc[id] as Entry).clone_from_ctid = "902"),
        async () => {
          for (const command of ["preview", "up"]) {
            const { code, stdout, stderr } = await stack.phoenix(command, "--yes");
            assert.notEqual(code, 0);
            assert.match(
              stdout + stderr,
              /unable to replace resource "[^"]*::ct-957-define"\s+as it is currently marked/,
            );
          }
          assert.equal(await stack.host("pct", "config", id), before);

          await stack.host("pct", "exec", id, "--", "touch", "/old");
          const allow = ["config", "set", "--stack", "original", "phoenix:allowRecreate", `[${id}]`];
          const { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE } = stack.variables();
          const pulumi = stack.project.path("lab", "bin", "pulumi");
          const set = await stack.project.start(pulumi, allow, {
            PULUMI_BACKEND_URL,
            PULUMI_CONFIG_PASSPHRASE,
          }).finished;
          assert.equal(set.code, 0, set.stderr);

          await stack.done("up", "--yes");
          assert.equal((await stack.guests())[id], "running");
          assert.equal(
            await stack.host("pct", "exec", id, "--", "sh", "-c", "ls /old 2>/dev/null || echo new"),
            "new\n",
          );
          const steps = stepsOf(latestLog(stack.project, "original", "up"));
          const guests = new Set([...steps.keys()].map((name) => /^ct-\d+/.exec(name)?.[0]));
          assert.deepEqual([...guests], ["ct-957"]);
          await stack.done("up", "--yes", "--expect-no-changes");
        },
      );
    });

    test("destroy removes the guests; pools, datasets and data stay", async () => {
      const datasets = await stack.host("zfs", "list", "-H", "-o", "name,mountpoint");
      const pools = await stack.host("zpool", "list", "-H", "-o", "name,health");
      await stack.host("sh", "-c", "echo precious > /quickOS/shared-prod-data/file");
      const guestDisks = /subvol-|basevol-/;
      const { code, stderr } = await stack.phoenix("destroy", "--yes");
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        /Guests of stack original that are destroyed, with their disks:\n( {2}CT \d+ \S+\n){15}/,
      );
      assert.deepEqual(await stack.guests(), {});
      const kept = (text: string) => text.split("\n").filter((line) => !guestDisks.test(line));
      assert.deepEqual(kept(await stack.host("zfs", "list", "-H", "-o", "name,mountpoint")), kept(datasets));
      assert.equal(await stack.host("zpool", "list", "-H", "-o", "name,health"), pools);
      assert.equal(await stack.host("cat", "/quickOS/shared-prod-data/file"), "precious\n");
    });
  },
);
