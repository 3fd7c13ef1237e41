import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scriptText } from "../../components/host/script";
import type { StepBody } from "../../plan/step";
import type { Answer, Node } from "./node";

/** The calls that a node must answer; where it does not, or refuses by name, the test brings a stand-in. */
const probes: Record<string, string> = {
  ip: "ip -4 -o address show dev vmbr0 scope global",
  ifreload: "ifreload -a -s",
  timedatectl: "timedatectl set-timezone Etc/UTC",
  ufw: "ufw status",
  visudo: "visudo -c",
  "apt-get": "apt-get -o DPkg::Lock::Timeout=1 update",
  dpkg: "dpkg --verify proxmox-archive-keyring",
  "dpkg-query": "dpkg-query -S /usr/share/keyrings/proxmox-archive-keyring.gpg",
};

/** Puts stand-ins for these tools on a node that does not have them. Returns those that were brought. */
export async function bringTools(node: Node, names: string[]): Promise<string[]> {
  const text = readFileSync(join(__dirname, "stand-ins.sh"), "utf8");
  await node.exec(
    ["bash", "-c", "cat >/usr/local/lib/stand-ins && chmod 755 /usr/local/lib/stand-ins"],
    text,
  );
  await node.sh(
    "mkdir -p /run/stand-ins/ufw /run/stand-ins/faults; echo vmbr0 10.0.0.13/24 >/run/stand-ins/live; echo vmbr0 10.0.0.1 >/run/stand-ins/gateway",
  );
  const brought: string[] = [];
  for (const name of names) {
    const { code } = await node.exec(["bash", "-c", probes[name] ?? name]);
    if (code === 0) continue;
    await node.sh(`ln -sf /usr/local/lib/stand-ins /usr/local/sbin/${name}`);
    brought.push(name);
  }
  return brought;
}

/** What a run of scripts may differ in. */
export interface RunOptions {
  /** Variables of the script's environment. */
  environment?: Record<string, string>;
  /** Seconds after which the script is killed in the middle, as by a loss of power. */
  killAfter?: number;
}

/** Runs the script of a step as the step does. */
export async function runStep(
  node: Node,
  { script }: Pick<StepBody, "script">,
  settings: unknown,
  { environment = {}, killAfter }: RunOptions = {},
): Promise<Answer> {
  const text = scriptText(script);
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const limit = killAfter === undefined ? [] : ["timeout", "-s", "KILL", String(killAfter)];
  const argv = ["env", ...variables, ...limit, "bash", "-c", text];
  const { code, stdout, stderr } = await node.exec(argv, JSON.stringify(settings));
  const line = stdout.trimEnd();
  return { code, stderr, result: line === "" ? undefined : (JSON.parse(line) as Answer["result"]) };
}

/** What a look finds: one line of JSON, and exit code 0. */
export async function lookAt(
  node: Node,
  look: string,
  settings: unknown,
  options?: RunOptions,
): Promise<string[]> {
  const { code, result, stderr } = await runStep(node, { script: look }, settings, options);
  assert.equal(code, 0, stderr);
  const { changed, deviations } = result as unknown as { changed: boolean; deviations: string[] };
  assert.equal(changed, false);
  return deviations;
}

/** Converges, and once more: the second time nothing is done. */
export async function converges(
  node: Node,
  step: Pick<StepBody, "script">,
  settings: unknown,
  did: string[],
  options?: RunOptions,
): Promise<void> {
  const first = await runStep(node, step, settings, options);
  assert.deepEqual(first.result, { changed: did.length > 0, did }, first.stderr);
  const second = await runStep(node, step, settings, options);
  assert.deepEqual(second.result, { changed: false, did: [] }, second.stderr);
}

/** Every file that a script of ours could touch: path, mode, owner, content. */
export async function snapshot(node: Node): Promise<string> {
  const folders =
    "/etc /home /var/lib/phoenix /run/stand-ins/live /run/stand-ins/gateway /run/stand-ins/ufw /usr/share/keyrings";
  return node.sh(
    `find ${folders} \\( -type f -o -type l \\) -printf '%p %m %u %g %l\\n' 2>/dev/null | sort; ` +
      `find ${folders} -type f -print0 2>/dev/null | sort -z | xargs -0 sha256sum`,
  );
}

/** The lines that only one of two snapshots has. */
export function difference(before: string, after: string): string[] {
  const [old, now] = [new Set(before.split("\n")), new Set(after.split("\n"))];
  return [
    ...[...old].filter((line) => !now.has(line)).map((line) => `- ${line}`),
    ...[...now].filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ];
}

/** A run that is refused with exactly this message and leaves the host as it was; a look never fails. */
export async function refuses(
  node: Node,
  step: Pick<StepBody, "script" | "look">,
  settings: unknown,
  message: string,
  options?: RunOptions,
): Promise<void> {
  // A copy of a file in our own folder, made before the change that then failed, changes nothing on the host.
  const state = async () =>
    (await snapshot(node))
      .split("\n")
      .filter((line) => !line.includes("/var/lib/phoenix/originals/"))
      .join("\n");
  const before = await state();
  const answer = await runStep(node, step, settings, options);
  const said = answer.stderr.trimEnd().split("\n").at(-1) ?? "";
  assert.equal(said.replace(/process \d+/, "process PID"), `phoenix: ${message}`);
  assert.equal(answer.code, 1);
  assert.equal(answer.result, undefined);
  if (step.look !== undefined) await lookAt(node, step.look, settings, options);
  assert.deepEqual(difference(before, await state()), [], "the host is not as it was");
}
