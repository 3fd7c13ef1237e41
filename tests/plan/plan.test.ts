/* What a blank host gets, as an engine plans it: `preview --json` of both estates against the readable files in
   fixtures/. After a wanted change they are made again by PHOENIX_PLANS=write node scripts/test.js tests/plan */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { repository } from "../helpers/repository";
import { noLab } from "../scripts/node";
import { type Preview, readable } from "./readable";

const shared = join(repository, "..", "shared", "phoenix");
const files = ["phoenix_hypervisor_config.json", "phoenix_lxc_configs.json"] as const;

describe("the plan for a blank host", { skip: noLab }, () => {
  let stack: LabStack;

  before(async () => {
    stack = new LabStack(new Project(), "dev");
    await stack.start();
  });
  after(() => stack.stop());

  async function pulumi(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await stack.pulumi(...args);
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  }

  async function compare(name: string): Promise<void> {
    await pulumi("stack", "init", name);
    const text = await pulumi("preview", "--json", "--stack", name);
    const plan = readable(JSON.parse(text) as Preview);
    const file = join(__dirname, "fixtures", `${name}.plan`);
    if (process.env.PHOENIX_PLANS === "write") writeFileSync(file, plan);
    const wanted = readFileSync(file, "utf8").split("\n");
    // Line by line, so that a difference is shown and not the whole of both.
    assert.deepEqual(
      plan.split("\n").filter((line) => !wanted.includes(line)),
      [],
      `lines that ${name}.plan does not have; PHOENIX_PLANS=write makes it again`,
    );
    assert.equal(plan, wanted.join("\n"));
  }

  test("dev", () => compare("dev"));

  test(
    "the original's files, unchanged",
    { skip: !existsSync(shared) && "../shared/phoenix is not there" },
    async () => {
      mkdirSync(stack.project.path("original"));
      for (const name of files) copyFileSync(join(shared, name), stack.project.path("original", name));
      const [hypervisor, lxc] = files.map((name) => `original/${name}`);
      const settings = `config:\n  phoenix:hypervisorConfig: ${hypervisor}\n  phoenix:lxcConfigs: ${lxc}\n`;
      writeFileSync(stack.project.path("Pulumi.original.yaml"), settings);
      await compare("original");
    },
  );
});
