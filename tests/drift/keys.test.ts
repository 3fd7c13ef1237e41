/* What somebody changes by hand of a container that has every key: each named, and put right by one up. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, afterEach, before, describe, test } from "node:test";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { noLab } from "../scripts/node";
import { BrokenStack } from "./broken-stack";
import { devRows } from "./dev-rows";
import { everyKeyNode, everyKeySteps, rowsBeside, writeEveryKey } from "./every-key";
import { atOnce, type Row } from "./table";

describe("a container with every key, changed by hand", { skip: noLab }, () => {
  const stack = new LabStack(new Project(), "keys");
  const { project } = stack;
  const broken = new BrokenStack(stack, everyKeySteps(writeEveryKey(project.path("keys")), "keys"));

  before(async () => {
    const files = "  phoenix:hypervisorConfig: keys/host.json\n  phoenix:lxcConfigs: keys/lxc.json\n";
    writeFileSync(project.path("Pulumi.keys.yaml"), `config:\n${files}  phoenix:hostSetup: "false"\n`);
    await stack.start();
    await stack.host("bash", "-c", everyKeyNode);
    await stack.done("up", "--yes");
  });
  after(() => stack.stop());
  // A round that failed does not fail the next one.
  afterEach(async () => {
    if (broken.isBroken) await stack.phoenix("up", "--yes");
  });

  test("each is named and put right, in as few rounds as they can be made in", async () => {
    let left: Row[] = rowsBeside(devRows(), broken.rows);
    assert.ok(left.length >= 17, left.map(({ sets }) => sets).join("\n"));
    while (left.length > 0) {
      const round = atOnce(left);
      assert.ok(round.length > 0, "each can be made");
      await broken.breaks(round);
      await broken.isRepaired();
      left = left.filter((row) => !round.includes(row));
    }
  });
});
