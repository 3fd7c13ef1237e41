/** Secrets and escape sequences: neither logs nor terminals get them, whatever the engine is told to talk of. */
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { after, before, beforeEach, describe, test } from "node:test";
import { eventRedactor, Lines, redactor } from "../../cli/logging/redact";
import { plain } from "../../cli/plain";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";

const KEY_LINE = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ";
const KEY = `-----BEGIN OPENSSH PRIVATE KEY-----\n${KEY_LINE}\n-----END OPENSSH PRIVATE KEY-----\n`;
/** As the SDK tells a secret in debug mode: a mark, and the value behind it. */
const MARKED =
  "privateKey,,,,,4dabf18193072939515e22adb298388d,,,1b47061264138c4ac30d75fd1eb44270,value,,,unknown to us,,,";

describe("what is taken out of a text", () => {
  const redact = redactor(['api "pass"\\word', KEY, "ab"]);

  test("a secret as it is, within JSON, and within JSON within JSON; one of two letters stays", () => {
    const once = JSON.stringify({ password: 'api "pass"\\word' });
    assert.equal(redact('is api "pass"\\word, ab'), "is [secret], ab");
    assert.equal(redact(once), '{"password":"[secret]"}');
    assert.equal(redact(JSON.stringify({ once })), '{"once":"{\\"password\\":\\"[secret]\\"}"}');
  });

  test("a key as a whole, in JSON, and line by line", () => {
    assert.equal(redact(`key ${KEY}`), "key [secret]");
    assert.equal(redact(JSON.stringify(KEY)), '"[secret]"');
    assert.equal(redact(`  ${KEY_LINE}  `), "  [secret]  ");
  });

  test("everything behind Pulumi's mark of a secret, known or not", () => {
    assert.equal(redact(`resp: ${MARKED}\n`).includes("unknown to us"), false);
  });

  test("an event stays JSON, and keeps what it is about; half a line is no exception", () => {
    const events = eventRedactor(redactor(["create"]));
    const event = { resourcePreEvent: { metadata: { op: "create", urn: "create" }, planning: true } };
    assert.deepEqual(JSON.parse(events(JSON.stringify(event))), event);
    assert.deepEqual(JSON.parse(events('{"diagnosticEvent":{"message":"create it"}}')), {
      diagnosticEvent: { message: "[secret] it" },
    });
    assert.equal(events('{"diagnosticEvent":{"message":"create'), '{"diagnosticEvent":{"message":"[secret]');
  });

  test("lines are whole, however they come in", () => {
    const got: string[] = [];
    const lines = new Lines((line) => got.push(line));
    const bytes = Buffer.from("eins\nzwölf\ndrei");
    for (const byte of bytes) lines.add(Buffer.from([byte]));
    lines.end();
    assert.deepEqual(got, ["eins\n", "zwölf\n", "drei"]);
  });
});

test("a terminal gets no escape sequence, and no other control character", () => {
  assert.equal(plain("a\u001b[31mred\u001b[0m\tb\r\nc"), "ared\tb\nc");
  assert.equal(plain("\u001b]0;title\u0007x\u001b]52;c;ZXZpbA==\u001b\\y"), "xy");
  assert.equal(plain("50%\r100%\u0008\u009b2J\u001bc\u202e"), "50%\\u000d100%\\u0008\\u009b2J\\u202e");
});

const project = new Project();
after(() => project.remove());
const record = project.path("record");
const talk = project.path("talk");
const secrets = [
  "api-password-1",
  "samba-password-2",
  "admin-hash-3",
  "passphrase-4",
  "$y$j9T$abcdefghijklmnopqrstu1$ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq",
  "nested-6",
  KEY_LINE,
];
const env = {
  PATH: project.narrowPath({ fakePulumi: true }),
  RECORD: record,
  FAKE_TALK: talk,
  FAKE_CONFIG: JSON.stringify({
    "phoenix:adminPasswordHash": { value: "admin-hash-3", secret: true },
    "phoenix:more": { value: '{"a":{"b":"nested-6"}}', objectValue: { a: { b: "nested-6" } }, secret: true },
    "phoenix:address": { value: "192.0.2.10", secret: false },
  }),
  PHOENIX_API_PASSWORD: "api-password-1",
  PHOENIX_SAMBA_PASSWORD_MEDIA: "samba-password-2",
  PULUMI_CONFIG_PASSPHRASE: "passphrase-4",
};
const logs = project.path(".phoenix", "logs");
const newestLog = () => {
  const files = readdirSync(logs).map((name) => `${logs}/${name}`);
  return readFileSync(
    files.sort((one, other) => statSync(one).mtimeMs - statSync(other).mtimeMs).at(-1)!,
    "utf8",
  );
};
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

before(() => {
  const host = JSON.parse(
    readFileSync(project.path("environments", "dev", "phoenix_hypervisor_config.json"), "utf8"),
  ) as { users: Record<string, string> };
  host.users["password_hash"] = "$y$j9T$abcdefghijklmnopqrstu1$ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq";
  writeFileSync(project.path("environments", "dev", "other.json"), JSON.stringify(host));
  writeFileSync(project.path("key"), KEY, { mode: 0o600 });
  writeFileSync(
    project.path("Pulumi.home.yaml"),
    "config:\n  phoenix:hypervisorConfig: environments/dev/other.json\n" +
      "  phoenix:lxcConfigs: environments/dev/phoenix_lxc_configs.json\n" +
      "  phoenix:address: 192.0.2.10\n  phoenix:privateKeyFile: key\n",
  );
  const message = `all of ${secrets.join(" ")} and ${KEY}`;
  const event = (text: string) => JSON.stringify({ diagnosticEvent: { severity: "debug", message: text } });
  writeFileSync(
    talk,
    `${event(message)}\n${event(MARKED)}\n${event("harmless")}\n${event(message).slice(0, -3)}`,
  );
});
beforeEach(() => {
  for (const file of [record, `${record}.done`]) rmSync(file, { force: true });
});

function assertTold(text: string, where: string, which = secrets): void {
  for (const secret of which) assert.equal(text.includes(secret), false, `${where} tells ${secret}: ${text}`);
  assert.match(text, /"harmless"/, where);
}

const levels = [
  ["--debug"],
  ["-d"],
  ["-v", "9"],
  ["-v=11"],
  ["-v11"],
  ["--verbose=11", "--logflow"],
  ["--logtostderr", "--debug"],
];
for (const flags of levels) {
  test(`up ${flags.join(" ")} tells no secret, on the terminal or in its log`, async () => {
    const { code, stdout, stderr } = await project.phoenixWith(
      env,
      "up",
      "--stack",
      "home",
      "--yes",
      ...flags,
    );
    assert.equal(code, 0, stderr);
    assertTold(stdout, "stdout");
    assertTold(stderr, "stderr");
    assertTold(newestLog(), "the log");
    if (flags.some((flag) => flag.startsWith("-v") || flag.startsWith("--verb")))
      assert.match(readFileSync(record, "utf8"), /\t--logtostderr$/m);
  });
}

test("variables that make Pulumi talk count as flags; files of its own are named", async () => {
  const loud = { ...env, PULUMI_DEBUG_GRPC: project.path("grpc.json") };
  const { stdout, stderr } = await project.phoenixWith(
    loud,
    "preview",
    "--stack",
    "home",
    "--tracing",
    "file:trace",
  );
  assertTold(stdout, "stdout");
  assert.match(
    stderr,
    /^--tracing and PULUMI_DEBUG_GRPC: Pulumi writes there what phoenix cannot read through, secrets in clear\./m,
  );
});

test("without such flags the log still has no secret of the environment and of files", async () => {
  await project.phoenixWith(env, "up", "--stack", "home", "--yes");
  assertTold(
    newestLog(),
    "the log",
    secrets.filter((secret) => !["admin-hash-3", "nested-6"].includes(secret)),
  );
});

test("logs are for their owner alone, those of before too", async () => {
  mkdirSync(logs, { recursive: true });
  writeFileSync(`${logs}/old.jsonl`, "{}\n");
  chmodSync(`${logs}/old.jsonl`, 0o644);
  chmodSync(logs, 0o755);
  await project.phoenixWith(env, "preview", "--stack", "home");
  assert.equal(modeOf(logs), "700");
  assert.deepEqual([...new Set(readdirSync(logs).map((name) => modeOf(`${logs}/${name}`)))], ["600"]);
});

test("a log of the user's own choice is kept in the same way", async () => {
  const own = project.path("own.jsonl");
  await project.phoenixWith(env, "up", "--stack", "home", "--yes", "--debug", `--event-log=${own}`);
  assertTold(readFileSync(own, "utf8"), "the log");
  assert.equal(modeOf(own), "600");
});

test("an engine that is killed leaves a log without secrets", async () => {
  const { code } = await project.phoenixWith(
    { ...env, FAKE_DIES: "true" },
    "up",
    "--stack",
    "home",
    "--yes",
    "--debug",
  );
  assert.equal(code, 137);
  assertTold(newestLog(), "the log");
});

test("so does a phoenix that is killed, and the engine never waits for a reader", async () => {
  // More than a pipe takes.
  const event = JSON.stringify({ diagnosticEvent: { severity: "debug", message: secrets.join(" ") } });
  const large = project.path("large");
  writeFileSync(large, `${`${event}\n`.repeat(3000)}{"message":"harmless"}\n`);
  const { child, finished } = project.start(
    project.path("bin", "phoenix"),
    ["up", "--stack", "home", "--yes", "--debug"],
    { ...env, FAKE_TALK: large, FAKE_PAUSE: "true" },
  );
  child.stdin.end();
  await new Promise<void>((paused) => {
    child.stdout.on("data", (data: Buffer) => data.includes("pausing") && paused());
  });
  child.kill("SIGKILL");
  await finished;
  const until = async (what: () => boolean) => {
    for (const end = Date.now() + 20_000; !what();) {
      assert.ok(Date.now() < end, "waited 20 s");
      await new Promise((wait) => setTimeout(wait, 20));
    }
  };
  await until(() => existsSync(`${record}.done`));
  await until(() => newestLog().includes('"harmless"'));
  assertTold(newestLog(), "the log");
  assert.equal(newestLog().split("\n").length, 3002);
});

test("the lab's engine: a debugging preview tells no secret either", async () => {
  const stack = new LabStack(project, "dev");
  after(() => stack.lab("stop"));
  const { stdout, stderr } = await stack.phoenix("preview", "--debug");
  const keys = project.path(".lab", "dev", "keys");
  const own = [
    readFileSync(`${keys}/password`, "utf8"),
    readFileSync(`${keys}/id_ed25519`, "utf8").split("\n")[1] ?? "",
  ];
  const log = newestLog();
  assert.match(log, /RegisterResource RPC finished: resource:host-prepare/);
  for (const secret of own) {
    assert.ok(secret.length > 20);
    assert.equal((stdout + stderr + log).includes(secret), false);
  }
});
