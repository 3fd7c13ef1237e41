import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import type { Client } from "ssh2";
import { scriptText, settingsText } from "../../components/host/script";
import { arcStep } from "../../components/hypervisor/zfs/arc/step";
import { datasetStep } from "../../components/hypervisor/zfs/dataset/step";
import { poolStep } from "../../components/hypervisor/zfs/pool/step";
import { storageStep } from "../../components/hypervisor/zfs/storage/step";
import type { DatasetSpec, PoolSpec } from "../../config";
import type { StepBody } from "../../plan/step";
import * as control from "../../lab/host/control";
import { readMachine } from "../../lab/host/machine/machineFile";
import { LabUnderTest, type Ran, run } from "../../lab/tests/machine/labUnderTest";
import { labFault } from "../helpers/fault";

/** What a step's script answered. */
export interface Answer {
  code: number;
  result?: {
    changed: boolean;
    did?: string[];
    deviations?: string[];
    warnings?: string[];
    health?: string;
    scan?: string;
    disks?: Record<string, unknown>[];
  };
  stderr: string;
}

/** A lab machine of a test's own with the steps of the ZFS area, over one SSH connection. */
export class ZfsNode {
  readonly #lab = new LabUnderTest();
  #client?: Client;

  /** With jq, which the host's first step installs. */
  static async start(machine = "original", release?: 8 | 9): Promise<ZfsNode> {
    const node = new ZfsNode();
    const file = `${node.#lab.dir}.json`;
    if (release !== undefined) writeFileSync(file, JSON.stringify({ ...readMachine(machine), release }));
    await control.start(node.#lab.dir, { machine: release === undefined ? machine : file });
    await node.sh("apt-get update >/dev/null 2>&1; command -v jq || apt-get install -y jq >/dev/null");
    return node;
  }

  async stop() {
    this.#client?.end();
    await control.stop(this.#lab.dir);
    for (const path of [this.#lab.dir, `${this.#lab.dir}.json`])
      rmSync(path, { recursive: true, force: true });
  }

  /** `lab fault WORDS`. */
  fault(...words: string[]): Promise<string> {
    return labFault(this.#lab.dir, words);
  }

  /** Output of a shell command on the node; throws when it fails. */
  async sh(command: string): Promise<string> {
    const { code, stdout, stderr } = await this.exec(command);
    if (code !== 0) throw new Error(`${command}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Runs a shell command, or a program with its arguments as they are. */
  async exec(command: string | string[], input = ""): Promise<Ran & { code: number }> {
    this.#client ??= await this.#lab.connect();
    const text =
      typeof command === "string"
        ? command
        : command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    const ran = await run(this.#client, text, input);
    return { ...ran, code: ran.code ?? 255 };
  }

  /** A connection of its own, for a test to break. */
  connect(): Promise<Client> {
    return this.#lab.connect();
  }

  /** Starts a program that a test ends; it is not reached over SSH. */
  begin(argv: string[], input = ""): ChildProcess {
    const [program, ...args] = control.entering(this.#lab.dir, argv);
    const child = spawn(program, args);
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    return child;
  }

  async run(file: string, settings: unknown): Promise<Answer> {
    const { code, stdout, stderr } = await this.exec(
      ["bash", "-c", scriptText(file)],
      settingsText(settings),
    );
    const line = stdout.trimEnd();
    return {
      code,
      stderr,
      ...(line !== "" && { result: JSON.parse(line) as NonNullable<Answer["result"]> }),
    };
  }

  up = (step: StepBody) => this.run(step.script, step.settings);
  verify = (step: StepBody) => this.run(step.look!, step.settings);
  remove = (step: StepBody) => this.run(step.remove!, step.settings);

  /** The check tells what will be done; then it is done, and after that nothing is. */
  async converge(step: StepBody, did: string[], deviations?: string[], warnings?: string[]): Promise<void> {
    const before = await this.state();
    const look = await this.verify(step);
    assert.equal(look.code, 0, look.stderr);
    if (deviations) assert.deepEqual(look.result?.deviations, deviations);
    assert.equal(look.result?.changed, false);
    assert.equal(await this.state(), before, "the check changed something");
    const first = await this.up(step);
    assert.deepEqual(first.result?.did, did, first.stderr);
    assert.equal(first.result?.changed, did.length > 0);
    if (warnings) assert.deepEqual(first.result?.warnings ?? [], warnings);
    const second = await this.up(step);
    assert.deepEqual(second.result?.did, [], second.stderr);
    assert.deepEqual((await this.verify(step)).result?.deviations, []);
  }

  /** The step is refused with a message, the check tells the same, and the host is as it was. */
  async refuse(
    step: StepBody,
    message: string | RegExp,
    { how = "up", check = how === "up" }: { how?: "up" | "remove"; check?: boolean } = {},
  ): Promise<void> {
    const before = await this.state();
    const answer = await this[how](step);
    assert.notEqual(answer.code, 0, answer.stderr);
    assert.equal(answer.result, undefined);
    const said = answer.stderr.slice(answer.stderr.lastIndexOf("phoenix: ") + "phoenix: ".length).trimEnd();
    if (typeof message === "string") assert.equal(said, message);
    else assert.match(said, message);
    assert.equal(await this.state(), before, "the host was changed");
    if (!check) return;
    const look = await this.verify(step);
    assert.equal(look.code, 0, look.stderr);
    assert.equal(look.result?.deviations?.at(-1), said);
  }

  /** Everything that a refusal must leave alone. */
  state(): Promise<string> {
    return this.sh(
      [
        "zpool status -P 2>&1; zpool import 2>&1; zpool get -H all; zfs get -H all; zfs list -H -t all -o name",
        "lsblk -o NAME,TYPE,FSTYPE,LABEL,UUID,PTTYPE,MOUNTPOINTS; cat /etc/pve/storage.cfg /etc/pve/jobs.cfg 2>&1",
        "cat /etc/modprobe.d/*.conf /sys/module/zfs/parameters/zfs_arc_max; grep -c . /proc/mounts",
      ].join("; "),
    );
  }
}

/** A pool of one part. */
export function pool(
  name: string,
  raidLevel: PoolSpec["vdevs"][number]["raidLevel"],
  disks: string[],
  more: Partial<PoolSpec> = {},
): StepBody {
  return poolStep({
    name,
    vdevs: [{ raidLevel, disks }],
    properties: { atime: "off", compression: "lz4" },
    autotrim: "on",
    ...more,
  });
}

export function dataset(
  fullName: string,
  properties: Record<string, string> = {},
  more: Partial<DatasetSpec> = {},
): StepBody {
  const [top = "", ...below] = fullName.split("/");
  return datasetStep({
    ...{ pool: top, name: below.join("/"), fullName, properties },
    ...{ mountpoint: `/${fullName}`, storageId: fullName.replaceAll("/", "-") },
    ...more,
  });
}

/** A storage over a dataset; its id is the dataset's name with - for /. */
export function storage(fullName: string, type: "zfspool" | "dir", content: string[], id?: string): StepBody {
  return storageStep({
    ...{ id: id ?? fullName.replaceAll("/", "-"), type, content, dataset: fullName },
    ...(type === "dir" ? { path: `/${fullName}` } : { pool: fullName }),
  });
}

export const arc = arcStep;
