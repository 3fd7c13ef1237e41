import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scriptText, settingsText } from "../../components/host/script";
import {
  arcStep,
  datasetStep,
  poolStep,
  storageStep,
  type ZfsStep,
} from "../../components/hypervisor/zfs/steps";
import type { DatasetSpec, PoolSpec } from "../../config";

const root = join(__dirname, "..", "..");
const lab = join(root, "lab", "bin", "lab");

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

/** A lab machine of a test's own with the steps of the ZFS area. */
export class ZfsNode {
  private constructor(readonly dir: string) {}

  static start(machine = "original"): ZfsNode {
    const node = new ZfsNode(mkdtempSync(join(tmpdir(), "phoenix-zfs-")));
    node.lab("start", "--machine", machine);
    return node;
  }

  stop() {
    this.lab("stop");
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** `lab COMMAND`, for this machine; its output. */
  lab(command: string, ...args: string[]): string {
    const stdio: ["ignore", "pipe", "inherit"] = ["ignore", "pipe", "inherit"];
    return execFileSync(lab, [command, "--dir", this.dir, ...args], { stdio, encoding: "utf8" });
  }

  /** `lab fault VERB`. */
  fault(verb: string, ...args: string[]): string {
    const all = ["fault", verb, "--dir", this.dir, ...args];
    return execFileSync(lab, all, { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
  }

  /** Output of a shell command on the node; throws when it fails. */
  async sh(command: string): Promise<string> {
    const { code, stdout, stderr } = await this.exec(["bash", "-c", command]);
    if (code !== 0) throw new Error(`${command}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  exec(argv: string[], input = ""): Promise<{ code: number; stdout: string; stderr: string }> {
    const child = this.begin(argv, input);
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (data: Buffer) => (stdout += data.toString()));
    child.stderr?.on("data", (data: Buffer) => (stderr += data.toString()));
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code: code ?? 255, stdout, stderr }));
    });
  }

  begin(argv: string[], input = ""): ChildProcess {
    const child = spawn(lab, ["exec", "--dir", this.dir, "--", ...argv]);
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    return child;
  }

  async run(files: string[], settings: unknown): Promise<Answer> {
    const { code, stdout, stderr } = await this.exec(
      ["bash", "-c", scriptText(...files)],
      settingsText(settings),
    );
    const line = stdout.trimEnd();
    return {
      code,
      stderr,
      ...(line !== "" && { result: JSON.parse(line) as NonNullable<Answer["result"]> }),
    };
  }

  up = (step: ZfsStep) => this.run(step.script, step.settings);
  verify = (step: ZfsStep) => this.run(step.verify, step.settings);
  remove = (step: ZfsStep) => this.run(step.remove ?? [], step.settings);

  /** The check tells what will be done; then it is done, and after that nothing is. */
  async converge(step: ZfsStep, did: string[], deviations?: string[], warnings?: string[]): Promise<void> {
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
  async refuse(step: ZfsStep, message: string | RegExp, how: "up" | "remove" = "up"): Promise<void> {
    const before = await this.state();
    const answer = await this[how](step);
    assert.notEqual(answer.code, 0, answer.stderr);
    assert.equal(answer.result, undefined);
    const said = answer.stderr.slice(answer.stderr.lastIndexOf("phoenix: ") + "phoenix: ".length).trimEnd();
    if (typeof message === "string") assert.equal(said, message);
    else assert.match(said, message);
    assert.equal(await this.state(), before, "the host was changed");
    if (how === "remove") return;
    const look = await this.verify(step);
    assert.equal(look.code, 0, look.stderr);
    assert.equal(look.result?.deviations?.at(-1), said);
  }

  /** Everything that a refusal must leave alone. */
  state(): Promise<string> {
    return this.sh(
      [
        "zpool status -P 2>&1; zpool import 2>&1; zpool get -H all; zfs get -H all; zfs list -H -t all -o name",
        "lsblk -o NAME,TYPE,FSTYPE,LABEL,UUID,PTTYPE,MOUNTPOINTS; cat /etc/pve/storage.cfg",
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
): ZfsStep {
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
): ZfsStep {
  const [top = "", ...below] = fullName.split("/");
  return datasetStep({
    ...{ pool: top, name: below.join("/"), fullName, properties },
    ...{ mountpoint: `/${fullName}`, storageId: fullName.replaceAll("/", "-") },
    ...more,
  });
}

/** A storage over a dataset; its id is the dataset's name with - for /. */
export function storage(fullName: string, type: "zfspool" | "dir", content: string[], id?: string): ZfsStep {
  return storageStep({
    ...{ id: id ?? fullName.replaceAll("/", "-"), type, content, dataset: fullName },
    ...(type === "dir" ? { path: `/${fullName}` } : { pool: fullName }),
  });
}

export const arc = arcStep;
