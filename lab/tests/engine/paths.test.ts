import assert from "node:assert/strict";
import { test } from "node:test";
import { applyIgnoreChanges, contains, parsePath } from "../../engine/core/paths";
import { secret } from "../../engine/core/values";

test("property paths are read as Pulumi writes them", () => {
  assert.deepEqual(parsePath("a.b[0].c"), ["a", "b", 0, "c"]);
  assert.deepEqual(parsePath('a["b.c"][*]'), ["a", "b.c", "*"]);
  assert.throws(() => parsePath("a[b"), { message: 'invalid property path "a[b"' });
  assert.equal(contains(parsePath("a[*].b"), parsePath("a[3].b.c")), true);
  assert.equal(contains(parsePath("a.b"), parsePath("a.c")), false);
});

test("ignoreChanges brings back what was, and leaves everything else as asked", () => {
  const olds = { cpu: { cores: 2, units: 5 }, tags: ["a", "b"], kept: 1 };
  const cases: [string[], object, object][] = [
    [["kept"], { kept: 2, other: 3 }, { kept: 1, other: 3 }],
    [["cpu.cores"], { cpu: { cores: 9, units: 9 } }, { cpu: { cores: 2, units: 9 } }],
    [["tags[0]"], { tags: ["x", "y"] }, { tags: ["a", "y"] }],
    [["tags[*]"], { tags: ["x", "y"] }, { tags: ["a", "b"] }],
    [["added"], { added: 1 }, {}],
    [["kept"], {}, { kept: 1 }],
    [["tags[5]"], { tags: ["x"] }, { tags: ["x"] }],
  ];
  for (const [paths, news, expected] of cases) {
    assert.deepEqual(applyIgnoreChanges(news as never, olds, paths), expected, paths.join());
  }
});

test("ignoreChanges reaches into secrets", () => {
  const olds = { login: secret({ user: "u", password: "p" }) };
  const news = { login: secret({ user: "v", password: "q" }) };
  assert.deepEqual(applyIgnoreChanges(news, olds, ["login.password"]), {
    login: secret({ user: "v", password: "p" }),
  });
});
