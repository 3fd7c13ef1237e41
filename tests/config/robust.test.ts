import test from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { checkTexts, hypervisor, lxc } from "./samples";

type Place = (string | number)[];

/** Every place of a document. */
function places(value: unknown, path: Place = []): Place[] {
  if (typeof value !== "object" || value === null) return [path];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...entries.flatMap(([key, item]) => places(item, [...path, key]))];
}

function replaced(document: unknown, place: Place, value: unknown): unknown {
  const [step, ...rest] = place;
  if (step === undefined) return value;
  const copy = structuredClone(document) as Record<string | number, unknown>;
  copy[step] = replaced(copy[step], rest, value);
  return copy;
}

const documents = { host: hypervisor() as unknown, guests: lxc() as unknown };
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    "",
    "0",
    "901",
    "__proto__",
    "../..",
    "/",
    ",",
    "=",
    "10.0.0.1/0",
    "a\nb",
    -1,
    1e300,
    null,
    [],
    {},
  ),
);

/** Files with up to three values replaced by anything. */
const broken = (document: unknown) =>
  fc.array(fc.tuple(fc.constantFrom(...places(document)), anything), { maxLength: 3 }).map((edits) => {
    let result = document;
    for (const [place, value] of edits) {
      try {
        result = replaced(result, place, value);
      } catch {
        // An earlier edit took the place away.
      }
    }
    return result;
  });

test("whatever is in the files, the answer is an estate or one line for each mistake", () => {
  fc.assert(
    fc.property(broken(documents.host), broken(documents.guests), (host, guests) => {
      const { mistakes, warnings, estate } = checkTexts(JSON.stringify(host), JSON.stringify(guests));
      assert.equal(estate === undefined, mistakes.length > 0);
      for (const line of [...mistakes, ...warnings]) assert.match(line, /^(host|lxc)\.json: .+ — .+$/);
    }),
    { numRuns: 1500 },
  );
});
