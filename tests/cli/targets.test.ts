import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { chooseScope, scopeText, targetFlags } from "../../cli/scope";
import { loadEstate } from "../../config/estate";
import type { Estate } from "../../config/model";
import { recordEstate } from "../components/recorder";
import { repository } from "../helpers/repository";

const dev = join(repository, "environments", "dev");
const original = join(repository, "..", "shared", "phoenix");
const filesOf = (folder: string) => ({
  hypervisorConfig: join(folder, "phoenix_hypervisor_config.json"),
  lxcConfigs: join(folder, "phoenix_lxc_configs.json"),
});

/** Name of every resource of a program → names of what it cannot be without. */
async function needsByName(folder: string): Promise<Map<string, Set<string>>> {
  const { registered } = await recordEstate(filesOf(folder));
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

/** The guests of an estate as the program names them. */
const guestsOf = ({ containers, vms }: Estate) => [
  ...containers.map(({ ctid }) => `ct-${ctid}`),
  ...vms.map(({ vmid, name }) => `vm-${vmid ?? name}`),
];

/** A guest (`ct-910`, `vm-web`), whole, and all that it needs. */
function closure(needs: Map<string, Set<string>>, guest: string, all: string[]): string[] {
  const longest = [...all].sort((one, other) => other.length - one.length);
  const owner = (name: string) => longest.find((one) => name === one || name.startsWith(`${one}-`));
  const steps = (id: string) => [...needs.keys()].filter((name) => owner(name) === id);
  const found = new Set<string>();
  const waiting = steps(guest);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    waiting.push(...(needs.get(name) ?? []), ...steps(owner(name) ?? "none"));
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

/** The dev estate with machines that have every step, one called like the beginning of another. */
function machinesEstate(): string {
  const folder = mkdtempSync(join(tmpdir(), "phoenix-targets-"));
  after(() => rmSync(folder, { recursive: true }));
  cpSync(dev, folder, { recursive: true });
  const file = join(folder, "phoenix_hypervisor_config.json");
  const host = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  host.nfs = {
    exports: [{ path: "bulk/models", clients: ["10.0.0.0/24"], options: ["rw", "sync", "no_subtree_check"] }],
  };
  const inside = {
    features: ["base_setup"],
    post_create_scripts: ["build_runner.sh"],
    health_check: { command: "true" },
  };
  host.vms = [
    { name: "golden", is_template: true, ...inside },
    {
      ...{ name: "web", clone_from: "golden", ...inside, snapshots: ["fresh"], state: "running" },
      passthrough: [{ mapping: "card", address: "0000:05:00" }],
      nfs_volumes: [{ export: "/bulk/models", mount_point: "/mnt/models" }],
    },
    { name: "web-2", vmid: 9100, snippets_storage: "bulk-library", dependencies: ["web"] },
    { name: "web-2-b", agent: false },
  ];
  writeFileSync(file, JSON.stringify(host));
  return folder;
}

for (const [title, folder] of [
  ["the dev estate", dev],
  ["machines with every step", machinesEstate()],
  ["the original's files", original],
] as const) {
  test(
    `${title}: the targets of each container are it, all that it needs, and nothing else`,
    { skip: existsSync(folder) ? false : "../shared/phoenix is not there" },
    async () => {
      const { estate } = loadEstate(filesOf(folder));
      const needs = await needsByName(folder);
      for (const { ctid } of estate.containers) {
        const flags = targetFlags(chooseScope(estate, "dev", [String(ctid)]));
        assert.deepEqual(
          targeted(needs, flags),
          closure(needs, `ct-${ctid}`, guestsOf(estate)),
          `CT ${ctid}`,
        );
      }
      for (const { name, vmid } of estate.vms) {
        const flags = targetFlags(chooseScope(estate, "dev", [name]));
        assert.deepEqual(
          targeted(needs, flags),
          closure(needs, `vm-${vmid ?? name}`, guestsOf(estate)),
          name,
        );
      }
    },
  );
}

test("the dev estate: what single containers need, in words", () => {
  const { estate } = loadEstate(filesOf(dev));
  const text = (...ctids: number[]) => scopeText(chooseScope(estate, "dev", ctids.map(String)));
  assert.equal(text(), "");
  assert.equal(text(900), "only CT 900 template-base; of the host what they stand on\n");
  assert.equal(
    text(911, 910),
    "only CT 910 gateway, CT 911 model-server, and what needs to be there: CT 900 template-base, " +
      "CT 901 template-gpu; of the host what they stand on\n",
  );
});

test("a guest is named by its id, by the VMID that the node chose, or by its name; a part goes before a name", () => {
  const { estate } = loadEstate(filesOf(dev));
  const chosen = new Map([["build-runner", 9004]]);
  const text = (...words: string[]) => scopeText(chooseScope(estate, "dev", words, chosen));
  const runner =
    "only VM 9004 build-runner, and what needs to be there: CT 900 template-base, CT 910 gateway; " +
    "of the host what they stand on\n";
  assert.deepEqual([text("9004"), text("build-runner"), text("vms")], [runner, runner, runner]);
  assert.equal(text("gateway"), text("910"));
  const vms = estate.vms.map((vm) => ({ ...vm, name: "host" }));
  const guests = estate.guests.map((ref) => (typeof ref === "number" ? ref : "host"));
  assert.equal(
    scopeText(chooseScope({ ...estate, vms, guests }, "dev", ["host"])),
    "only the host's set-up, no guest\n",
  );
  assert.throws(() => chooseScope(estate, "dev", ["9005", "web", "910"], chosen), {
    message:
      "The files of stack dev have no guest 9005, web; they have CT 900 template-base, CT 901 template-gpu, " +
      "CT 902 template-docker, CT 910 gateway, CT 911 model-server, CT 912 web-ui, VM 9004 build-runner.",
    exitCode: 2,
  });
});
