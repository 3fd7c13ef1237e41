/* How a host script reads its settings and tells its result: the prelude alone, on this machine. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { scriptText } from "../../components/host/script";

/** Runs a script's last lines behind the prelude. */
function run(input: string, ...lines: string[]) {
  const text = [scriptText(), ...lines].join("\n");
  const { status, stdout, stderr } = spawnSync("bash", ["-c", text], {
    input,
    encoding: "utf8",
    maxBuffer: 16 << 20,
  });
  return { status, stdout, stderr };
}

/** What `load` makes of these paths, each between brackets. */
function loaded(settings: unknown, ...paths: string[]): string {
  const pairs = paths.map((path, index) => `v${index}='${path}'`).join(" ");
  const shown = paths.map((_, index) => `"$v${index}"`).join(" ");
  const { status, stdout, stderr } = run(
    JSON.stringify(settings),
    `read_settings; load ${pairs}; printf '[%s]' ${shown} >&3`,
  );
  assert.equal(status, 0, stderr);
  return stdout;
}

describe("settings", () => {
  it("texts, numbers and flags by their path; what is not there, or is null, is nothing", () => {
    const settings = {
      name: "web",
      size: 123456789012,
      on: false,
      net: { ip: "dhcp", vlan: { id: 7 } },
      none: null,
    };
    assert.equal(
      loaded(settings, "name", "size", "on", "net.ip", "net.vlan.id", "none", "absent", "net.absent"),
      "[web][123456789012][false][dhcp][7][][][]",
    );
  });

  it("any text stays what it is", () => {
    const texts = [
      "",
      " ",
      "* ? [a]",
      "a\nb\n",
      "$(id) `id` $HOME",
      "'\"\\",
      "tab\there",
      "größe → €",
      "\u0001\u001f",
    ];
    const paths = texts.map((_, index) => `texts.t${index}`);
    const settings = { texts: Object.fromEntries(texts.map((text, index) => [`t${index}`, text])) };
    assert.equal(loaded(settings, ...paths), texts.map((text) => `[${text}]`).join(""));
  });

  it("a NUL byte, which bash cannot keep, does not pass for another value", () => {
    assert.equal(loaded({ name: "web\0.tag\0root", tag: "own" }, "name", "tag"), "[][own]");
    assert.equal(loaded({ "x\0.tag": "root", tag: "own" }, "tag"), "[own]");
  });

  it("lists, their items a line each; an empty and an absent one have none", () => {
    const { stdout, stderr } = run(
      JSON.stringify({ a: ["one", "two words", 3, true], b: [], c: { d: ["deep"] } }),
      "read_settings; for path in a b absent c.d; do list $path; echo --; done >&3",
    );
    assert.equal(stdout, "one\ntwo words\n3\ntrue\n--\n--\n--\ndeep\n--\n", stderr);
  });

  it("given tells what is there from what is not", () => {
    const { stdout } = run(
      JSON.stringify({ empty: "", off: false, none: null }),
      "read_settings; for path in empty off none absent; do given $path && echo $path; done >&3 || true",
    );
    assert.equal(stdout, "empty\noff\n");
  });

  it("what is no object, or more than one, is refused before anything is done", () => {
    for (const input of ["", "[]", '"text"', "{", '{"a": 1} x', "{} {}", "null"])
      assert.deepEqual(
        run(input, "read_settings; echo done >&3"),
        { status: 1, stdout: "", stderr: "phoenix: standard input is not a JSON object\n" },
        input,
      );
  });

  it("a script of 4 MB is there in a moment", () => {
    const script = "echo 'ü'\n".repeat(400_000);
    const began = Date.now();
    const { stdout } = run(JSON.stringify({ script }), "read_settings; setting script >&3");
    // Not assert.equal, which would print both.
    assert.ok(stdout === script, `${stdout.length} characters`);
    assert.ok(Date.now() - began < 20_000);
  });
});

describe("the result", () => {
  const result = (...texts: string[]): unknown => {
    const changes = texts.map((text) => `changed $'${text}'`);
    return JSON.parse(run("{}", "read_settings", ...changes, "report").stdout);
  };

  it("nothing was done", () => {
    assert.deepEqual(result(), { changed: false, did: [] });
  });

  it("what was done, in letters that JSON writes otherwise", () => {
    assert.deepEqual(result('say "hi"', "back\\\\slash", "/a/b"), {
      changed: true,
      did: ['say "hi"', "back\\slash", "/a/b"],
    });
  });

  it("what was done, in letters that are not ASCII", () => {
    assert.deepEqual(result("größe", "a\\tb"), { changed: true, did: ["größe", "a\tb"] });
  });
});
