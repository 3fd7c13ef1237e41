// What every host script shows, run by this machine's bash as the engine's plugin has it run on a node.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { scriptText } from "../../components/host/script";
import { scratch } from "../helpers/scratch";
import { scriptOf } from "../helpers/scripts";

const inside = scriptOf("host", "inside");

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  seconds: number;
}

/** A node of its own for each test: where scripts keep locks, logs and state. */
function place() {
  const folder = scratch();
  const environment = {
    ...process.env,
    PHOENIX_RUN: join(folder, "run"),
    PHOENIX_LOGS: join(folder, "logs"),
    PHOENIX_STATE: join(folder, "state"),
  };
  const start = (text: string) => spawn("bash", ["-c", `${scriptText()}\n${text}`], { env: environment });
  const run = async (text: string, firstSaid: () => void = () => undefined): Promise<Ran> => {
    const began = Date.now();
    const child = start(text);
    const said = { stdout: "", stderr: "" };
    child.stdout.on("data", (data: Buffer) => (said.stdout += data.toString("latin1")));
    child.stderr.on("data", (data: Buffer) => (said.stderr += data.toString("latin1")));
    child.stderr.once("data", firstSaid);
    const code = await new Promise<number>((done) => child.on("close", (value) => done(value ?? 255)));
    return { ...said, code, seconds: (Date.now() - began) / 1000 };
  };
  return { folder, start, run };
}

const longest = (text: string) => Math.max(...text.split("\n").map((line) => line.length));
/** One that is drawn again and again without a line's end: 130 KB. */
const progress =
  "for ((i = 0; i < 2000; i++)); do printf '\\rpulling layer %3d%% |##########----------| 1.2 GB of 4.7 GB' $((i / 20)); done";

describe("what a script shows", () => {
  it("a carriage return ends a line, and a progress bar before a failure shows its last states", async () => {
    const { folder, run } = place();
    const { code, stderr } = await run(`log_as pull; ${progress}; exit 3`);
    const lines = stderr.trimEnd().split("\n");
    assert.equal(code, 1);
    assert.equal(lines.length, 21);
    assert.equal(lines[19], "pulling layer  99% |##########----------| 1.2 GB of 4.7 GB");
    assert.match(
      lines[20]!,
      /^phoenix: a command failed with exit code 3 \(all of its output: .*pull\.log on /,
    );
    assert.ok(readFileSync(join(folder, "logs/pull.log"), "utf8").includes("\rpulling layer  99% |###"));
  });

  it("a progress bar of an earlier run without a line's end is not taken for this run's", async () => {
    const { run } = place();
    await run(`log_as pull; ${progress}`);
    const { stderr } = await run("log_as pull; echo the reason; exit 4");
    assert.match(stderr, /^the reason\nphoenix: a command failed with exit code 4 /);
  });

  for (const [where, log] of [
    ["of a step with a log", "log_as long;"],
    ["of a step without one", ""],
  ] as const) {
    it(`a line of 200 KB ${where} is cut, with a mark, and the reason behind it is shown`, async () => {
      const { run } = place();
      const { stderr } = await run(
        `${log} printf 'x%.0s' {1..200000}; echo; err "it broke: $(printf 'y%.0s' {1..90000})"`,
      );
      assert.ok(longest(stderr) < 2200, String(longest(stderr)));
      assert.match(stderr, /^x{2000} \[\S+ the line goes on\]$/m);
      assert.match(stderr, /^phoenix: it broke: y{1000,1500}\S{3}( \(all of its output: \S+ on \S+\))?\n$/m);
    });
  }

  it("escape sequences and control characters never come through, from no tool and in no result", async () => {
    const { run } = place();
    const text =
      "\\033[2J\\033[31mred\\033[0m \\033]0;title\\007bell\\033]8;;http://x\\033\\\\link\\033(B\\tx\\002\\230\\302\\2331m \\303\\251 \\342\\200\\256back\\n";
    const { stderr, stdout } = await run(`printf '${text}'; changed "$(printf '${text}')"; report`);
    const shown = "red belllink\tx1m \xc3\xa9 back";
    assert.equal(stderr, `${shown}\n${shown}\n`);
    assert.deepEqual(JSON.parse(Buffer.from(stdout, "latin1").toString()), {
      changed: true,
      did: ["red belllink\tx1m é back"],
    });
  });

  it("what a step shows has an end, and its last lines are there", async () => {
    const { run } = place();
    const { code, stderr } = await run("seq 1000000; err it broke");
    assert.equal(code, 1);
    assert.ok(stderr.length < 250_000, String(stderr.length));
    assert.match(stderr, /\n1000000\nphoenix: it broke\n$/);
    assert.match(stderr, /^1\n2\n3\n/);
  });

  it("bytes that are no text do no harm, and the log keeps them", async () => {
    const { folder, run } = place();
    const { stderr } = await run("log_as bytes; printf 'a\\377b\\000c\\n'; exit 5");
    assert.match(stderr, /^abc\nphoenix: a command failed with exit code 5/);
    assert.ok(readFileSync(join(folder, "logs/bytes.log"), "latin1").includes("a\xffb\0c\n"));
  });

  it("a guest that tells of thousands of things that it did makes no long result", async () => {
    const { run } = place();
    const { stdout } = await run(
      `${readFileSync(inside, "utf8")}
      log_as did; for i in {1..5000}; do printf 'phoenix-did: %d %01000d\\n' $i 0; done
      read_settings <<<'{"reports": true}'; report_inside 'CT 910' feature_own.sh; report`,
    );
    assert.ok(longest(stdout) < 60_000, String(longest(stdout)));
    assert.equal((JSON.parse(stdout) as { did: string[] }).did.length, 50);
  });
});

describe("locks", () => {
  const holding = async (start: ReturnType<typeof place>["start"], text: string) => {
    const child = start(`${text}; say held; read -r _`);
    await new Promise((done) => child.stderr.once("data", done));
    return child;
  };

  it("a run that waits says for what, for whom and for how long, and goes on by itself", async () => {
    const { folder, start, run } = place();
    const first = await holding(start, "log_as ct-110-application; lock guest-110 60");
    const { code, stderr } = await run("lock guest-110 600; echo mine", () => first.stdin.end("\n"));
    assert.equal(code, 0);
    assert.match(
      stderr,
      new RegExp(
        `^waiting for ${folder}/run/guest-110\\.lock, for \\d+ s now and 600 s at most: process ${first.pid} has it since [0-9:]{8} \\(ct-110-application\\.log\\)\nmine\n$`,
      ),
    );
  });

  it("one that waits in vain ends with who has the lock", async () => {
    const { folder, start, run } = place();
    const first = await holding(start, "lock apt 60");
    const { code, stderr } = await run("lock apt 1");
    first.stdin.end("\n");
    assert.equal(code, 1);
    assert.match(
      stderr,
      new RegExp(
        `^phoenix: another run still holds ${folder}/run/apt\\.lock after 1 s: process ${first.pid} has it since \\S+; run again when it has ended\n$`,
      ),
    );
  });

  it("a link in the place of the folder is refused, and what it leads to is left alone", async () => {
    const { folder, run } = place();
    mkdirSync(join(folder, "elsewhere"));
    writeFileSync(join(folder, "elsewhere", "a.lock"), "precious");
    const { code, stderr } = await run(`ln -s '${folder}/elsewhere' "$PHOENIX_RUN"; lock a 5`);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^phoenix: \S+\/run is not a folder of root's own on .*; look who made it, remove it, and run again\n$/,
    );
    assert.equal(readFileSync(join(folder, "elsewhere", "a.lock"), "utf8"), "precious");
  });
});

describe("what a killed step leaves", () => {
  it("is cleared by the next one, and nothing of a process that lives or of somebody else", async () => {
    const { folder, start, run } = place();
    const text = `scratch_folder F; mkdir -p '${folder}/etc'; echo new | store_file '${folder}/etc/a' || true`;
    // Killed with a folder made and a file half written.
    const killed = start(
      `scratch_folder F; mkdir -p '${folder}/etc'; (new_part '${folder}/etc/a') >/dev/null; say held; read -r _`,
    );
    await new Promise((done) => killed.stderr.once("data", done));
    const alive = start(`scratch_folder F; (new_part '${folder}/etc/a') >/dev/null; say held; read -r _`);
    await new Promise((done) => alive.stderr.once("data", done));
    writeFileSync(join(folder, "etc", ".phoenix.ab.mine"), "");
    mkdirSync(join(folder, "run", "step.mine"));
    killed.kill("SIGKILL");
    await new Promise((done) => killed.once("exit", done));
    const list = () => run(`cd '${folder}' && ls -A etc run`).then(({ stderr }) => stderr);
    assert.match(
      await list(),
      new RegExp(`\\.phoenix\\.a\\.${killed.pid}-\\d+\\.\\w{6}[^]*step\\.${killed.pid}-`),
    );
    await run(text);
    const left = await list();
    assert.doesNotMatch(left, new RegExp(`\\b${killed.pid}-`));
    assert.match(left, new RegExp(`\\.phoenix\\.a\\.${alive.pid}-\\d+\\.\\w{6}[^]*step\\.${alive.pid}-`));
    assert.match(left, /^\.phoenix\.ab\.mine$/m);
    assert.match(left, /^step\.mine$/m);
    assert.equal(readFileSync(join(folder, "etc", "a"), "utf8"), "new\n");
    alive.stdin.end("\n");
  });
});
