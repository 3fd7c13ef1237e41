import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, beforeEach, test } from "node:test";
import { UserError } from "../../cli/errors";
import { translate } from "../../cli/old/arguments";
import { Project } from "../helpers/project";

const project = new Project();
after(() => project.remove());

const record = project.path("record");
const logs = project.path("var-log");
const env = {
  PATH: project.narrowPath({ fakePulumi: true }),
  RECORD: record,
  PULUMI_CONFIG_PASSPHRASE: "mine",
  PHOENIX_STACK: "home",
  PHOENIX_LOGS: logs,
  FAKE_STACKS: '[{"name":"home"}]',
};
writeFileSync(
  project.path("Pulumi.home.yaml"),
  `config:
  phoenix:hypervisorConfig: environments/dev/phoenix_hypervisor_config.json
  phoenix:lxcConfigs: environments/dev/phoenix_lxc_configs.json
  phoenix:address: 192.0.2.10
`,
);
const urn = (name: string) => `urn:pulumi:home::phoenix::command:remote:Command::${name}`;
const step = (name: string, settings: object, dependencies: string[] = []) => ({
  type: "command:remote:Command",
  urn: urn(name),
  dependencies: dependencies.map(urn),
  inputs: { stdin: JSON.stringify(settings) },
});
const resources = [
  step("ct-900-define", {}),
  step("ct-910-define", {}, ["ct-900-define"]),
  step("vm-9000-define", {}),
  step("vm-9001-define", {}),
  step("vm-9001-configure", { protect: true }),
  // The node chose its VMID.
  { ...step("vm-build-runner-define", {}), outputs: { vmId: 9002, name: "build-runner" } },
  step("vm-9003-define", {}),
  step("vm-9003-template", {}),
];
writeFileSync(project.path("state.json"), JSON.stringify({ version: 3, deployment: { resources } }));

beforeEach(() => rmSync(record, { force: true }));

async function orchestrator(...args: string[]) {
  const own = { ...env, FAKE_STATE: project.path("state.json") };
  const { child, finished } = project.start(project.path("bin", "phoenix_orchestrator"), args, own);
  child.stdin.end();
  return finished;
}

/** What pulumi was asked to do, without the questions about the stack. */
function operations(): string[][] {
  if (!existsSync(record)) return [];
  const calls = readFileSync(record, "utf8").trim().split("\n");
  return calls
    .map((call) => call.split("\t"))
    .filter(([command, first]) => command !== "stack" && `${command} ${first}` !== "config --json");
}

/** Invocation → the first line of what it says. Each of them asks pulumi nothing and ends with 2. */
const INVALID: [string, string][] = [
  ["", "What is to be done?"],
  ["--dry-run", "What is to be done?"],
  ["--help 910", "Unknown option: --help"],
  ["--reconfigure", "Unknown option: --reconfigure"],
  ["-n 910", "Unknown option: -n"],
  ["gateway", '"gateway" is not a CTID.'],
  ["99", '"99" is not a CTID.'],
  ["0910", '"0910" is not a CTID.'],
  ["910 --create-vm web", "CTIDs (910) and --create-vm cannot go together."],
  ["--create-vm web 910", "CTIDs (910) and --create-vm cannot go together."],
  ["910 911 --setup-hypervisor", "CTIDs (910 911) and --setup-hypervisor cannot go together."],
  ["--LetsGo 910", "CTIDs (910) and --LetsGo cannot go together."],
  ["--letsgo", "Unknown option: --letsgo"],
  ["--setup-hypervisor --LetsGo", "--setup-hypervisor and --LetsGo cannot go together."],
  ["--start-vm 9000 --stop-vm 9000", "--start-vm and --stop-vm cannot go together."],
  ["--create-vm", "--create-vm needs the name of a VM."],
  ["--create-vm --dry-run", "--create-vm needs the name of a VM."],
  ["--create-vm a/b", '--create-vm: "a/b" is not the name of a VM.'],
  ["--start-vm", "--start-vm needs the id of a VM."],
  ["--stop-vm", "--stop-vm needs the id of a VM."],
  ["--delete-vm", "--delete-vm needs the id of a VM."],
  ["--start-vm web", '--start-vm: "web" is not a VMID.'],
  ["--stop-vm 12", '--stop-vm: "12" is not a VMID.'],
  ["--delete-vm 9000x", '--delete-vm: "9000x" is not a VMID.'],
  ["910 --stack", "--stack needs the name of a stack."],
];

test("what makes no sense is refused with the usage and exit code 2", async () => {
  for (const [line, message] of INVALID) {
    assert.throws(
      () => translate(line.split(" ").filter(Boolean)),
      (error) => {
        assert.ok(error instanceof UserError, line);
        const [first, usage] = error.message.split("\n");
        assert.deepEqual([line, error.exitCode, first], [line, 2, message]);
        assert.equal(usage, "Usage: phoenix_orchestrator <CTID>… [--dry-run]");
        return true;
      },
    );
  }
  for (const line of ["", "910 --create-vm web", "--stop-vm"]) {
    const { code, stdout, stderr } = await orchestrator(...line.split(" ").filter(Boolean));
    const message = INVALID.find(([invalid]) => invalid === line)?.[1];
    assert.deepEqual([line, code, stdout, stderr.split("\n")[0]], [line, 2, "", message]);
  }
  assert.deepEqual(operations(), []);
});

/** The machine of the dev estate, with the gateway that it depends on and what that is cloned from. */
const BUILD_RUNNER = ["ct-900", "ct-910", "host-prepare", "vm-build-runner-define", "vm-build-runner-power"];

/** Invocation → the command of phoenix, pulumi's operation, and the guests and host's parts among its targets. */
const VALID: [string, string, string | undefined, string[]][] = [
  ["900", "up 900 --yes", "up", ["ct-900", "host-prepare"]],
  ["910 900", "up 910 900 --yes", "up", ["ct-900", "ct-910", "host-prepare"]],
  ["910 --dry-run", "preview 910", "preview", ["ct-900", "ct-910", "host-prepare"]],
  ["--dry-run 910 --stack home", "preview 910 --stack home", "preview", ["ct-900", "ct-910", "host-prepare"]],
  ["--setup-hypervisor", "up host --yes", "up", ["host-*"]],
  ["--setup-hypervisor --dry-run", "preview host", "preview", ["host-*"]],
  [
    "--LetsGo",
    "up containers --yes",
    "up",
    [...["900", "901", "902", "910", "911", "912"].map((id) => `ct-${id}`), "host-prepare"],
  ],
  ["--start-vm 9000 --dry-run", "start 9000 --dry-run", "preview", ["vm-9000-power"]],
  ["--dry-run --stop-vm 9000", "stop 9000 --dry-run", "preview", ["vm-9000-power"]],
  ["--delete-vm 9000 --dry-run", "destroy 9000 --dry-run", undefined, []],
  ["--create-vm build-runner", "up build-runner --yes", "up", BUILD_RUNNER],
  ["--create-vm build-runner --dry-run", "preview build-runner", "preview", BUILD_RUNNER],
  ["--delete-vm 9000 --yes", "destroy 9000 --yes", "destroy", ["vm-9000-define"]],
  ["9002", "up 9002 --yes", "up", BUILD_RUNNER],
  ["9002 --dry-run", "preview 9002", "preview", BUILD_RUNNER],
  ["--stop-vm 9002 --dry-run", "stop 9002 --dry-run", "preview", ["vm-build-runner-power"]],
  ["--delete-vm 9002 --yes", "destroy 9002 --yes", "destroy", ["vm-build-runner-define"]],
];

for (const [line, words, operation, wanted] of VALID) {
  test(`phoenix_orchestrator ${line}`, async () => {
    const { code, stderr } = await orchestrator(...line.split(" "));
    assert.equal(code, 0, stderr);
    const [first, ...rest] = stderr.split("\n");
    assert.equal(first, `+ phoenix ${words}`);
    const calls = operations();
    const asked = calls.at(-1) ?? [];
    assert.equal(asked[0], operation);
    const targets = asked.flatMap((word, at) =>
      asked[at - 1] === "--target" ? [word.split("::").at(-1)!] : [],
    );
    const known = /^(ct-\d+|vm-.*-(define|power)|host-\*|host-prepare)$/;
    assert.deepEqual(targets.filter((name) => known.test(name)).sort(), [...wanted].sort());
    if (operation === undefined) return;
    // The command of pulumi as it was run, but for the log of events.
    const shown = rest.filter((text) => text.startsWith("+ pulumi ")).at(-1) ?? "";
    const unquoted = shown.slice("+ pulumi ".length).replaceAll("'", "").split(" ");
    assert.deepEqual(unquoted, asked.slice(0, asked.indexOf("--event-log")));
  });
}

test("a dry run hands the power state to the preview alone", async () => {
  const before = readFileSync(project.path("Pulumi.home.yaml"));
  assert.equal((await orchestrator("--stop-vm", "9000", "--dry-run")).code, 0);
  const variables = readFileSync(`${record}.env`, "utf8");
  assert.match(variables, /^PHOENIX_POWER=\{"9000":"stopped"\}$/m);
  assert.deepEqual(readFileSync(project.path("Pulumi.home.yaml")), before);
});

test("machines whose entries are gone are refused with the file that had them", async () => {
  const own = { ...env, FAKE_STATE: project.path("state.json") };
  const { code, stderr } = await project.phoenixWith(own, "up", "--yes");
  assert.equal(code, 1, stderr);
  assert.match(
    stderr,
    /^VM 9001 is protected \(protect in its entry\), so their entries cannot just be taken out of environments\/dev\/phoenix_hypervisor_config\.json\. Nothing was changed\.$/m,
  );
  assert.deepEqual(operations(), []);
});

/** Path → digest of every file, without logs and what the fake pulumi notes. */
function tree(): Record<string, string> {
  const ours = /^(\.phoenix\/logs|var-log|record|node_modules|path)/;
  const files = readdirSync(project.root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .filter((file) => !ours.test(file.slice(project.root.length + 1)));
  return Object.fromEntries(
    files.map((file) => [file, createHash("sha256").update(readFileSync(file)).digest("hex")]),
  );
}

test("a dry run changes no file, also where the stack is not made yet", async () => {
  const before = tree();
  for (const line of ["910 --dry-run", "--setup-hypervisor --dry-run", "--delete-vm 9000 --dry-run"]) {
    assert.equal((await orchestrator(...line.split(" "))).code, 0, line);
  }
  const { FAKE_STACKS } = env;
  env.FAKE_STACKS = "[]";
  for (const [line, expected] of [
    ["910 --dry-run", 0],
    ["--setup-hypervisor --dry-run", 0],
    ["--delete-vm 9000 --dry-run", 2],
  ] as const) {
    assert.equal((await orchestrator(...line.split(" "))).code, expected, line);
  }
  env.FAKE_STACKS = FAKE_STACKS;
  assert.deepEqual(tree(), before);
});

test("guests that are unknown, needed or protected are refused before pulumi is asked", async () => {
  const refused: [string, number, RegExp][] = [
    [
      "999 9009",
      2,
      /^The files of stack home have no guest 999, 9009; they have CT 900 template-base, CT 901 template-gpu, CT 902 template-docker, CT 910 gateway, CT 911 model-server, CT 912 web-ui, VM 9002 build-runner\.$/m,
    ],
    [
      "--create-vm runner",
      2,
      /^The files of stack home have no guest runner; they have CT 900 .*, VM build-runner\.$/m,
    ],
    [
      "--start-vm 9009",
      2,
      /^Stack home has no guest 9009; it has CT 900, CT 910, VM 9000, VM 9001, VM 9002 build-runner, VM 9003\.$/m,
    ],
    ["--start-vm 9003", 1, /^VM 9003 is a template and does not run\. Nothing was changed\.$/m],
    [
      "--delete-vm 900 --yes",
      1,
      /^CT 910 stands on CT 900: .* Nothing was changed; .*: phoenix destroy 910 900$/m,
    ],
    [
      "--delete-vm 9001 --yes",
      1,
      /^VM 9001 is protected \(protect in its entry\), so nothing is removed\. Nothing was changed\.$/m,
    ],
    ["--delete-vm 9000", 2, /^phoenix destroy asks before it changes anything, .*: add --yes\.$/m],
  ];
  for (const [line, expected, message] of refused) {
    const { code, stderr } = await orchestrator(...line.split(" "));
    assert.equal(code, expected, line);
    assert.match(stderr, message);
    assert.deepEqual(operations(), [], line);
  }
});

test("the day's log has what was asked, said and answered; a failure's exit code is pulumi's", async () => {
  rmSync(logs, { recursive: true, force: true });
  const failing = { ...env, FAKE_EXIT: "9", FAKE_STATE: project.path("state.json") };
  const { child, finished } = project.start(
    project.path("bin", "phoenix_orchestrator"),
    ["--setup-hypervisor", "--dry-run"],
    failing,
  );
  child.stdin.end();
  assert.notEqual((await finished).code, 0);
  const [name, ...others] = readdirSync(logs);
  assert.deepEqual(others, []);
  assert.match(name ?? "", /^orchestrator_20\d{6}\.log$/);
  const lines = readFileSync(`${logs}/${name}`, "utf8").trim().split("\n");
  assert.match(
    lines[0] ?? "",
    /^\[20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\] phoenix_orchestrator --setup-hypervisor --dry-run$/,
  );
  assert.match(lines[1] ?? "", /\] \+ phoenix preview host$/);
  assert.match(lines.at(-1) ?? "", /\] exit code 9$/);
});

test("where the log's folder may not be written, the project's own has it", async () => {
  const { child, finished } = project.start(project.path("bin", "phoenix_orchestrator"), ["--reconfigure"], {
    ...env,
    PHOENIX_LOGS: "/dev/null/logs",
  });
  child.stdin.end();
  assert.equal((await finished).code, 2);
  const own = readdirSync(project.path(".phoenix", "logs")).filter((name) =>
    name.startsWith("orchestrator_"),
  );
  assert.equal(own.length, 1);
});
