import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { chooseScope, scopeText, targetFlags } from "../../cli/scope";
import { loadEstate } from "../../config/estate";
import { recordProgram } from "../components/recorder";
import { repository } from "../helpers/project";

const program = join(repository, "index.ts");
const dev = join(repository, "environments", "dev");
const original = join(repository, "..", "shared", "phoenix");
const filesOf = (folder: string) => ({
  hypervisorConfig: join(folder, "phoenix_hypervisor_config.json"),
  lxcConfigs: join(folder, "phoenix_lxc_configs.json"),
});

/** Name of every resource of a program → names of what it cannot be without. */
async function needsByName(folder: string): Promise<Map<string, Set<string>>> {
  const { hypervisorConfig, lxcConfigs } = filesOf(folder);
  pulumi.runtime.setAllConfig({
    "phoenix:hypervisorConfig": hypervisorConfig,
    "phoenix:lxcConfigs": lxcConfigs,
    "phoenix:address": "192.0.2.1",
    "phoenix:hostKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGHX8KVmAd1BxRStvPIWHFYIWmR",
    "phoenix:sshPassword": "ssh-password",
    "phoenix:apiPassword": "api-password",
    "phoenix:nodeName": "node",
  });
  delete require.cache[program];
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the program runs when it is loaded
  const { registered } = await recordProgram(() => require(program) as Promise<unknown>);
  const nameOf = (resource: unknown) => (resource as { __name: string }).__name;
  const own = registered.filter(({ type }) => !type.startsWith("pulumi:providers:"));
  const names = new Set(own.map(({ name }) => name));
  return new Map(
    own.map(({ name, options: { parent, dependsOn, replaceWith } }) => {
      const needed = [parent, ...[dependsOn ?? []].flat(), ...(replaceWith ?? [])];
      return [name, new Set(needed.map((one) => (one ? nameOf(one) : "")).filter((one) => names.has(one)))];
    }),
  );
}

/** The guests (`ct-910`, `vm-web`), whole, and all that they need. */
function closure(needs: Map<string, Set<string>>, guests: string[]): string[] {
  const container = (name: string) => /^(ct-\d+|vm-(.+)-(?=[a-z]+$))/.exec(name)?.[0].replace(/-$/, "");
  const steps = (id: string) => [...needs.keys()].filter((name) => name === id || name.startsWith(`${id}-`));
  const found = new Set<string>();
  const waiting = guests.flatMap(steps);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    waiting.push(...(needs.get(name) ?? []), ...steps(container(name) ?? "none"));
  }
  return [...found].sort();
}

/** What the engine takes for a target. */
function targeted(needs: Map<string, Set<string>>, flags: string[]): string[] {
  const patterns = flags.filter((word) => word !== "--target").map((word) => word.replace(/^\*\*::/, ""));
  return [...needs.keys()]
    .filter((name) =>
      patterns.some((one) => (one.endsWith("*") ? name.startsWith(one.slice(0, -1)) : name === one)),
    )
    .sort();
}

for (const [title, folder] of [
  ["the dev estate", dev],
  ["the original's files", original],
] as const) {
  test(
    `${title}: the targets of each container are it, all that it needs, and nothing else`,
    { skip: existsSync(folder) ? false : "../shared/phoenix is not there" },
    async () => {
      const { estate } = loadEstate(filesOf(folder));
      const needs = await needsByName(folder);
      for (const { ctid } of estate.containers) {
        const flags = targetFlags(chooseScope(estate, "lxc.json", "up", [String(ctid)]));
        assert.deepEqual(targeted(needs, flags), closure(needs, [`ct-${ctid}`]), `CT ${ctid}`);
      }
      for (const { name, vmid } of estate.vms) {
        const flags = targetFlags(chooseScope(estate, "lxc.json", "up", [name]));
        assert.deepEqual(targeted(needs, flags), closure(needs, [`vm-${vmid ?? name}`]), name);
      }
    },
  );
}

test("the dev estate: what single containers need, in words", () => {
  const { estate } = loadEstate(filesOf(dev));
  const text = (...ctids: number[]) => scopeText(chooseScope(estate, "lxc.json", "up", ctids.map(String)));
  assert.equal(text(), "");
  assert.equal(text(900), "only CT 900 template-base; of the host what they stand on\n");
  assert.equal(
    text(911, 910),
    "only CT 910 gateway, CT 911 model-server, and what needs to be there: CT 900 template-base, " +
      "CT 901 template-gpu; of the host what they stand on\n",
  );
});
