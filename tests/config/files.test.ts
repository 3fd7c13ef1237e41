import test, { describe } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { ConfigurationError, loadEstate } from "../../config";
import { checkTexts, hypervisor, lxc } from "./samples";

const host = JSON.stringify(hypervisor());
const containers = JSON.stringify(lxc());

describe("files that cannot be read", () => {
  const rows: [string, string | undefined, string][] = [
    ["missing", undefined, "lxc.json: no such file — correct the path, or create the file"],
    [
      "empty",
      "",
      "lxc.json: is not JSON: expected a value, found the end of the file at line 1, column 1 — correct it there; an editor with JSON support shows the place",
    ],
    [
      "a comma too many",
      '{\n  "lxc_configs": {\n    "900": {},\n  }\n}',
      'lxc.json: is not JSON: expected another item after ",", found "}" at line 4, column 3 — correct it there; an editor with JSON support shows the place',
    ],
    [
      "a comma forgotten",
      '{\n  "a": 1\n  "b": 2\n}',
      'lxc.json: is not JSON: expected "," or "}", found "\\"" at line 3, column 3 — correct it there; an editor with JSON support shows the place',
    ],
    [
      "a comment",
      '{\n  // no comments here\n  "a": 1\n}',
      "lxc.json: is not JSON: a comment (JSON has none) at line 2, column 3 — correct it there; an editor with JSON support shows the place",
    ],
    ["a list", "[]", "lxc.json: must be an object, not a list — give phoenix: the containers"],
  ];
  for (const [name, text, line] of rows) {
    test(name, () => assert.deepEqual(checkTexts(host, text).mistakes, [line]));
  }

  test("a folder", () => {
    const folder = mkdtempSync(`${tmpdir()}/phoenix-config-`);
    try {
      assert.throws(
        () => loadEstate({ hypervisorConfig: folder, lxcConfigs: folder }),
        (error: unknown) =>
          error instanceof ConfigurationError &&
          error.message ===
            `${folder}: is a folder — name the file in it\n${folder}: is a folder — name the file in it` &&
          error.stack === `ConfigurationError: ${error.message}`,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("the other file is still checked", () => {
    const wrong = hypervisor() as { timezone?: string };
    delete wrong.timezone;
    assert.deepEqual(checkTexts(JSON.stringify(wrong), "{").mistakes, [
      "host.json: timezone: is missing — give time zone of the host, such as America/New_York",
      "lxc.json: is not JSON: expected a key in double quotes, found the end of the file at line 1, column 2 — correct it there; an editor with JSON support shows the place",
    ]);
  });
});

describe("keys that occur twice", () => {
  test("one CTID twice", () => {
    const { "900": base, "901": web } = (lxc() as { lxc_configs: Record<string, unknown> }).lxc_configs;
    const text = `{"lxc_configs": {\n"900": ${JSON.stringify(base)},\n"901": ${JSON.stringify(web)},\n"900": ${JSON.stringify(base)}\n}}`;
    assert.deepEqual(checkTexts(host, text).mistakes, [
      "lxc.json: lxc_configs.900: occurs twice, on line 2 and line 4 — keep one of the two",
    ]);
  });

  test("deep in a list", () => {
    const text = host.replace('"raid_level":"mirror"', '"raid_level":"mirror",\n"raid_level":"mirror"');
    assert.deepEqual(checkTexts(text, containers).mistakes, [
      "host.json: zfs.pools[0].raid_level: occurs twice, on line 1 and line 2 — keep one of the two",
    ]);
  });
});
