/* Every step with a delete script stands in the estate whose steps tests/whole/replacements.test.ts replaces. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { before, describe, test } from "node:test";
import { repository } from "../helpers/repository";
import { removableGuests, removableHost, removableScript } from "../helpers/removable-estate";
import { scratch } from "../helpers/scratch";
import { guests, host } from "./host-keys";
import { recordEstate } from "./recorder";

const components = join(repository, "components");
const dev = (name: string) =>
  JSON.parse(readFileSync(join(repository, "environments", "dev", `phoenix_${name}.json`), "utf8")) as object;

const filesBelow = (folder: string, ending: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file))
    .sort();

const mainOf = (file: string) =>
  /\nmain\(\) \{\n[\s\S]*\nmain$/.exec(withoutComments(readFileSync(file, "utf8")))?.[0];

const withoutComments = (text: string) =>
  text
    .split("\n")
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join("\n");

/** The scripts that take a step back: `<room>-remove.sh`. */
const removals = filesBelow(components, "-remove.sh").map((file) => relative(repository, file));

/** Each script with a `main`, by where its text ends: how a step's delete text tells which one it runs. */
const mains = filesBelow(components, ".sh").flatMap((file) => {
  const end = mainOf(file);
  return end === undefined ? [] : [{ script: relative(repository, file), end }];
});

/** Component and delete script of each step that has one, as `Nfs: components/…/export-remove.sh`. */
async function kindsOf(
  hypervisorConfig: object,
  lxcConfigs: object,
  scripts: { file: string; text: string }[] = [],
): Promise<string[]> {
  const folder = scratch();
  const files = { hypervisorConfig: join(folder, "host.json"), lxcConfigs: join(folder, "lxc.json") };
  writeFileSync(files.hypervisorConfig, JSON.stringify(hypervisorConfig));
  for (const { file, text } of scripts) {
    mkdirSync(join(folder, "scripts"));
    writeFileSync(join(folder, "scripts", file), text);
  }
  writeFileSync(files.lxcConfigs, JSON.stringify(lxcConfigs));
  const { registered } = await recordEstate(files);
  rmSync(folder, { recursive: true });
  const kinds = registered.flatMap(({ name, inputs, options }) => {
    if (typeof inputs.delete !== "string") return [];
    const text = inputs.delete.trimEnd();
    const scripts = mains.filter(({ end }) => text.endsWith(end)).map(({ script }) => script);
    assert.equal(scripts.length, 1, `${name}: ${scripts.join(", ")}`);
    return [`${options.parent?.constructor.name}: ${scripts[0]}`];
  });
  return [...new Set(kinds)].sort();
}

describe("the estate whose steps are replaced", () => {
  let kinds: string[];

  before(async () => {
    kinds = await kindsOf(removableHost, removableGuests, [removableScript]);
  });

  test("has a step for each delete script, and for no other", () => {
    assert.deepEqual([...new Set(kinds.map((kind) => kind.split(": ")[1]))].sort(), removals);
  });

  test("has one in each component that has it in another estate", async () => {
    const others = [
      ...(await kindsOf(host(), guests())),
      ...(await kindsOf(dev("hypervisor_config"), dev("lxc_configs"))),
    ];
    assert.ok(others.length > 30, others.join("\n"));
    assert.deepEqual(
      others.filter((kind) => !kinds.includes(kind)),
      [],
    );
  });
});

test("before a part of the host's own set-up goes, it is asked whether another stack needs it; for guests nothing is", async () => {
  const folder = join(repository, "environments", "dev");
  const { registered } = await recordEstate({
    hypervisorConfig: join(folder, "phoenix_hypervisor_config.json"),
    lxcConfigs: join(folder, "phoenix_lxc_configs.json"),
  });
  const removable = registered.filter(({ inputs }) => typeof inputs.delete === "string");
  const asking = removable.filter(({ inputs }) => /^keep_what_others_need$/m.test(String(inputs.delete)));
  assert.ok(asking.length > 10);
  assert.deepEqual(
    asking.map(({ name }) => name),
    removable.map(({ name }) => name).filter((name) => /^host-(?!prepare$)/.test(name)),
  );
});
