/* Every text of both files, found by walking their schemas, with what no host and no terminal should get: each is
   refused at its place by one finding, or is among those that may hold it by purpose. */
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { schemaFiles } from "../../config/export-schemas";
import { formatPath } from "../../config/findings";
import { checkTexts, hypervisor, lxc, type Place, withValue } from "./samples";

interface Schema {
  type?: string | string[];
  enum?: unknown[];
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
}

/** Stands for each key of a map; replaced by one that fits it. */
const anyKey = "<key>";

/** Places of all texts that are free (no enumeration), `0` for each item of a list. */
function texts(schema: Schema, place: Place = []): Place[] {
  const { type, properties = {}, items, additionalProperties: values, anyOf = [] } = schema;
  if ((type === "string" || (Array.isArray(type) && type.includes("string"))) && !schema.enum) return [place];
  return [
    ...Object.entries(properties).flatMap(([key, property]) => texts(property, [...place, key])),
    ...(items ? texts(items, [...place, 0]) : []),
    ...(typeof values === "object" ? texts(values, [...place, anyKey]) : []),
    ...anyOf.flatMap((one) => texts(one, place)),
  ];
}

/** Places of all maps: their keys are texts too. */
function maps(schema: Schema, place: Place = []): Place[] {
  const { properties = {}, items, additionalProperties: values } = schema;
  return [
    ...Object.entries(properties).flatMap(([key, property]) => maps(property, [...place, key])),
    ...(items ? maps(items, [...place, 0]) : []),
    ...(typeof values === "object" ? [place, ...maps(values, [...place, anyKey])] : []),
  ];
}

const [hostSchema, lxcSchema] = Object.values(schemaFiles()).map((text) => JSON.parse(text) as Schema) as [
  Schema,
  Schema,
];

/** A key that a map takes. */
const keyOf = (place: Place) => (["lxc_configs", "mounts"].includes(String(place.at(-1))) ? "901" : "models");

const withKeys = (place: Place): Place =>
  place.map((step, index) => (step === anyKey ? keyOf(place.slice(0, index)) : step));

/** The lines about one place of one of the files. */
function findings(file: "host" | "lxc", place: Place, value: unknown): string[] {
  const documents = { host: hypervisor() as unknown, lxc: lxc() as unknown };
  documents[file] = withValue(documents[file], place, value);
  const { mistakes, warnings } = checkTexts(JSON.stringify(documents.host), JSON.stringify(documents.lxc));
  for (const line of [...mistakes, ...warnings])
    assert.doesNotMatch(line, /[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
  const at = `${file}.json: ${formatPath(place)}:`.replace(/[\p{Cc}\u202e]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return mistakes.filter((line) => line.startsWith(at));
}

const bad: [name: string, text: string][] = [
  ["NUL", "ab\u0000cd"],
  ["an escape sequence", "ab\u001b[31mcd"],
  ["a C1 control character", "ab\u009b31mcd"],
  ["a delete", "ab\u007fcd"],
  ["a mark of writing direction", "ab\u202ecd"],
  ["half a character", "ab\ud800cd"],
  ["a second line", "ab\ncd"],
  ["a carriage return", "ab\rcd"],
  ["a command substitution", "ab$(id)"],
  ["a backtick", "ab`id`"],
  ["a second command", "ab; rm -rf x"],
  ["a pipe", "ab|sh"],
  ["a quote", "ab'cd"],
  ["100 kB", "a".repeat(100_000)],
];
const shellLike = ["a command substitution", "a backtick", "a second command", "a pipe", "a quote"];

/** Texts for people and for a guest's own programs: any one line will do. */
const anyLine =
  /^(?:\$schema|author|(?:.*\.)?health_check\.command|.*\.tests\.<key>\.0\.name|.*\.vllm_(?:model|served_model_name|quantization|args\.0)|backups\.<key>\.(?:comment|notes_template))$/;
/** Comments, also of several lines. */
const comments = /(?:^|\.)description$/;
/** A raw line for LXC may have quotes. */
const quotes = /\.lxc_options\.0$/;

function isLegal(place: Place, name: string): boolean {
  const path = place.join(".");
  if (comments.test(path)) return [...shellLike, "a second line", "a carriage return"].includes(name);
  if (anyLine.test(path)) return shellLike.includes(name);
  return quotes.test(path) && name === "a quote";
}

describe("every text of both files", () => {
  for (const [file, schema] of [["host", hostSchema] as const, ["lxc", lxcSchema] as const]) {
    for (const place of texts(schema)) {
      test(`${file}.json: ${place.join(".")}`, () => {
        for (const [name, text] of bad) {
          const isRaw = place.at(-2) === "lxc_options";
          const found = findings(file, withKeys(place), isRaw ? `lxc.a = ${text}` : text);
          const wanted = isLegal(place, name) ? 0 : 1;
          assert.equal(found.length, wanted, `${name}: ${found.join("\n") || "no finding"}`);
        }
      });
    }
    for (const place of maps(schema)) {
      test(`${file}.json: keys of ${place.join(".")}`, () => {
        const keyed = withKeys(place);
        const sample: Record<string, unknown> = {
          lxc_configs: (lxc() as { lxc_configs: Record<string, object> }).lxc_configs["901"],
          shared_volumes: { host_path: "/bulk/library/more", mounts: {} },
          mounts: "/models",
          backups: { schedule: "02:30", storage: "local", all: true },
          tests: [],
        };
        for (const [name, text] of bad) {
          const found = findings(file, [...keyed, text], sample[String(place.at(-1))] ?? "local");
          assert.equal(found.length, 1, `${name}: ${found.join("\n") || "no finding"}`);
        }
      });
    }
  }

  test("there are as many as the schemas have", () => {
    assert.ok(texts(hostSchema).length > 80 && texts(lxcSchema).length > 45);
    assert.deepEqual(
      [...maps(hostSchema), ...maps(lxcSchema)].map((place) => place.join(".")),
      [
        "proxmox_storage_ids",
        "shared_volumes",
        "shared_volumes.<key>.mounts",
        "backups",
        "lxc_configs",
        "lxc_configs.<key>.tests",
        "lxc_configs.<key>.vllm_parameters",
      ],
    );
  });
});

describe("what is legal stays so", () => {
  const legal: [what: string, file: "host" | "lxc", place: Place, value: unknown][] = [
    [
      "notes of several lines",
      "lxc",
      ["lxc_configs", "901", "description"],
      "One line.\nÄnother: 東京 🚀\n\tend",
    ],
    [
      "a health command with pipes",
      "lxc",
      ["lxc_configs", "901", "health_check"],
      { command: `curl -s "http://localhost" | grep -q 'ok' && test "$(id -u)" = 0; exit $?` },
    ],
    [
      "a raw line with a path",
      "lxc",
      ["lxc_configs", "901", "lxc_options"],
      ["lxc.hook.start = /usr/local/bin/x 'a b'"],
    ],
    [
      "a rule of AppArmor",
      "lxc",
      ["lxc_configs", "901", "lxc_options"],
      ["lxc.apparmor.raw: mount -> /mnt/**,"],
    ],
    ["words of vLLM", "lxc", ["lxc_configs", "901", "vllm_args"], ["--hf-overrides", '{"a": "$b"}']],
    [
      "a chat template",
      "lxc",
      ["lxc_configs", "901", "vllm_parameters"],
      { chat_template: "{% for m in x %}\n{{ m }}" },
    ],
    [
      "a share of another writing",
      "host",
      ["samba"],
      { user: "admin", shares: [{ name: "Fotos-Köln$", path: "bulk/library" }] },
    ],
    [
      "a folder of another writing",
      "host",
      ["shared_volumes", "models", "host_path"],
      "/bulk/library/Bücher",
    ],
  ];
  for (const [what, file, place, value] of legal) {
    test(what, () => {
      const documents = { host: hypervisor() as unknown, lxc: lxc() as unknown };
      documents[file] = withValue(documents[file], place, value);
      const { mistakes } = checkTexts(JSON.stringify(documents.host), JSON.stringify(documents.lxc));
      assert.deepEqual(mistakes, []);
    });
  }
});

test("deep in what is handed on to a guest's scripts, control characters are told of at their place", () => {
  const place = ["lxc_configs", "901", "vllm_parameters"];
  assert.equal(findings("lxc", [...place, "a", "b", 0], "x\u001b[0m").length, 1);
  assert.equal(findings("lxc", [...place, "a", "b\u0000"], 1).length, 1);
});

test("a URL's user and password are not shown", () => {
  const [line = ""] = findings("host", ["nvidia_driver", "runfile_url"], "https://me:hunter2@host/`x`");
  assert.match(line, /\("https:\/\/…@host\/`x`"\)/);
});
