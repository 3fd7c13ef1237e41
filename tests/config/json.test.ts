import test, { describe } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { JsonSyntaxError, parseJson } from "../../config/json";

test("reads what JSON.parse reads, as it reads it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assert.deepEqual(parseJson(text), { value: JSON.parse(text) as unknown, duplicates: [] });
    }),
  );
});

test("refuses what JSON.parse refuses", () => {
  const piece = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    "1",
    "-",
    "01",
    "1.",
    "1e",
    "-0.5E+2",
    "true",
    "nul",
    " ",
    "\n",
    "\t",
    "\u00a0",
    "//",
    "/*",
    "*/",
    '"\\x"',
    '"\\u00"',
    '"\\u00e9\\n"',
    '"\t"',
    '"',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join("");
      let accepted = true;
      try {
        JSON.parse(text);
      } catch {
        accepted = false;
      }
      if (accepted) parseJson(text);
      else assert.throws(() => parseJson(text), JsonSyntaxError);
    }),
    { numRuns: 2000 },
  );
});

describe("what is wrong, and where", () => {
  const rows: [text: string, message: string][] = [
    ["", "expected a value, found the end of the file at line 1, column 1"],
    ["\n  ]", 'expected a value, found "]" at line 2, column 3'],
    ["{", "expected a key in double quotes, found the end of the file at line 1, column 2"],
    ["{,}", 'expected a key in double quotes, found "," at line 1, column 2'],
    ["{1: 2}", 'expected a key in double quotes, found "1" at line 1, column 2'],
    ['{"a"}', 'expected ":" after a key, found "}" at line 1, column 5'],
    ['{"a" 1}', 'expected ":" after a key, found "1" at line 1, column 6'],
    ['{"a":}', 'expected a value, found "}" at line 1, column 6'],
    ['{"a":,', 'expected a value, found "," at line 1, column 6'],
    ['{"a": 1', 'expected "," or "}", found the end of the file at line 1, column 8'],
    ['{"a": 1]', 'expected "," or "}", found "]" at line 1, column 8'],
    ['{"a": 1\r\n"b": 2}', 'expected "," or "}", found "\\"" at line 2, column 1'],
    ['{"a": 1,', "expected a key in double quotes, found the end of the file at line 1, column 9"],
    ['{"a": 1,\n}', 'expected another item after ",", found "}" at line 2, column 1'],
    ['{"a": 1,, "b": 2}', 'expected a key in double quotes, found "," at line 1, column 9'],
    ["[", "expected a value, found the end of the file at line 1, column 2"],
    ["[,1]", 'expected a value, found "," at line 1, column 2'],
    ["[1 2]", 'expected "," or "]", found "2" at line 1, column 4'],
    ["[01]", 'expected "," or "]", found "1" at line 1, column 3'],
    ["[1", 'expected "," or "]", found the end of the file at line 1, column 3'],
    ["[1,", "expected a value, found the end of the file at line 1, column 4"],
    ["[1,]", 'expected another item after ",", found "]" at line 1, column 4'],
    ["{} {}", 'unexpected "{" after the end of the document at line 1, column 4'],
    ["[1.]", 'an unfinished number "1." at line 1, column 2'],
    ["[nul]", 'unexpected "nul" (keys and texts stand in double quotes) at line 1, column 2'],
    ["{'a': 1}", `unexpected "'a'" (keys and texts stand in double quotes) at line 1, column 2`],
    [
      `[${"x".repeat(99)}]`,
      `unexpected "${"x".repeat(20)}" (keys and texts stand in double quotes) at line 1, column 2`,
    ],
    ["[1] // end", "a comment (JSON has none) at line 1, column 5"],
    ["[1, /* two */ 2]", "a comment (JSON has none) at line 1, column 5"],
    ['["a\nb"]', "a string without its closing quote at line 1, column 2"],
    ['["a', "a string without its closing quote at line 1, column 2"],
    ['["\\d"]', "a string with a bad escape at line 1, column 2"],
    ['["\\u12"]', "a string with a bad escape at line 1, column 2"],
    ['["a\tb"]', "a string with a control character, such as a tab, that is not escaped at line 1, column 2"],
  ];
  for (const [text, message] of rows) {
    test(JSON.stringify(text.slice(0, 30)), () =>
      assert.throws(() => parseJson(text), { name: "JsonSyntaxError", message }),
    );
  }
});

test("a key that stands twice is told with its place and both lines, however it is spelled", () => {
  const text = '{"a": [{"b": 1,\n"c": 2,\r\n"\\u0062": {"b": 3}}],\n\n"a": 4, "a": 5}';
  assert.deepEqual(parseJson(text), {
    value: { a: 5 },
    duplicates: [
      { path: ["a", 0, "b"], firstLine: 1, line: 3 },
      { path: ["a"], firstLine: 1, line: 5 },
      { path: ["a"], firstLine: 1, line: 5 },
    ],
  });
});

test("a key named __proto__ stays a key", () => {
  const { value } = parseJson('{"__proto__": {"polluted": true}}');
  assert.deepEqual(Object.keys(value as object), ["__proto__"]);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

test("a byte order mark is skipped", () => {
  assert.deepEqual(parseJson('\uFEFF{"a": 1}').value, { a: 1 });
});

test("nesting without end is refused, not a stack overflow", () => {
  assert.throws(() => parseJson("[".repeat(100_000)), {
    name: "JsonSyntaxError",
    message: "more than 200 levels of nesting at line 1, column 202",
  });
});
