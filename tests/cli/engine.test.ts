import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, beforeEach, test } from "node:test";
import { Project } from "../helpers/project";

const project = new Project();
after(() => project.remove());

const record = project.path("record");
const withPulumi = { PATH: project.narrowPath({ fakePulumi: true }), RECORD: record };
const withoutPulumi = { PATH: project.narrowPath({ fakePulumi: false }), RECORD: record };
const passphrase = { PULUMI_CONFIG_PASSPHRASE: "mine" };
// An address of the range that documentation uses: no host answers there.
const HOST = "192.0.2.10";

writeFileSync(
  project.path("Pulumi.home.yaml"),
  `config:
  phoenix:hypervisorConfig: environments/dev/phoenix_hypervisor_config.json
  phoenix:lxcConfigs: environments/dev/phoenix_lxc_configs.json
  phoenix:address: ${HOST}
`,
);

beforeEach(() => rmSync(record, { force: true }));

/** What the pulumi on PATH was asked, one list of arguments a call. */
function asked(): string[][] {
  if (!existsSync(record)) return [];
  return readFileSync(record, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split("\t"));
}

function environment(): Record<string, string> {
  const lines = readFileSync(`${record}.env`, "utf8").trim().split("\n");
  const pairs = lines.map((line): [string, string] => {
    const equals = line.indexOf("=");
    return [line.slice(0, equals), line.slice(equals + 1)];
  });
  return Object.fromEntries(pairs);
}

test("without a pulumi, a host that is not the lab is refused and nothing is started", async () => {
  assert.deepEqual(
    await project.phoenixWith({ ...withoutPulumi, ...passphrase }, "preview", "--stack", "home"),
    {
      code: 1,
      stdout: "",
      stderr:
        `Stack "home" is the host ${HOST}, and there is no pulumi on PATH.\n` +
        "Install Pulumi (https://www.pulumi.com/docs/install/) and put `pulumi` on PATH;\n" +
        "or accept the lab's stand-in of it for this host with --engine lab.\n",
    },
  );
  assert.equal(existsSync(project.path(".lab")), false);
});

test("the lab's engine serves another host when it is asked for by name", async () => {
  const { code, stdout, stderr } = await project.phoenixWith(
    { ...withoutPulumi, ...passphrase },
    ...["output", "--stack", "home", "--engine", "lab", "--json"],
  );
  assert.deepEqual(
    { code, stdout, stderr },
    {
      code: 0,
      stdout: "{}\n",
      stderr: `stack home · engine lab · host ${HOST}\n`,
    },
  );
});

test("a stack that is neither a file nor a state is told of, with those there are, and not made", async () => {
  // Had one of them made it, the next would find it.
  for (const words of [["output"], ["output", "--json"], ["destroy", "--yes"]]) {
    assert.deepEqual(await project.phoenixWith(withoutPulumi, ...words, "--stack", "no-such"), {
      code: 1,
      stdout: "",
      stderr:
        'There is no stack "no-such": neither Pulumi.no-such.yaml nor a state. ' +
        "Those that there are: dev, home. Nothing was changed.\n",
    });
  }
  assert.equal(existsSync(project.path("Pulumi.no-such.yaml")), false);
  assert.equal(existsSync(project.path(".lab", "no-such")), false);
});

test("the pulumi on PATH gets its flags as they are, after the defaults", async () => {
  const { code, stderr } = await project.phoenixWith(
    { ...withPulumi, ...passphrase },
    ...["preview", "--stack", "home", "--diff", "--json", "--target", "**::910*"],
  );
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^stack home · engine pulumi \(\S+\/pulumi\) · host 192\.0\.2\.10$/m);
  const calls = asked();
  const log = calls.at(-1)?.pop() ?? "";
  assert.match(log, /\/phoenix-events-\w+\/pipe$/);
  assert.deepEqual(calls, [
    ["stack", "export", "--stack", "home"],
    ["stack", "init", "home", "--non-interactive"],
    [
      "preview",
      "--stack",
      "home",
      "--json",
      "--parallel",
      "16",
      "--diff",
      "--target",
      "**::910*",
      "--event-log",
    ],
  ]);
  const { PULUMI_BACKEND_URL = "", PULUMI_CONFIG_PASSPHRASE, PHOENIX_ADDRESS } = environment();
  assert.deepEqual([PULUMI_CONFIG_PASSPHRASE, PHOENIX_ADDRESS], ["mine", undefined]);
  // A preview changes nothing: a stack that is not made yet is made where it is gone afterwards.
  assert.match(PULUMI_BACKEND_URL, /^file:\/\/.*\/phoenix-scratch-/);
  assert.equal(existsSync(new URL(PULUMI_BACKEND_URL)), false);
});

test("up hands over --continue-on-error and an event log; the user's own flags win", async () => {
  await project.phoenixWith(
    { ...withPulumi, ...passphrase },
    ...["up", "--stack", "home", "--yes", "--", "-p", "4", "--expect-no-changes"],
  );
  const [command, ...args] = asked().at(-1) as string[];
  const log = args.pop() as string;
  assert.deepEqual(
    [command, ...args],
    [
      "up",
      "--stack",
      "home",
      "--yes",
      "--skip-preview",
      "--continue-on-error",
      "-p",
      "4",
      "--expect-no-changes",
      "--event-log",
    ],
  );
  assert.match(log, /\/phoenix-events-\w+\/pipe$/);
  assert.match(readdirSync(project.path(".phoenix", "logs")).join(" "), /(^| )home-up-\S+\.jsonl/);
  assert.equal(environment().PULUMI_BACKEND_URL, `file://${project.path(".phoenix", "state")}`);
});

test("CTIDs become targets: those containers and what they need", async () => {
  const { stderr } = await project.phoenixWith(
    { ...withPulumi, ...passphrase },
    ...["up", "900", "--stack", "home", "--yes", "--diff"],
  );
  assert.match(stderr, /^stack home · .*\nonly CT 900 template-base; of the host what they stand on\n$/m);
  const args = asked().at(-1) as string[];
  assert.deepEqual(args.slice(0, 8), [
    ...["up", "--stack", "home", "--yes", "--skip-preview", "--continue-on-error", "--parallel", "16"],
  ]);
  const targets = args.flatMap((word, place) => (args[place - 1] === "--target" ? [word] : []));
  assert.deepEqual(
    targets,
    [
      ...["guests", "guests-template-ubuntu-24.04-standard_24.04-2_amd64.tar.zst"],
      ...["host", "host-admin", "host-admin-account", "host-nvidia"],
      ...["active", "install", "restart", "start-guests", "stop-guests"].map((step) => `host-nvidia-${step}`),
      ...["host-prepare", "host-setup"],
      ...[
        ...["bridge", "bridge-confirm", "chrony", "firewall", "hosts", "log-rotation", "packages"],
        ...["repositories", "resolver", "timezone", "upgrade"],
      ].map((step) => `host-setup-${step}`),
      "host-zfs",
      ...["host-zfs-dataset-bulk-library", "host-zfs-dataset-tank-guests", "host-zfs-pool-bulk"],
      ...["host-zfs-pool-tank", "host-zfs-storage-bulk-library", "host-zfs-storage-tank-guests"],
      ...["ct-900", "ct-900-*"],
    ].map((name) => `**::${name}`),
  );
});

test("pulumi's exit code is phoenix's", async () => {
  const env = { ...withPulumi, ...passphrase, FAKE_EXIT: "0" };
  assert.equal((await project.phoenixWith(env, "output", "--stack", "home")).code, 0);
  const failing = await project.phoenixWith({ ...env, FAKE_EXIT: "9" }, "preview", "--stack", "home");
  assert.equal(failing.code, 9);
});

test("a real host's stack needs a passphrase of the user's", async () => {
  const { code, stderr } = await project.phoenixWith(withPulumi, "preview", "--stack", "home");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /The secrets of stack "home" are encrypted with a passphrase of yours\. Set it, and keep it:\n {2}export PULUMI_CONFIG_PASSPHRASE=/,
  );
  assert.deepEqual(asked(), []);
});

test("a connection left in the environment does not lead a stack to another host", async () => {
  const left = { ...withPulumi, ...passphrase, PHOENIX_ADDRESS: "127.0.0.1" };
  const { code, stderr } = await project.phoenixWith(left, "preview", "--stack", "home");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /PHOENIX_ADDRESS=127\.0\.0\.1 is set in the environment, but stack "home" goes to 192\.0\.2\.10\. Unset PHOENIX_ADDRESS/,
  );
  assert.deepEqual(asked(), []);
});

test("a stack with a host of its own has no lab machine", async () => {
  const { code, stderr } = await project.phoenix("lab", "start", "--stack", "home");
  assert.equal(code, 1);
  assert.equal(stderr, 'Stack "home" has a host of its own (phoenix:address), so no lab machine.\n');
  assert.equal(existsSync(project.path(".lab")), false);
});

/** Runs phoenix on a terminal of its own and types a line when it asks. */
async function onTerminal(command: string, answer: string): Promise<string> {
  const { child, finished } = project.start(
    "timeout",
    ["30", "script", "-qefc", `bin/phoenix ${command}`, "/dev/null"],
    {
      ...withPulumi,
      ...passphrase,
      PATH: `${withPulumi.PATH}:${process.env.PATH}`,
    },
  );
  let said = "";
  child.stdout.on("data", (data: Buffer) => {
    said += data.toString();
    if (!/\[yes\/.*no\]/.test(said)) return;
    said = "";
    child.stdin.write(`${answer}
`);
  });
  return (await finished).stdout.replaceAll("\r\n", "\n");
}

test("up shows the plan and asks: no, and an end of the input, changes nothing, yes converges without showing it again", async () => {
  const operations = () =>
    asked()
      .filter(([command]) => command !== "stack")
      .map(([command]) => command);
  const refused = await onTerminal("up --stack home", "no");
  assert.match(refused, /Converge the host\? \[yes\/details\/no\]/);
  assert.match(refused, /Nothing was changed\./);
  assert.deepEqual(operations(), ["preview"]);
  rmSync(record);
  // ^D: nobody is there to answer.
  assert.match(await onTerminal("up --stack home", "\x04"), /Nothing was changed\./);
  assert.deepEqual(operations(), ["preview"]);
  rmSync(record);
  await onTerminal("up --stack home", "yes");
  assert.deepEqual(operations(), ["preview", "up"]);
});

test("one question tells the state of a stack and whether there is one; a made one is not made again", async () => {
  const questions = async (env: NodeJS.ProcessEnv, ...words: string[]) => {
    rmSync(record, { force: true });
    const { code } = await project.phoenixWith({ ...withPulumi, ...passphrase, ...env }, ...words);
    return [code, ...asked().map(([command, word]) => (command === "stack" ? word : command))];
  };
  const made = { FAKE_STACKS: '[{"name":"home"}]' };
  for (const command of ["preview", "up", "refresh", "destroy"])
    assert.deepEqual(await questions(made, command, "--stack", "home", "--yes"), [0, "export", command]);
  assert.deepEqual(await questions(made, "output", "--stack", "home"), [0, "export", "output"]);
  assert.deepEqual(await questions({}, "up", "--stack", "home", "--yes"), [0, "export", "init", "up"]);
});

test("a service's stack of another organization is not made a second time", async () => {
  const service = {
    ...withPulumi,
    ...{ PULUMI_BACKEND_URL: "https://pulumi.example", FAKE_STACKS: '[{"name":"others/home"}]' },
  };
  assert.deepEqual(await project.phoenixWith(service, "up", "--stack", "home", "--yes"), {
    code: 6,
    stdout: "",
    stderr: "pulumi stack export failed:\nerror: no stack named 'home' found\n",
  });
  assert.deepEqual(asked(), [
    ["stack", "export", "--stack", "home"],
    ["stack", "ls", "--json", "--non-interactive"],
  ]);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`${signal} reaches the engine as one SIGINT, and phoenix waits for its exit code`, async () => {
    const { child, finished } = project.start(
      project.path("bin", "phoenix"),
      ["up", "--stack", "home", "--yes"],
      { ...withPulumi, ...passphrase, WAIT_FOR_SIGNAL: "1" },
    );
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill(signal);
    assert.equal((await finished).code, 7);
    assert.equal(asked().filter(([word]) => word === "INT").length, 1);
  });
}

test("a host whose address is encrypted, or comes from Pulumi ESC, is never taken for the lab", async () => {
  const files =
    "  phoenix:hypervisorConfig: environments/dev/phoenix_hypervisor_config.json\n" +
    "  phoenix:lxcConfigs: environments/dev/phoenix_lxc_configs.json\n";
  writeFileSync(
    project.path("Pulumi.hidden.yaml"),
    `config:\n${files}  phoenix:address:\n    secure: v1:x:y\n`,
  );
  const hidden = await project.phoenixWith(
    { ...withoutPulumi, ...passphrase },
    "preview",
    "--stack",
    "hidden",
  );
  assert.equal(hidden.code, 1);
  assert.match(
    hidden.stderr,
    /^Stack "hidden" is the host \(address encrypted\), and there is no pulumi on PATH\.\n/,
  );
  writeFileSync(project.path("Pulumi.esc.yaml"), `environment:\n  - mine\nconfig:\n${files}`);
  const esc = await project.phoenixWith({ ...withPulumi, ...passphrase }, "up", "--yes", "--stack", "esc");
  assert.deepEqual(
    [esc.code, esc.stdout, esc.stderr, asked()],
    [
      1,
      "",
      'Pulumi.esc.yaml takes settings from Pulumi ESC (environment:), so whether stack "esc" is a host or the lab ' +
        "cannot be determined: put phoenix:address into the file itself.\n",
      [],
    ],
  );
  const lab = await project.phoenixWith(withoutPulumi, "lab", "status", "--stack", "hidden");
  assert.match(lab.stderr, /^Stack "hidden" has a host of its own/);
});
