import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, test } from "node:test";
import { Project } from "../helpers/project";

const project = new Project();
after(() => project.remove());

const DEV_HAS =
  "they have CT 900 template-base, CT 901 template-gpu, CT 902 template-docker, CT 910 gateway, " +
  "CT 911 model-server, CT 912 web-ui, VM build-runner";

/** Command line → the exact message and exit code. */
const REFUSED: [string[], string, number][] = [
  [["valdate"], "error: unknown command 'valdate'\n(Did you mean validate?)\n", 2],
  [["validate", "--strict"], "error: unknown option '--strict'\n(Did you mean --stack?)\n", 2],
  [["lab", "strat"], "error: unknown command 'strat'\n(Did you mean start?)\n", 2],
  [["lab", "exec", "--json", "--", "true"], "phoenix lab exec has no --json.\n", 2],
  [["lab", "logs", "--json"], "phoenix lab logs has no --json.\n", 2],
  [["init", "--lab", "--json"], "phoenix init has no --json.\n", 2],
  [["graph", "--format", "dot"], '--format is text or mermaid, not "dot".\n', 2],
  [
    ["validate", "--lxc-configs", "x.json"],
    "--hypervisor-config and --lxc-configs belong together: --hypervisor-config is missing.\n",
    2,
  ],
  [
    ["up", "950", "913", "--stack", "dev", "--yes"],
    `The files of stack dev have no guest 950, 913; ${DEV_HAS}.\n`,
    2,
  ],
  [
    ["preview", "910", "--diff", "--target=**::ct-900"],
    "910 and --target both say what is converged: give one of them.\n",
    2,
  ],
  [
    ["up", "910", "911", "-y", "-t", "**::ct-900"],
    "910 911 and -t both say what is converged: give one of them.\n",
    2,
  ],
  [
    ["up", "910", "-y", "--exclude", "**::ct-900"],
    "910 and --exclude both say what is converged: give one of them.\n",
    2,
  ],
  [["preview", "910", "gatway", "gateway"], `The files of stack dev have no guest gatway; ${DEV_HAS}.\n`, 2],
  [
    ["destroy", "910"],
    "phoenix destroy asks before it changes anything, and there is no terminal to ask on: add --yes.\n",
    2,
  ],
  [
    ["destroy", "--dry-run"],
    "phoenix destroy --dry-run is for single guests; see `pulumi destroy --preview-only`.\n",
    2,
  ],
  [["health", "gateway", "web"], `The files of stack dev have no guest web; ${DEV_HAS}.\n`, 2],
  [["start", "gateway"], "Stack dev has no guest gateway; it has none yet.\n", 2],
  [["stop"], "error: missing required argument 'guests'\n", 2],
  [
    ["refresh", "910", "--yes"],
    "phoenix refresh is for the whole stack; single guests (910) are for preview, up, start, stop, destroy and health.\n",
    2,
  ],
  [["destroy", "everything", "--yes"], "Stack dev has no guest everything; it has none yet.\n", 2],
  [["up"], "phoenix up asks before it changes anything, and there is no terminal to ask on: add --yes.\n", 2],
  [
    ["destroy"],
    "phoenix destroy asks before it changes anything, and there is no terminal to ask on: add --yes.\n",
    2,
  ],
  [["preview", "--engine", "terraform"], '--engine is auto, pulumi or lab, not "terraform".\n', 2],
  [
    ["preview", "--stack", "a/b"],
    '"a/b" is no name for a stack: letters, digits, "-", "_" and "." only, 100 at most.\n',
    2,
  ],
  [
    ["validate", "--stack", "nosuch"],
    'There is no stack "nosuch" (no Pulumi.nosuch.yaml). Make the stack with:\n' +
      "  phoenix init --stack nosuch --hypervisor-config FILE --lxc-configs FILE\n",
    1,
  ],
  [
    ["init", "--stack", "x"],
    "phoenix init needs a host to look at (--address HOST, or --lab), or the two files: " +
      "--hypervisor-config FILE and --lxc-configs FILE.\n",
    2,
  ],
];

for (const [args, message, code] of REFUSED) {
  test(`phoenix ${args.join(" ")} is refused`, async () => {
    assert.deepEqual(await project.phoenix(...args), { code, stdout: "", stderr: message });
    assert.equal(existsSync(project.path(".lab")), false);
  });
}

test("without a command there is help, on standard error, and exit code 2", async () => {
  const { code, stdout, stderr } = await project.phoenix();
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^Usage: phoenix <command> \[options\]\n/);
});

test("help of each command names its examples and exits with 0", async () => {
  for (const command of [
    "init",
    "validate",
    "graph",
    "preview",
    "up",
    "refresh",
    "destroy",
    "start",
    "stop",
    "health",
    "output",
    "lab",
  ]) {
    const { code, stdout } = await project.phoenix(command, "--help");
    assert.equal(code, 0, command);
    assert.match(stdout, new RegExp(`\\nExamples:\\n(.*\\n)*.*phoenix ${command}\\b`), command);
  }
});
