import test, { describe } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { main } from "../../config/cli";

const dev = resolve(__dirname, "../../environments/dev");
const files = [
  "--hypervisor-config",
  `${dev}/phoenix_hypervisor_config.json`,
  "--lxc-configs",
  `${dev}/phoenix_lxc_configs.json`,
];

describe("validate and graph", () => {
  test("validate", () => {
    assert.deepEqual(main(["validate", ...files]), {
      exitCode: 0,
      stdout: "OK: 6 containers, 1 virtual machine, 2 pools, 5 datasets; 0 warnings.\n",
      stderr: "",
    });
  });

  test("validate --json", () => {
    const { exitCode, stdout } = main(["validate", "--json", ...files]);
    assert.equal(exitCode, 0);
    assert.deepEqual(JSON.parse(stdout), { ok: true, mistakes: [], warnings: [], containers: 6, vms: 1 });
  });

  test("validate --json with a mistake", () => {
    const { exitCode, stdout } = main(["validate", "--json", ...files.slice(0, 3), "nowhere.json"]);
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
      main(["graph", ...files]).stdout,
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
    const { stdout } = main(["graph", "--format", "mermaid", ...files]);
    assert.match(stdout, /^flowchart TD\n/);
    assert.ok(stdout.includes("\n  ct911 --> ct912\n"));
  });

  test("graph of files with a mistake", () => {
    assert.deepEqual(main(["graph", ...files.slice(0, 3), "nowhere.json"]), {
      exitCode: 1,
      stdout: "",
      stderr: "nowhere.json: no such file — correct the path, or create the file\n",
    });
  });
});

describe("what is not known is refused by name, with exit code 2", () => {
  const rows: [string[], RegExp][] = [
    [[], /^unknown command: \(none\)\nUsage: /],
    [["apply"], /^unknown command: apply\n/],
    [["validate", "more"], /^unexpected argument: more\n/],
    [["validate", "--colour"], /^Unknown option '--colour'/],
    [["validate", "--format", "text"], /^--format belongs to graph\n/],
    [["graph", "--format", "dot"], /^--format is text or mermaid, not dot\n/],
    [["validate", "--lxc-configs", "a.json"], /^--hypervisor-config and --lxc-configs belong together\n/],
  ];
  for (const [args, message] of rows) {
    test(args.join(" ") || "nothing at all", () => {
      const { exitCode, stdout, stderr } = main(args);
      assert.equal(exitCode, 2);
      assert.equal(stdout, "");
      assert.match(stderr, message);
    });
  }
});

test("as a program: mistakes on stderr, exit status 1, no stack trace", () => {
  const run = spawnSync(
    process.execPath,
    [
      "--require",
      "./scripts/typescript.js",
      "config/cli.ts",
      "validate",
      ...files.slice(0, 3),
      "nowhere.json",
    ],
    { cwd: resolve(dev, "../.."), encoding: "utf8" },
  );
  assert.deepEqual(
    [run.status, run.stdout, run.stderr],
    [1, "", "nowhere.json: no such file — correct the path, or create the file\n"],
  );
});
