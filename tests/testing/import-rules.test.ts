/** The rules of .dependency-cruiser.cjs, on a small tree: each finds what it forbids, and nothing else. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { test, type TestContext } from "node:test";
import type { ICruiseOptions, ICruiseResult, IFlattenedRuleSet } from "dependency-cruiser";
import { repository } from "../helpers/repository";

const rules = createRequire(__filename)(join(repository, ".dependency-cruiser.cjs")) as {
  forbidden: IFlattenedRuleSet["forbidden"];
  options: ICruiseOptions;
};

/** What the rules find in a tree of these files, as `rule: from → to`. */
async function found(t: TestContext, files: Record<string, string>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "import-rules-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { cruise } = await import("dependency-cruiser");
  const ruleSet = { forbidden: rules.forbidden };
  const { output } = await cruise(["."], { ...rules.options, validate: true, ruleSet, baseDir: folder });
  const { summary } = output as ICruiseResult;
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`).sort();
}

/** Files that import others, by their names without `.ts`; the others are there and import nothing. */
function tree(imports: Record<string, string>): Record<string, string> {
  const empty = Object.values(imports).map((to) => [`${to}.ts`, "export const value = 1;\n"]);
  const importing = Object.entries(imports).map(([from, to]) => {
    const path = relative(dirname(from), to);
    return [
      `${from}.ts`,
      `import { value } from "${path.startsWith(".") ? path : `./${path}`}"; void value;\n`,
    ];
  });
  return Object.fromEntries([...empty, ...importing]) as Record<string, string>;
}

test("a circle is found, also one of types alone or of a module that is loaded late", async (t) => {
  const files = {
    "config/a.ts": 'import { b } from "./b"; export const a = () => b;',
    "config/b.ts": 'import { a } from "./a"; export const b = () => a;',
    "config/c.ts": 'import type { D } from "./d"; export interface C { d: D }',
    "config/d.ts": 'import type { C } from "./c"; export interface D { c: C }',
    "lab/e.ts": 'export const e = () => import("./f");',
    "lab/f.ts": 'import { g } from "./g"; export const f = g;',
    "lab/g.ts": 'import { e } from "./e"; export const g = e;',
  };
  assert.deepEqual(await found(t, files), [
    "no-circles: config/a.ts → config/b.ts",
    "no-circles: config/c.ts → config/d.ts",
    "no-circles: lab/e.ts → lab/f.ts",
  ]);
});

test("no floor imports one above it, and nothing imports the lab or tests", async (t) => {
  const forbidden = {
    "config/one": "components/guard",
    "config/two": "cli/stack",
    "config/three": "lab/host/control",
    "config/four": "plan/step",
    "plan/one": "components/registering",
    "components/registering": "node_modules/@pulumi/pulumi/index",
    "cli/three": "node_modules/@pulumi/pulumi/index",
    "components/one": "cli/stack",
    "components/two": "index",
    "components/three": "tests/helpers/lab",
    "components/host/one": "components/vm/plan",
    "components/hypervisor/one": "components/container/plan",
    "components/container/one": "components/vm/plan",
    "components/vm/one": "components/container/plan",
    "components/guest/one": "components/vm/plan",
    "cli/one": "lab/host/control",
    "cli/two": "index",
    "lab/host/one": "config/graph",
    "lab/host/two": "lab/engine/main",
    "lab/host/three": "lab/tests/outside",
    "lab/engine/one": "lab/plugins/wire",
  };
  assert.deepEqual(await found(t, tree(forbidden)), [
    "command-line-without-program-or-lab: cli/one.ts → lab/host/control.ts",
    "command-line-without-program-or-lab: cli/two.ts → index.ts",
    "command-line-without-pulumi: cli/three.ts → node_modules/@pulumi/pulumi/index.ts",
    "components-below-program-and-command-line: components/one.ts → cli/stack.ts",
    "components-below-program-and-command-line: components/three.ts → tests/helpers/lab.ts",
    "components-below-program-and-command-line: components/two.ts → index.ts",
    "config-is-the-ground: config/four.ts → plan/step.ts",
    "config-is-the-ground: config/one.ts → components/guard.ts",
    "config-is-the-ground: config/three.ts → lab/host/control.ts",
    "config-is-the-ground: config/two.ts → cli/stack.ts",
    "containers-and-machines-apart: components/container/one.ts → components/vm/plan.ts",
    "containers-and-machines-apart: components/guest/one.ts → components/vm/plan.ts",
    "containers-and-machines-apart: components/vm/one.ts → components/container/plan.ts",
    "host-below-other-components: components/host/one.ts → components/vm/plan.ts",
    "hypervisor-below-guests: components/hypervisor/one.ts → components/container/plan.ts",
    "lab-apart: lab/host/one.ts → config/graph.ts",
    "lab-apart: lab/host/three.ts → lab/tests/outside.ts",
    "plan-without-pulumi: plan/one.ts → node_modules/@pulumi/pulumi/index.ts",
    "stand-ins-apart: lab/engine/one.ts → lab/plugins/wire.ts",
    "stand-ins-apart: lab/host/two.ts → lab/engine/main.ts",
  ]);
  assert.deepEqual(await found(t, tree({ index: "lab/host/control" })), [
    "program-without-command-line-or-lab: index.ts → lab/host/control.ts",
  ]);
});

test("what the floors are for is allowed", async (t) => {
  const allowed = {
    index: "components/estate",
    "cli/one": "plan/estate",
    "plan/two": "components/vm/plan",
    "components/four": "node_modules/@pulumi/pulumi/index",
    "cli/two": "config/graph",
    "components/vm/one": "components/guest/inside",
    "components/container/one": "components/host/script",
    "components/host/one": "config/ipv4",
    "lab/host/one": "lab/host/types",
    "lab/scripts/one": "lab/engine/cli/command",
    "lab/tests/one": "cli/stack",
    "tests/one": "lab/host/types",
    "bench/one": "index",
  };
  assert.deepEqual(await found(t, tree(allowed)), []);
});
