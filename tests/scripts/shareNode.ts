import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "ssh2";
import type { sambaConf } from "../../components/hypervisor/samba/conf/step";
import { roomScripts, type RoomScripts } from "../../plan/room";
import { scriptText, settingsText } from "../../components/host/script";
import * as control from "../../lab/host/control";
import { repository } from "../helpers/repository";
import { LabUnderTest, type Ran, run } from "../../lab/tests/machine/labUnderTest";

export type Step = RoomScripts & { name: string; settings: Record<string, unknown> };

const room = (name: string) => roomScripts(join(repository, "components", "hypervisor", name));

const step = (name: string, scripts: RoomScripts, settings: Record<string, unknown>): Step => ({
  ...scripts,
  name,
  settings,
});

/** Steps as the components register them. */
export const nfs = {
  server: (rules: string[] = []) =>
    step("server", room("share-server"), {
      ...{ area: "nfs", packages: ["nfs-kernel-server", "nfs-common"], units: ["nfs-server"], rules },
    }),
  export: (path: string, more: Record<string, unknown> = {}) =>
    step("export", room("nfs/export"), {
      name: path.split("/").pop(),
      path,
      clients: ["10.0.0.0/24"],
      options: ["no_root_squash", "no_subtree_check", "rw", "sync"],
      ...more,
    }),
  storage: (path: string, more: Record<string, unknown> = {}) =>
    step("storage", room("nfs/storage"), {
      id: `nfs-${path.split("/").pop()}`,
      server: "10.0.0.13",
      path,
      content: ["backup", "images", "iso", "snippets", "vztmpl"],
      options: "vers=4,soft,timeo=30,retrans=3",
      ...more,
    }),
};

export const samba = {
  server: (rules: string[] = []) =>
    step("server", room("share-server"), {
      ...{
        area: "samba",
        packages: ["samba", "samba-common-bin", "smbclient"],
        units: ["smbd", "nmbd"],
        rules,
      },
    }),
  user: (name: string, password: string, create = true) =>
    step("user", room("samba/user"), { name, create, password }),
  folder: (share: string, path: string, dataset: string | undefined, owner: string) =>
    step("folder", room("samba/folder"), { share, path, ...(dataset && { dataset }), owner }),
  conf: (conf: ReturnType<typeof sambaConf>, groups: string[] = []) =>
    step("conf", room("samba/conf"), { ...conf, groups }),
};

/** What a step's script answered. */
interface Answer {
  code: number | null;
  result?: { changed: boolean; did?: string[]; deviations?: string[]; warnings?: string[] };
  stderr: string;
}

const commandOf = (file: string) => `exec bash -c ${quote(scriptText(file))}`;
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** A lab machine of a test's own, with a pool `tank` and its datasets, over one SSH connection. */
export class ShareNode {
  readonly #lab = new LabUnderTest();
  #client?: Client;

  private constructor() {}

  static async start(...datasets: string[]): Promise<ShareNode> {
    const node = new ShareNode();
    await control.start(node.#lab.dir, {});
    const disk = "/dev/disk/by-id/nvme-Samsung_SSD_990_EVO_Plus_4TB_S7U8NJ0Y402334Y";
    await node.sh("apt-get update >/dev/null 2>&1; command -v jq || apt-get install -y jq >/dev/null");
    await node.sh(
      `zpool create tank ${disk}; ${datasets.map((name) => `zfs create tank/${name};`).join(" ")}`,
    );
    return node;
  }

  async stop() {
    this.#client?.end();
    await control.stop(this.#lab.dir);
    rmSync(this.#lab.dir, { recursive: true, force: true });
  }

  /** Output of a shell command on the node; throws when it fails. */
  async sh(command: string): Promise<string> {
    const { code, stdout, stderr } = await this.exec(command);
    if (code !== 0) throw new Error(`${command}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  async exec(command: string, input = ""): Promise<Ran> {
    this.#client ??= await this.#lab.connect();
    return run(this.#client, command, input);
  }

  up = ({ script, settings }: Step) => this.run(script, settings);
  verify = ({ look, settings }: Step) => this.run(look!, settings);
  remove = ({ remove, settings }: Step) => this.run(remove!, settings);

  private async run(script: string, settings: unknown): Promise<Answer> {
    const { code, stdout, stderr } = await this.exec(commandOf(script), settingsText(settings));
    const line = stdout.trimEnd();
    return {
      code,
      stderr,
      ...(line !== "" && { result: JSON.parse(line) as NonNullable<Answer["result"]> }),
    };
  }

  /** The check tells what will be done and changes nothing; then it is done, and after that nothing is. */
  async converge(step: Step, did: string[], deviations?: string[], warnings: string[] = []): Promise<void> {
    const before = await this.state();
    const look = await this.verify(step);
    assert.equal(look.code, 0, look.stderr);
    if (deviations) assert.deepEqual(look.result?.deviations, deviations);
    assert.equal(look.result?.changed, false);
    assert.equal(await this.state(), before, "the check changed something");
    const first = await this.up(step);
    assert.deepEqual(first.result?.did, did, first.stderr);
    assert.deepEqual(first.result.warnings ?? [], warnings);
    const second = await this.up(step);
    assert.deepEqual(second.result?.did, [], second.stderr);
    assert.deepEqual((await this.verify(step)).result?.deviations, []);
  }

  /** The step is refused with a message, the check tells the same, and the host is as it was. */
  async refuse(step: Step, message: string): Promise<void> {
    const before = await this.state();
    const answer = await this.up(step);
    assert.notEqual(answer.code, 0, answer.stderr);
    assert.equal(answer.result, undefined);
    const said = answer.stderr.slice(answer.stderr.lastIndexOf("phoenix: ") + "phoenix: ".length).trimEnd();
    assert.equal(said, message);
    assert.equal(await this.state(), before, "the host was changed");
  }

  /** A second run of the removal finds nothing left to do. */
  async undo(step: Step, did: string[], warnings: string[] = []): Promise<void> {
    const first = await this.remove(step);
    assert.deepEqual(first.result?.did, did, first.stderr);
    assert.deepEqual(first.result.warnings ?? [], warnings);
    const second = await this.remove(step);
    assert.deepEqual(second.result?.did, [], second.stderr);
  }

  /** Runs a step and kills it, with everything that it started, after a while (milliseconds). */
  async killed({ script, settings }: Step, after: number): Promise<void> {
    const command = `timeout -s KILL ${(after / 1000).toFixed(3)} bash -c ${quote(scriptText(script))}`;
    await this.exec(command, settingsText(settings));
  }

  /** Runs a step and drops its connection after a while; it goes on by itself and is waited for. */
  async dropped({ script, settings }: Step, after: number): Promise<void> {
    const client = await this.#lab.connect();
    const running = run(client, commandOf(script), settingsText(settings)).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, after));
    client.end();
    await running;
  }

  /** Everything that a refusal must leave alone. */
  async state(): Promise<string> {
    const commands = [
      "cat /etc/exports /etc/exports.d/*.exports /etc/pve/storage.cfg /etc/samba/*.conf /etc/passwd /etc/group",
      "exportfs -s; pdbedit -L -w | cut -d: -f1-5; ls -lan --time-style=+ /tank /srv; ls -A /etc/samba /etc/exports.d",
      "systemctl is-active nfs-server smbd nmbd; ls /var/lib/phoenix/originals/etc/*; ls /tmp | grep phoenix",
    ];
    return (await this.exec(`{ ${commands.join("; ")}; } 2>&1`)).stdout;
  }

  /** The texts of files, by path; undefined for one that is not there. */
  async files(...paths: string[]): Promise<Record<string, string | undefined>> {
    const texts: Record<string, string | undefined> = {};
    for (const path of paths) {
      const { code, stdout } = await this.exec(`cat ${quote(path)}`);
      texts[path] = code === 0 ? stdout : undefined;
    }
    return texts;
  }
}
