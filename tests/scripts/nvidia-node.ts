import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scriptText, settingsText } from "../../components/host/script";
import { type NvidiaName, nvidiaNames, nvidiaSteps } from "../../components/hypervisor/nvidia-driver/steps";
import type { DriverSpec } from "../../config";
import type { StepBody } from "../../plan/step";
import { runfile } from "../../lab/host/machine/commands/nvidia/runfile";
import * as control from "../../lab/host/control";
import { onHost, type OnHost } from "../../lab/tests/machine/onHost";
import { labFault } from "../helpers/fault";
import { scriptOf } from "../helpers/scripts";
import { registration, tag } from "./node";

export const unit = "/etc/systemd/system/phoenix-nvidia.service";
export const blacklist = "/etc/modprobe.d/phoenix-nouveau.conf";

/** What a step's script answered. */
export interface Answer {
  code: number;
  result?: { changed: boolean; did?: string[]; deviations?: string[]; note?: string };
  stderr: string;
}

export type Step = NvidiaName;

/** A driver; its installer lies on the node itself. */
export function driver(over: Partial<DriverSpec> = {}): DriverSpec {
  const version = over.version ?? "580.76.05";
  return {
    version,
    runfileUrl: `file:///srv/NVIDIA-Linux-x86_64-${version}.run`,
    dkms: true,
    reboot: true,
    ...over,
  };
}

/** A lab machine of a test's own with two cards, reached as a node is, and the steps of the driver. */
export class NvidiaNode {
  private constructor(private readonly dir: string) {}

  /** With Proxmox VE's free repository, jq, and the installers of the given versions in /srv. */
  static async start(...versions: string[]): Promise<NvidiaNode> {
    const node = new NvidiaNode(mkdtempSync(join(tmpdir(), "phoenix-nvidia-")));
    await control.start(node.dir);
    await node.sh(
      "rm /etc/apt/sources.list.d/*enterprise* /etc/apt/sources.list.d/ceph*; " +
        "printf 'Types: deb\\nURIs: http://download.proxmox.com/debian/pve\\nSuites: trixie\\nComponents: pve-no-subscription\\n" +
        "Signed-By: /usr/share/keyrings/proxmox-archive-keyring.gpg\\n' >/etc/apt/sources.list.d/proxmox.sources; " +
        "apt-get -q update && apt-get -q -y install jq",
    );
    for (const version of versions) {
      const path = `/srv/NVIDIA-Linux-x86_64-${version}.run`;
      await node.exec(["bash", "-c", 'cat >"$1"', "put", path], runfile(version));
    }
    const prepared = await node.run(scriptOf("hypervisor", "prepare"), registration);
    assert.equal(prepared.code, 0, prepared.stderr);
    return node;
  }

  async stop(): Promise<void> {
    await control.stop(this.dir);
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** `lab fault add KIND …`; `clearFaults` ends them all. */
  async addFault(kind: string, ...args: string[]): Promise<void> {
    await labFault(this.dir, ["add", kind, ...args]);
  }

  async clearFaults(): Promise<void> {
    await control.clearFaults(this.dir);
  }

  /** Output of a shell command on the node; throws when it fails. */
  async sh(command: string): Promise<string> {
    const { code, stdout, stderr } = await this.exec(["bash", "-c", command]);
    if (code !== 0) throw new Error(`${command}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  exec(argv: string[], input = ""): Promise<OnHost> {
    return onHost(this.dir, argv, input);
  }

  /** Runs a script as a step does: settings on standard input. */
  async run(file: string, settings: unknown, around: string[] = []): Promise<Answer> {
    const { code, stdout, stderr } = await this.exec(
      [...around, "bash", "-c", scriptText(file)],
      settingsText(settings),
    );
    const line = stdout.trimEnd();
    return {
      code,
      stderr,
      ...(line !== "" && { result: JSON.parse(line) as NonNullable<Answer["result"]> }),
    };
  }

  /** One step of the driver; `around` is a command that runs it, such as `timeout`. */
  step(name: Step, config: DriverSpec, around: string[] = []): Promise<Answer> {
    const { script, settings }: StepBody = nvidiaSteps("nvidia", config, tag)[name];
    return this.run(script, settings, around);
  }

  /** A step does exactly this; and once more, nothing. */
  async converge(name: Step, config: DriverSpec, did: string[]): Promise<void> {
    const first = await this.step(name, config);
    assert.deepEqual(first.result, { changed: did.length > 0, did }, first.stderr);
    const second = await this.step(name, config);
    assert.deepEqual(second.result, { changed: false, did: [] }, second.stderr);
  }

  /** A step ends with this as its last line, without a result, and leaves the node as it was. */
  async refused(name: Step, config: DriverSpec, message: string | RegExp): Promise<void> {
    const before = await this.state();
    const answer = await this.step(name, config);
    assert.notEqual(answer.code, 0, `${name} was not refused: ${answer.stderr}`);
    assert.equal(answer.result, undefined);
    const last = answer.stderr.trimEnd().split("\n").at(-1) ?? "";
    if (typeof message === "string") assert.equal(last, `phoenix: ${message}`);
    else assert.match(last, message);
    assert.deepEqual((await this.state()).split("\n"), before.split("\n"), `${name}: the node is as it was`);
  }

  /** What the looks find, by the step; none changes anything. */
  async deviations(config: DriverSpec): Promise<Partial<Record<Step, string[]>>> {
    const before = await this.state();
    const found: Partial<Record<Step, string[]>> = {};
    for (const name of nvidiaNames) {
      const { look, settings }: StepBody = nvidiaSteps("nvidia", config, tag)[name];
      const { code, result, stderr } = await this.run(look!, settings);
      assert.equal(code, 0, stderr);
      assert.equal(result?.changed, false);
      if (result.deviations?.length) found[name] = result.deviations;
    }
    assert.deepEqual((await this.state()).split("\n"), before.split("\n"), "looking changed something");
    return found;
  }

  remove(config: DriverSpec): Promise<Answer> {
    return this.run(nvidiaSteps("nvidia", config, tag).install.remove!, {});
  }

  /** The node's own restart, waited for. */
  async restart(): Promise<void> {
    const boot = "cat /proc/sys/kernel/random/boot_id";
    const before = await this.sh(boot);
    await this.exec(["bash", "-c", "setsid sleep 30 >/dev/null 2>&1 & systemctl reboot"]);
    await this.until(async () => (await this.sh(boot)) !== before);
    await this.until(async () => (await this.sh("systemctl is-active ssh || true")) === "active\n");
  }

  async until(what: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 20_000; ;) {
      if (await what().catch(() => false)) return;
      assert.ok(Date.now() < end, "waited 20 s");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Everything that a refused step must leave alone: files, packages, modules, DKMS. */
  state(): Promise<string> {
    return this.sh(
      "find /etc /usr/src /usr/lib/modules /var/lib/dkms /var/lib/nvidia /var/cache/phoenix /var/lib/phoenix /usr/bin/nvidia* " +
        "-type f -exec sha256sum {} + 2>/dev/null | sort; dpkg-query -W; lsmod; ls /dev; pct list",
    );
  }

  /** Puts a text into a file of the node. */
  async put(path: string, text: string): Promise<void> {
    await this.exec(["bash", "-c", 'cat >"$1"', "put", path], text);
  }
}
