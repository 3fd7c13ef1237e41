/** The lab's jq 1.8 beside this machine's jq, and what the two versions that nodes have answer differently. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { InputNeeded, runJq } from "../../host/machine/commands/jqProgram";

const dir = mkdtempSync(join(tmpdir(), "phoenix-jq-"));
after(() => rmSync(dir, { recursive: true }));
const file = (name: string, content: string | Buffer) => {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
};
const object = file("object.json", '{"name":"ü","list":[1,"2",null,{"b":1,"a":[]}],"zero":0}');
const two = file("two.json", '{"n":1}\n{"n":2}');
const text = file("text", 'one\n\ttwo\\ "3"\n\nlast');

interface Answer {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function ours(args: string[], input: string | Buffer = ""): Promise<Answer> {
  const { code, stdout, stderr } = await runJq(args, { read: readFileSync, input: Buffer.from(input) });
  return { code, stdout: stdout.toString("latin1"), stderr: stderr.toString() };
}

function theirs(args: string[], input: string | Buffer = ""): Answer {
  const ran = spawnSync("jq", args, { input, maxBuffer: 1e9 });
  return { code: ran.status, stdout: ran.stdout.toString("latin1"), stderr: ran.stderr.toString() };
}

const said = (stdout: string): Answer => ({ code: 0, stdout, stderr: "" });
const failed = (message: string): Answer => ({ code: 5, stdout: "", stderr: `${message}\n` });

const { stdout: version = "" } = spawnSync("jq", ["--version"], { encoding: "utf8" });
const skip = (version ?? "") === "" && "jq is not installed on this machine";

const members = '{"b":[1,2,{"c":null}],"a":"x y","t":true,"u":"é€😀","n":1500}';
const many = JSON.stringify(
  Array.from({ length: 40_000 }, (_, id) => ({ id, text: `entry ${id} é\n`, list: [1.5, null, { a: [] }] })),
);

/** Each: the words, and what is on standard input. */
const alike: [args: string[], input?: string | Buffer][] = [
  // Output
  [["."], members],
  [["-c", "."], members],
  [["-r", ".a, .b, .u"], members],
  [["-j", ".a, .u, .t"], members],
  [["-S", "."], members],
  [["-cS", "."], members],
  [["-a", ".u"], members],
  [["--tab", "."], members],
  [["--indent", "1", "."], members],
  [["-r", '"  a \\n\\n", "", "b\\t"'], "0"],
  [["-j", '"a\\u0000b\\u0000", "\\u0000", 1, [2]'], "0"],
  [
    ["-sj", '(.[0] | keys_unsorted[] as $k | $k, "\\u0000", (.[$k] | tostring), "\\u0000"), "whole"'],
    members,
  ],
  [["-r", ".[] | @tsv"], '[["a\\tb","c\\\\"],[1,null]]'],
  [["-r", ".a | @sh, @base64, @json, @html, ([.] | @csv)"], '{"a":"it\'s <1> ü"}'],
  // Input
  [["-c", "."], '{"a":1}{"a":2}\n[3] 4 "x"\n'],
  [["-s", "."], '{"a":1}{"a":2}\n[3] 4'],
  [["-s", "."], ""],
  [["."], ""],
  [["."], " \n\t "],
  [["-rs", 'map(.path) | join(";")'], '{"path":"a"}{"path":"b"}'],
  [["-Rs", "."], readFileSync(text)],
  [["-R", "."], "a\nb"],
  [["-Rcn", "{d: [inputs]}"], "a\nb\n"],
  [["-Rnr", "[inputs] | length"], ""],
  [["-n", "input, input"], "1 2 3"],
  [["-n", "."], "1 2 3"],
  [["-nr", '"x"'], ""],
  [["-c", "."], Buffer.from([0x22, 0xff, 0xc3, 0x28, 0x22])],
  [["-c", ".[]"], '["\\u00e9\\ud83d\\ude00", "\\u0000"]'],
  [["length"], many],
  [["-c", "."], many],
  [["-r", ".[].text"], many],
  // Words
  [["-n", "--arg", "x", "a 'b' \"c\" ü\n", "$x"]],
  [["-cn", "--argjson", "x", '{"a":[1]}', "--argjson", "y", "null", "[$x, $y]"]],
  [["-cn", "[$ARGS.positional, $ARGS.named]", "--arg", "n", "1", "--args", "one thing", "two", ""]],
  [["-cn", "$ARGS.positional", "--args"]],
  [["-cn", "--args", "$ARGS.positional", "a", "b"]],
  [["-cn", "$ARGS.positional", "--jsonargs", "1", '{"a":null}']],
  [["-c", "--arg", "x", "1", ".a + $x", "--args"], '{"a":"0"}'],
  [["-r", "--slurpfile", "f", two, "--rawfile", "t", text, "$f[].n, $t"], "0"],
  [["-n", "--rawfile", "x", object]],
  [[".name", object]],
  [["-c", ".n", two, object]],
  [["-c", "[., input]", two]],
  [["-n", "-f", file("program", "# a comment\n1 + 1\n")]],
  // Exit codes
  [["-e", ".a"], '{"a":null}'],
  [["-e", ".a"], '{"a":false}'],
  [["-ce", ".a"], '{"a":0}'],
  [["-e", "empty"], "{}"],
  [["-re", ".identity"], '{"identity":"x"}'],
  [["-e", "any(.[]; .a == 1)"], '[{"a":2},{"a":1}]'],
  [["-n", '"gone" | halt_error']],
  [["-n", '{"a":1} | halt_error(3)']],
  [["-n", "1, halt, 2"]],
  [["-n", '"1", error("x")']],
  [["-n", "[1] | debug | length"]],
  [["-e", "objects"], "[]"],
];

/** What 1.8 answers, where 1.6 does otherwise. */
const differently: [why: string, args: string[], input: string, answer: Answer][] = [
  ["a number stays as it is written", ["-c", "."], "[1.50,1e3]", said("[1.50,1E+3]\n")],
  ["@uri leaves no quotation mark", ["-r", "@uri"], '"it\'s"', said("it%27s\n")],
  ["-- ends the options", ["-n", "--", "1 + 1"], "", said("2\n")],
  ["-e without any result is 4", ["-e", "."], "", { ...said(""), code: 4 }],
  ["a message goes to stderr as it is", ["-n", '"a" | stderr | empty'], "", { ...said(""), stderr: "a" }],
  [
    "an error of null is one",
    ["-n", "error(null)"],
    "",
    failed("jq: error (at <unknown>) (not a string): null"),
  ],
  [
    "an index's error",
    [".a"],
    "[1]",
    failed('jq: error (at <stdin>:0): Cannot index array with string ("a")'),
  ],
  [
    "input without end",
    ["."],
    '{"a":1',
    failed("jq: parse error: Unfinished JSON term at EOF at line 1, column 6"),
  ],
  [
    "invalid input",
    ["."],
    "nope",
    failed("jq: parse error: Invalid numeric literal at EOF at line 1, column 4"),
  ],
  [
    "a NUL in the input",
    ["."],
    "\0",
    failed("jq: parse error: Invalid numeric literal at EOF at line 1, column 1"),
  ],
  [
    "input that ends invalid",
    ["-c", "."],
    '{"a":1}\n{"b":2]\n',
    { ...failed("jq: parse error: Unmatched ']' at line 2, column 7"), stdout: '{"a":1}\n' },
  ],
  [
    "a lone surrogate",
    ["."],
    '"\\ud83d x"',
    failed("jq: parse error: Invalid \\uXXXX\\uXXXX surrogate pair escape at line 1, column 10"),
  ],
  [
    "no such file",
    [".", "/nosuch"],
    "",
    { code: 2, stdout: "", stderr: "jq: error: Could not open file /nosuch: No such file or directory\n" },
  ],
  [
    "a folder as input",
    [".", "/usr"],
    "",
    { code: 2, stdout: "", stderr: "jq: error: Could not open file /usr: Is a directory\n" },
  ],
];

describe("jq 1.8 in the lab beside this machine's jq", { skip }, () => {
  for (const [args, input] of alike) {
    const name = args.map((word) => word.replaceAll(dir, "")).join(" ");
    it(`${name} <<< ${JSON.stringify(input?.toString().slice(0, 40) ?? "")}`, async () =>
      assert.deepEqual(await ours(args, input), theirs(args, input)));
  }
});

describe("jq 1.8 in the lab where 1.6 answers otherwise", () => {
  for (const [why, args, input, answer] of differently)
    it(why, async () => assert.deepEqual(await ours(args, input), answer));
});

describe("a run of jq in the lab", () => {
  it("begins as a new process does, whatever became of the one before", async () => {
    await ours(["-n", "1, halt"]);
    await ours([".["], "{}");
    await assert.rejects(runJq(["-n", "1, input"], { read: readFileSync }), InputNeeded);
    assert.deepEqual(await ours(["-c", "."], '{"a":1}'), said('{"a":1}\n'));
  });

  it("says when it needs standard input, and reads it when it is there", async () => {
    await assert.rejects(runJq(["."], { read: readFileSync }), InputNeeded);
    assert.deepEqual(await ours(["-n", "input"], "7"), said("7\n"));
    assert.equal((await runJq(["-n", "1"], { read: readFileSync })).stdout.toString(), "1\n");
  });

  it("does not end the lab when its output never ends", async () => {
    await assert.rejects(ours(["-n", 'repeat("x" * 1e6)']), /^Error: jq: more than 256 MiB of output$/);
  });
});
