import test, { describe } from "node:test";
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { graphText, validateCommand } from "../../cli/estate-texts";

const dev = resolve(__dirname, "../../environments/dev");
const files = {
  hypervisorConfig: `${dev}/phoenix_hypervisor_config.json`,
  lxcConfigs: `${dev}/phoenix_lxc_configs.json`,
};
const wrong = { ...files, lxcConfigs: "nowhere.json" };

describe("validate and graph", () => {
  test("validate", () => {
    assert.deepEqual(validateCommand(files), {
      exitCode: 0,
      stdout: "OK: 6 containers, 1 virtual machine, 2 pools, 5 datasets; 0 warnings.\n",
      stderr: "",
    });
  });

  test("validate --json", () => {
    const { exitCode, stdout } = validateCommand(files, { json: true });
    assert.equal(exitCode, 0);
    assert.deepEqual(JSON.parse(stdout), { ok: true, mistakes: [], warnings: [], containers: 6, vms: 1 });
  });

  test("validate --json with a mistake", () => {
    const { exitCode, stdout } = validateCommand(wrong, { json: true });
    assert.equal(exitCode, 1);
    assert.deepEqual(JSON.parse(stdout), {
      ok: false,
      mistakes: [
        {
          file: "nowhere.json",
          path: "",
          message: "no such file",
          remedy: "correct the path, or create the file",
        },
      ],
      warnings: [],
    });
  });

  test("graph", () => {
    assert.equal(
      graphText(files).stdout,
      [
        "900  template-base",
        "901  template-gpu     clone of 900",
        "902  template-docker  clone of 900",
        "910  gateway          clone of 900",
        "911  model-server     clone of 901",
        "912  web-ui           clone of 902; after 910, 911",
        " VM  build-runner     after 910",
        "",
      ].join("\n"),
    );
  });

  test("graph --format mermaid", () => {
    const { stdout } = graphText(files, "mermaid");
    assert.match(stdout, /^flowchart TD\n/);
    assert.ok(stdout.includes("\n  ct911 --> ct912\n"));
  });

  test("graph of files with a mistake", () => {
    assert.deepEqual(graphText(wrong), {
      exitCode: 1,
      stdout: "",
      stderr: "nowhere.json: no such file — correct the path, or create the file\n",
    });
  });
});
