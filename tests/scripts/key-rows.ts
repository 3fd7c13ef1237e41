/**
 * A table of keys of a container's entry: the line of Proxmox VE that each becomes, how a look tells of one that somebody
 * changed, and that it is gone with its key, unless somebody else set it.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ScriptStep } from "../../plan/step";
import { container, hypervisor } from "../config/samples";
import { scriptSteps } from "../drift/table";
import { scratch } from "../helpers/scratch";
import type { Node } from "./node";

export const ctid = 900;

export interface KeyRow {
  key: string;
  /** The key's value, and another one. */
  value: unknown;
  other: unknown;
  /** Lines of the configuration that each becomes. */
  line: string | RegExp;
  otherLine: string | RegExp;
  /** What of them is there without the key. */
  without: RegExp;
  /** Somebody changes it on the node, and what the look of its step says then. */
  by: string;
  found: string[];
  /** Somebody sets it on a guest of which the entry never had it: the same as `by` unless it says otherwise. */
  theirs?: string;
  /** What the restart is announced with; absent for what changes while the guest runs. */
  restart?: string;
  /** On these releases alone. */
  releases?: (8 | 9)[];
}

export type Entry = Record<string, unknown>;

/** The steps that a container's entry has, by name, as the plan has them. */
export function stepsOfEntry(entry: Entry, host: Entry = {}): Record<string, ScriptStep> {
  const folder = scratch();
  const [hypervisorConfig, lxcConfigs] = [join(folder, "host.json"), join(folder, "lxc.json")];
  writeFileSync(
    hypervisorConfig,
    JSON.stringify({ ...(hypervisor() as Entry), shared_volumes: {}, ...host }),
  );
  const base = container(
    { name: "base", ip: "10.0.0.200/24", mac: "52:54:00:AA:BB:CC" },
    { template: "local:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst", storage_size_gb: 10, ...entry },
  ) as Entry;
  writeFileSync(lxcConfigs, JSON.stringify({ lxc_configs: { [ctid]: base } }));
  const steps = scriptSteps({ hypervisorConfig, lxcConfigs }, { identity: "test" });
  return Object.fromEntries(
    steps.flatMap((step) => (step.name.startsWith(`ct-${ctid}-`) ? [[step.name.slice(7), step]] : [])),
  );
}

/** A container of a node that has what an entry says. */
export class Converged {
  constructor(
    private readonly node: Node,
    /** Steps that the keys are about, in their order. */
    private readonly names: string[] = ["configure", "start"],
  ) {}

  private async run(script: string | undefined, { settings }: ScriptStep) {
    const { code, result, stderr } = await this.node.script(script!, settings);
    assert.equal(code, 0, stderr);
    return result as unknown as { did: string[]; deviations: string[] };
  }

  /** What its steps did. */
  async converge(entry: Entry, host?: Entry): Promise<string[]> {
    const steps = stepsOfEntry(entry, host);
    const did: string[] = [];
    for (const name of this.names) did.push(...(await this.run(steps[name]!.script, steps[name]!)).did);
    return did;
  }

  /** What the looks of its steps find, that of the start apart. */
  async look(entry: Entry, host?: Entry): Promise<{ found: string[]; start: string[] }> {
    const steps = stepsOfEntry(entry, host);
    const found: string[] = [];
    for (const name of this.names.filter((each) => each !== "start"))
      found.push(...(await this.run(steps[name]!.look, steps[name]!)).deviations);
    const start = steps.start!;
    return { found, start: (await this.run(start.look, start)).deviations };
  }

  conf = () => this.node.sh(`sed '/^\\[/,$d' /etc/pve/lxc/${ctid}.conf`);
}

const has = (conf: string, line: string | RegExp, key: string) =>
  typeof line === "string"
    ? assert.ok(conf.split("\n").includes(line), `${key}: ${line}\n${conf}`)
    : assert.match(conf, line, key);

/** All rows at once: set, again, changed by hand, changed in the entry, taken out, somebody else's. */
export async function proveRows(node: Node, guest: Converged, rows: readonly KeyRow[], before: Entry = {}) {
  const entry = (which: "value" | "other") => ({
    ...before,
    ...Object.fromEntries(rows.map((row) => [row.key, row[which]])),
  });
  const restarted = rows.some(({ restart }) => restart !== undefined);
  const restarts = (did: string[]) => did.filter((text) => text === `restarted CT ${ctid}`).length;

  await guest.converge(before);
  assert.equal(restarts(await guest.converge(entry("value"))), restarted ? 1 : 0, "one restart for all");
  let conf = await guest.conf();
  for (const { key, line } of rows) has(conf, line, key);
  assert.deepEqual(await guest.converge(entry("value")), [], "again");
  assert.deepEqual(await guest.look(entry("value")), { found: [], start: [] });

  for (const { by } of rows) await node.sh(by);
  const { found } = await guest.look(entry("value"));
  assert.deepEqual(found.sort(), rows.flatMap((row) => row.found).sort());
  await guest.converge(entry("value"));
  conf = await guest.conf();
  for (const { key, line } of rows) has(conf, line, key);
  assert.deepEqual(await guest.look(entry("value")), { found: [], start: [] });

  assert.equal(restarts(await guest.converge(entry("other"))), restarted ? 1 : 0);
  conf = await guest.conf();
  for (const { key, otherLine } of rows) has(conf, otherLine, key);

  assert.equal(restarts(await guest.converge(before)), restarted ? 1 : 0, "taken out");
  conf = await guest.conf();
  for (const { key, without } of rows) assert.doesNotMatch(conf, without, key);
  assert.deepEqual(await guest.converge(before), []);

  for (const { theirs, by } of rows) await node.sh(theirs ?? by);
  await guest.converge(before);
  conf = await guest.conf();
  for (const { key, without } of rows) assert.match(conf, without, `${key} of somebody else stays`);
  assert.deepEqual((await guest.look(before)).found, []);
}
