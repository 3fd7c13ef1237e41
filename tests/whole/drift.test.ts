/* What somebody changes on a node by hand: shown by a preview, put right by an up. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { latestLog, stepsOf } from "../helpers/steps";

const stack = new LabStack(new Project(), "dev");
const { project } = stack;

before(async () => {
  await stack.start();
  await stack.done("up", "--yes");
});
after(() => stack.stop());

/** What is changed by hand, and how each step tells of it. */
const change = [
  "zfs set compression=off tank/guests",
  "timedatectl set-timezone Asia/Tokyo",
  "echo '# by hand' >>/etc/samba/phoenix.conf",
].join("; ");
const drifted = {
  "host-setup-timezone": ["timezone: is Asia/Tokyo, wanted Etc/UTC"],
  "host-zfs-dataset-tank-guests": ["dataset tank/guests compression: is off, wanted lz4"],
  "host-samba-conf": ["/etc/samba/phoenix.conf: is edited by hand, wanted as Phoenix wrote it"],
};
const steps = Object.keys(drifted);
const changeByHand = () => stack.host("bash", "-c", change);

/** What `phoenix drift` finds, and its exit code. */
async function found(...words: string[]): Promise<{ code: number; drifted: object; failed: object }> {
  const { code, stdout, stderr } = await stack.phoenix("drift", ...words, "--json");
  assert.ok(stdout.startsWith("{"), stderr);
  return { code, ...(JSON.parse(stdout) as { drifted: object; failed: object }) };
}

const nothing = { code: 0, drifted: {}, failed: {} };

/** `ct-910-configure update [diff: +environment]`, as the engine prints a step that has drifted. */
const updated = (text: string) =>
  [...text.matchAll(/Command (\S+) update \[diff: [+~]environment\]/g)].map(([, name]) => name);

interface Exported {
  deployment: { resources: { urn: string; type: string; inputs: Record<string, unknown> }[] };
}

async function commands() {
  const { stdout } = await stack.pulumi("stack", "export", "--stack", "dev");
  const { resources } = (JSON.parse(stdout) as Exported).deployment;
  return resources.filter(({ type }) => type === "command:remote:Command");
}

const nameOf = ({ urn }: { urn: string }) => urn.split("::").at(-1)!;

describe("drift", () => {
  test("every step of an up is noted on the node as applied, and nothing has drifted behind it", async () => {
    const notes = (await stack.host("ls", "/var/lib/phoenix/applied/phoenix-dev")).trim().split("\n");
    const names = (await commands()).map((each) => nameOf(each).replaceAll("/", "%"));
    assert.deepEqual(notes.sort(), names.sort());
    assert.deepEqual(await found(), nothing);
  });

  test("a preview shows what was changed by hand and why, and changes nothing", async () => {
    await changeByHand();
    const { code, stdout, stderr } = await stack.phoenix("preview");
    assert.equal(code, 0, stderr);
    assert.deepEqual(updated(stdout).sort(), [...steps].sort());
    assert.match(stdout, /~ 3 to update/);
    const told = Object.entries(drifted).map(([step, [text]]) => `\n  ${step}\n    ${text}\n`);
    assert.match(stderr, /3 steps have drifted and would run again:/);
    for (const text of told) assert.ok(stderr.includes(text), stderr);
    assert.deepEqual(await found(), { code: 1, drifted, failed: {} });
  });

  test("so does plain pulumi, with the text as the step's property", async () => {
    const { code, stdout } = await stack.pulumi("preview", "--stack", "dev", "--diff");
    assert.equal(code, 0, stdout);
    for (const [text] of Object.values(drifted))
      assert.match(
        stdout,
        new RegExp(`LC_PHOENIX_DRIFT: "${text!.replaceAll(/[./]/g, "\\$&")} \\(seen 2\\d{3}-[^)]+Z\\)"`),
      );
  });

  test("of some guests, what stands below them", async () => {
    const below = await found("910");
    assert.deepEqual(
      Object.keys(below.drifted).sort(),
      steps.filter((step) => step !== "host-samba-conf").sort(),
    );
    assert.deepEqual((await found("host")).drifted, drifted);
  });

  test("show tells of it and runs nothing; off does not look", async () => {
    await stack.pulumi("config", "set", "--stack", "dev", "phoenix:drift", "show");
    const shown = await stack.phoenix("up", "--yes", "--expect-no-changes");
    assert.equal(shown.code, 0, shown.stderr);
    for (const [step, [text]] of Object.entries(drifted))
      assert.ok(shown.stdout.includes(`warning: ${step} has drifted: ${text}`), shown.stdout);
    await stack.pulumi("config", "set", "--stack", "dev", "phoenix:drift", "off");
    await stack.resetStats();
    const off = await stack.done("up", "--yes", "--expect-no-changes");
    assert.doesNotMatch(off, /drift/);
    assert.equal((await stack.stats()).sshConnections, 0);
    await stack.pulumi("config", "rm", "--stack", "dev", "phoenix:drift");
    assert.equal((await found()).code, 1);
  });

  test("a setting that is none of these is a mistake with its remedy", async () => {
    const run = project.start(
      project.path("bin", "phoenix"),
      ["preview", "--stack", "dev", "--engine", "lab"],
      {
        PHOENIX_DRIFT: "mend",
      },
    );
    const { code, stdout } = await run.finished;
    assert.notEqual(code, 0);
    assert.match(stdout, /phoenix:drift.*is none of repair, show, off/);
  });

  test("an up runs these steps and no other, and the next one is silent", async () => {
    await stack.done("up", "--yes");
    assert.deepEqual([...stepsOf(latestLog(project, "dev", "up")).keys()].sort(), [...steps].sort());
    assert.equal(
      (await stack.host("zfs", "get", "-H", "-o", "value", "compression", "tank/guests")).trim(),
      "lz4",
    );
    await stack.resetStats();
    await stack.done("up", "--yes", "--expect-no-changes");
    assert.deepEqual(await stack.stats(), { sshConnections: 1, commands: 2, apiRequests: 3 });
    assert.deepEqual(await found(), nothing);
  });

  test("a step of which the settings change and the node too is a change of settings alone", async () => {
    await stack.host("rm", "/var/lib/phoenix/applied/phoenix-dev/host-setup-timezone");
    await stack.host("timedatectl", "set-timezone", "Asia/Tokyo");
    assert.deepEqual(await found(), nothing);
    await stack.host("timedatectl", "set-timezone", "Etc/UTC");
  });

  test("where sshd refuses the variable, drift is told with the remedy, and what ran by it is silent", async () => {
    await stack.host("bash", "-c", "echo 'PermitRootLogin yes' >/etc/ssh/sshd_config");
    await stack.host("zfs", "set", "compression=off", "tank/volumes");
    const { code, stdout } = await stack.phoenix("up", "--yes");
    assert.equal(code, 0, stdout);
    assert.match(
      stdout,
      /warning: host-zfs-dataset-tank-volumes has drifted: dataset tank\/volumes compression: is off/,
    );
    assert.match(
      stdout,
      /warning: what has drifted is not put right: sshd on the node refuses .*AcceptEnv LANG LC_\*/,
    );
    for (const each of await commands()) assert.equal(each.inputs.environment, undefined, nameOf(each));
    await stack.host("rm", "/etc/ssh/sshd_config");
    await stack.done("up", "--yes");
    assert.deepEqual([...stepsOf(latestLog(project, "dev", "up")).keys()], ["host-zfs-dataset-tank-volumes"]);
    assert.deepEqual(await found(), nothing);
  });

  test("a node that refuses connections is one line, and the preview goes on without", async () => {
    await stack.lab("fault", "add", "refuse", "--only", "ssh");
    const { code, stdout } = await stack.phoenix("preview", "--expect-no-changes");
    assert.equal(code, 0, stdout);
    assert.match(stdout, /warning: the node could not be looked at: .*; drift is not shown/);
    const asked = await stack.phoenix("drift");
    assert.equal(asked.code, 1);
    assert.match(asked.stderr, /The host could not be looked at: /);
    await stack.lab("fault", "clear");
    assert.deepEqual(await found(), nothing);
  });

  test("a node from which somebody took jq: it comes back, and then everything else is looked at", async () => {
    await stack.host("apt-get", "-q", "-y", "remove", "jq");
    await stack.host("zfs", "set", "compression=gzip-9", "tank/guests");
    const without = ["package jq: is missing, wanted installed (nothing else is looked at without it)"];
    assert.deepEqual(await found(), { code: 1, drifted: { "host-prepare": without }, failed: {} });
    await stack.done("up", "--yes");
    assert.deepEqual(await found(), {
      code: 1,
      drifted: {
        "host-zfs-dataset-tank-guests": ["dataset tank/guests compression: is gzip-9, wanted lz4"],
      },
      failed: {},
    });
    await stack.done("up", "--yes");
    assert.deepEqual(await found(), nothing);
  });

  test("destroy leaves no note", async () => {
    await stack.done("destroy", "--yes");
    assert.equal((await stack.host("ls", "/var/lib/phoenix")).includes("applied"), false);
  });
});
