/* The example of docs/adding-a-step.md: its files and changes, made in a copy of the project. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Project } from "../helpers/project";
import { repository } from "../helpers/repository";
import { Node, noLab } from "../scripts/node";

const guide = readFileSync(join(repository, "docs", "adding-a-step.md"), "utf8");
const blocks = [...guide.matchAll(/<!-- (file|change): (\S+) -->\n\n```\w+\n([^]*?)```/g)].map(
  ([, kind, path = "", text = ""]) => ({ kind, path, text }),
);
const room = "components/hypervisor/initial-setup/motd";

/** What the copy's own plan says of the new step, and of the one behind it. */
const planned = `
  const { loadEstate } = require("./config/estate");
  const { planEstate } = require("./plan/estate");
  const { filesOnly } = require("./plan/facts");
  const file = (name) => "environments/dev/phoenix_" + name + ".json";
  const { estate } = loadEstate({ hypervisorConfig: file("hypervisor_config"), lxcConfigs: file("lxc_configs") });
  const steps = planEstate(estate, filesOnly).parts.flatMap(({ steps = [] }) => steps);
  const tell = ({ name, needs, settings, remove }) => ({ name, needs, settings, removed: remove !== undefined });
  console.log(JSON.stringify(steps.filter(({ name }) => /^host-setup-(motd|chrony)$/.test(name)).map(tell)));
`;

/** The copy's own text of the look, which sources the copy's files. */
const lookText = `process.stdout.write(require("./components/host/script").scriptText("${room}/motd-look.sh"))`;

describe("the example of the guide", { skip: noLab }, () => {
  let project: Project;
  let node: Node;

  before(async () => {
    project = new Project();
    for (const { kind, path, text } of blocks) {
      const file = project.path(path);
      if (kind === "file") {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
        continue;
      }
      const [was, is] = ["+", "-"].map((left) =>
        text
          .split("\n")
          .filter((line) => !line.startsWith(left))
          .map((line) => line.slice(1))
          .join("\n"),
      ) as [string, string];
      const source = readFileSync(file, "utf8");
      assert.equal(source.split(was).length, 2, `${path} has this once:\n${was}`);
      writeFileSync(file, source.replace(was, is));
    }
    node = await Node.prepared();
  });
  after(async () => {
    await node.stop();
    project.remove();
  });

  /** What the step's look finds. */
  async function found(settings: object): Promise<string[]> {
    const args = ["--require", "./scripts/typescript.js", "--eval", lookText];
    const { code, stdout, stderr } = await project.start(process.execPath, args).finished;
    assert.equal(code, 0, stderr);
    const answer = await node.exec(["bash", "-c", stdout], JSON.stringify(settings));
    return (JSON.parse(answer.stdout) as { deviations: string[] }).deviations;
  }

  test("the plan has the step, and the one behind it waits for it", async () => {
    const args = ["--require", "./scripts/typescript.js", "--eval", planned];
    const { code, stdout, stderr } = await project.start(process.execPath, args).finished;
    assert.equal(code, 0, stderr);
    const [motd, chrony] = JSON.parse(stdout) as { name: string; needs: string[] }[];
    assert.deepEqual(motd, {
      name: "host-setup-motd",
      needs: ["host-setup-timezone"],
      settings: { text: "This node is set up by Phoenix; its clock shows Etc/UTC." },
      removed: true,
    });
    assert.deepEqual(chrony?.needs, ["host-setup-motd"]);
  });

  test("its settings and scripts agree, each script calls only what it sources, and it has a look", async () => {
    const args = ["scripts/test.js", "components/contracts", "components/bundles", "components/looks"];
    const { code, stdout } = await project.start(process.execPath, args).finished;
    assert.equal(code, 0, stdout);
  });

  test("it converges, does nothing the second time, and gives back what was there", async () => {
    const settings = { text: "hello" };
    const run = async (name: string, did: string[]) => {
      const { result, stderr } = await node.script(project.path(room, `${name}.sh`), settings);
      assert.deepEqual(result?.did, did, stderr);
    };
    await node.sh("echo mine >/etc/motd");
    await run("motd", ["wrote /etc/motd"]);
    assert.equal(await node.sh("cat /etc/motd"), "hello\n");
    await run("motd", []);
    await node.sh("echo other >/etc/motd");
    assert.deepEqual(await found(settings), ["/etc/motd: is edited by hand, wanted as Phoenix wrote it"]);
    await run("motd", ["wrote /etc/motd"]);
    assert.deepEqual(await found(settings), []);
    await run("motd-remove", ["brought /etc/motd back"]);
    assert.equal(await node.sh("cat /etc/motd"), "mine\n");
    await run("motd-remove", []);
  });
});
