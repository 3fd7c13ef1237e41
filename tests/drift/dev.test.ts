/*
 * What somebody changes by hand of the dev estate: all at once, and at random. PHOENIX_DRIFT_ROUNDS=100 for more rounds,
 * PHOENIX_DRIFT_SEED=… for others.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { noLab } from "../scripts/node";
import { BrokenStack } from "./broken-stack";
import { shuffled } from "./random";
import { atOnce, scriptSteps } from "./table";

const rounds = Number(process.env.PHOENIX_DRIFT_ROUNDS ?? 2);
const first = Number(process.env.PHOENIX_DRIFT_SEED ?? 1);

/** How many changes a round makes. */
const CHANGES = 20;

describe("the dev estate, changed by hand", { skip: noLab }, () => {
  const stack = new LabStack(new Project(), "dev");
  const { project } = stack;
  const files = ["environments", "dev"];
  const broken = new BrokenStack(
    stack,
    scriptSteps(
      {
        hypervisorConfig: project.path(...files, "phoenix_hypervisor_config.json"),
        lxcConfigs: project.path(...files, "phoenix_lxc_configs.json"),
      },
      { identity: "dev", hooksDir: project.path(...files, "hooks") },
    ),
  );

  before(async () => {
    await stack.start();
    await stack.done("up", "--yes");
  });
  after(() => stack.stop());
  // A round that failed does not fail the next one.
  afterEach(async () => {
    if (broken.isBroken) await stack.phoenix("up", "--yes");
  });

  test("all that its steps set, as far as it can be changed at once: named, put right by one up", async () => {
    await broken.breaks(atOnce(broken.rows));
    await broken.isRepaired();
    // A container holds a folder that was made again only since its restart.
    const [onHost, inside] = await Promise.all([
      stack.host("stat", "-c", "%d:%i", "/bulk/models/llm"),
      stack.host("pct", "exec", "911", "--", "stat", "-c", "%d:%i", "/models"),
    ]);
    assert.equal(inside, onHost);
  });

  test("what no step puts right is named with its remedy", async () => {
    for (const row of broken.rows.filter(({ undo }) => undo !== undefined)) {
      await broken.breaks([row]);
      await broken.undo(row);
    }
  });

  for (let seed = first; seed < first + rounds; seed++)
    test(`${CHANGES} changes at random, seed ${seed}: named, put right by one up`, async () => {
      await broken.breaks(atOnce(shuffled(broken.rows, seed), CHANGES));
      await broken.isRepaired();
    });
});
