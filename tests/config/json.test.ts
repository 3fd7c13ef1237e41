import test from "node:test";
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
    "true",
    "nul",
    " ",
    "\n",
    '"\\x"',
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
