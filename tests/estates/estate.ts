/**
 * A whole estate as somebody has it, on a node of the lab: from nothing to a silent second run, everything that its steps
 * set changed by hand and put right, a change of its files, and its end. Each folder beside this file is one: the two files
 * of a user with what they need, and a test that tells the estate's story.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import * as control from "../../lab/host/control";
import type { ScriptStep } from "../../plan/step";
import { BrokenStack } from "../drift/broken-stack";
import { atOnce, scriptSteps } from "../drift/table";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { latestLog, stepsOf } from "../helpers/steps";
import { noLab } from "../scripts/node";

type Entry = Record<string, unknown>;

/** A value of the user's files: below `host` or `lxc`, the place in the file, as `lxc.lxc_configs.201.tags.0`. */
type Change = [place: string, value: unknown];

/** What a command on the node prints: all of it, or what it matches. */
type Told = [command: string, prints: string | RegExp][];

export interface Story {
  /** The estate's folder. */
  kind: string;
  /** What is warned of, in one line each. */
  warnings?: RegExp[];
  /** What the node tells once everything runs. */
  holds: Told;
  /** What its user changes afterwards. */
  change: Change[];
  /** The steps that his `up` runs, and no other. */
  runs: string[];
  /** What the node tells then. */
  then: Told;
}

/** What a node has of guests, storages, networks and rules, which an estate's end leaves as it was. */
const INVENTORY = [
  "pct list",
  "qm list",
  "pvesm status | sort | sed 's/ [0-9].*//'",
  "cd /etc/pve && find . -type f ! -name user.cfg | sort",
  "pveum user list",
  "cat /etc/exports /etc/samba/smb.conf /etc/fstab 2>/dev/null || true",
  // What belongs to data that is kept stays noted: volumes of containers, ids of the users who own files.
  "find /var/lib/phoenix -type f ! -name '*.volumes' ! -path '*/samba/uids/*' 2>/dev/null || true",
].join("\n");

function edit(file: string, root: string, change: Change[]): void {
  const document = JSON.parse(readFileSync(file, "utf8")) as object;
  for (const [place, value] of change.filter(([each]) => each.startsWith(root))) {
    const names = place.slice(root.length).split(".");
    const last = names.pop()!;
    const found = names.reduce((within, name) => within[name] as Entry, document as Entry);
    found[last] = value;
  }
  writeFileSync(file, JSON.stringify(document));
}

export function estate({ kind, warnings = [], holds, change, runs, then }: Story): void {
  describe(`an estate: ${kind}`, { skip: noLab }, () => {
    const stack = new LabStack(new Project(), kind);
    const { project } = stack;
    const path = (...names: string[]) => project.path("tests", "estates", kind, ...names);
    const files = {
      hypervisorConfig: path("phoenix_hypervisor_config.json"),
      lxcConfigs: path("phoenix_lxc_configs.json"),
    };
    let empty = "";

    const tells = async (told: Told) => {
      for (const [command, prints] of told) {
        const said = await stack.host("bash", "-c", command);
        if (typeof prints === "string") assert.equal(said.trim(), prints, command);
        else assert.match(said, prints, command);
      }
    };
    const steps = (): ScriptStep[] => scriptSteps(files, { identity: kind, hooksDir: path("hooks") });

    before(async () => {
      const machine = path("machine.json");
      await control.start(project.path(".lab", kind), existsSync(machine) ? { machine } : {});
      empty = await stack.host("bash", "-c", INVENTORY);
      const { hypervisorConfig, lxcConfigs } = files;
      await stack.done("init", "--hypervisor-config", hypervisorConfig, "--lxc-configs", lxcConfigs);
    });
    after(() => stack.stop());

    test("from an empty node to running guests; once more nothing runs, and nothing has drifted", async () => {
      const { stdout, stderr } = await stack.phoenix("validate");
      const warned = (stdout + stderr).split("\n").filter((line) => line.startsWith("warning:"));
      assert.equal(warned.length, warnings.length, warned.join("\n"));
      for (const [place, words] of warnings.entries()) assert.match(warned[place]!, words);
      await stack.done("up", "--yes");
      await tells(holds);
      await stack.done("up", "--yes", "--expect-no-changes");
      await stack.done("drift");
    });

    test("everything that its steps set, changed by hand: named, put right by one up", async () => {
      const broken = new BrokenStack(stack, steps());
      await broken.breaks(atOnce(broken.rows));
      await broken.isRepaired();
      await tells(holds);
    });

    test("a change of its files runs the steps that it is about, and no other", async () => {
      edit(files.hypervisorConfig, "host.", change);
      edit(files.lxcConfigs, "lxc.", change);
      await stack.done("up", "--yes");
      const ran = [...stepsOf(latestLog(project, kind, "up")).keys()];
      assert.deepEqual(ran.sort(), [...runs].sort());
      await tells(then);
      await stack.done("up", "--yes", "--expect-no-changes");
    });

    test("its end leaves the node as it was, with the pools and their data", async () => {
      await stack.done("destroy", "--yes");
      assert.equal(await stack.host("bash", "-c", INVENTORY), empty);
    });
  });
}
