import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import {
  type Dialect,
  emptyFile,
  type GuestFile,
  parseGuestFile,
  printGuestFile,
  type Section,
} from "../../host/pve/config/guest-file";

const dialect: Dialect = { pending: "pve:pending", raw: true, check: () => undefined };

const word = fc.stringMatching(/^[a-zA-Z0-9/.,=%:_-]{1,20}$/);
const key = fc
  .stringMatching(/^[a-z][a-z_]{0,8}\d{0,2}$/)
  .filter((k) => !["description", "delete"].includes(k));
const rawKey = fc.constantFrom(
  "lxc.idmap",
  "lxc.mount.entry",
  "lxc.cgroup2.devices.allow",
  "lxc.environment",
);
const descriptionLine = fc.string({ maxLength: 20 }).map((text) => text.replace(/[\n\r]|\s+$/g, ""));
const description = fc.array(descriptionLine, { maxLength: 4 }).map((lines) =>
  lines
    .map((line) => `${line}\n`)
    .join("")
    .replace(/^\n+$/, "")
    .replace(/\n+$/, "\n"),
);

const section: fc.Arbitrary<Section> = fc.record(
  {
    description,
    values: fc.dictionary(key, word, { maxKeys: 6, noNullPrototype: true }),
    lxc: fc.array(fc.tuple(rawKey, word), { maxLength: 4 }),
  },
  { noNullPrototype: true },
);

const file: fc.Arbitrary<GuestFile> = fc
  .record({
    main: section,
    pending: fc.dictionary(key, word, { maxKeys: 3, noNullPrototype: true }),
    snapshots: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_-]{1,9}$/), section, {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  })
  .map(({ main, pending, snapshots }) => ({
    ...emptyFile(),
    ...main,
    pending: { description: "", values: pending, lxc: [] },
    snapshots,
  }));

test("what is written is read back: values, raw lines in their order, pending changes, snapshots", () => {
  fc.assert(
    fc.property(file, (wanted) => {
      const read = parseGuestFile(printGuestFile(wanted, dialect), 161, dialect);
      assert.deepEqual({ ...read, digest: "" }, { ...wanted, digest: "" });
    }),
  );
});

test("writing what was read changes nothing", () => {
  fc.assert(
    fc.property(file, (wanted) => {
      const text = printGuestFile(wanted, dialect);
      assert.equal(printGuestFile(parseGuestFile(text, 161, dialect), dialect), text);
    }),
  );
});

test("lines appended to a file with sections belong to its last section", () => {
  const text = "cores: 1\n\n[s1]\ncores: 2\nsnaptime: 5\nlxc.environment: A=1\n";
  const read = parseGuestFile(text, 161, dialect);
  assert.deepEqual(read.lxc, []);
  assert.deepEqual(read.snapshots["s1"]?.lxc, [["lxc.environment", "A=1"]]);
});

test("keys are sorted, the description comes first with its colons escaped, raw lines last", () => {
  const read = parseGuestFile(
    "lxc.idmap = u 0 100000 1000\nmemory: 512\n#a: b\nlxc.idmap: g 0 100000 1000\narch: amd64\n",
    161,
    dialect,
  );
  assert.equal(
    printGuestFile(read, dialect),
    "#a%3A b\narch: amd64\nmemory: 512\nlxc.idmap: u 0 100000 1000\nlxc.idmap: g 0 100000 1000\n",
  );
});

test("a raw line with an unknown key is warned about and left out", () => {
  const warnings: string[] = [];
  const read = parseGuestFile("lxc.nosuchkey: 1\nlxc.rootfs.path: /x\n", 161, dialect, (line) =>
    warnings.push(line),
  );
  assert.deepEqual(read.lxc, []);
  assert.deepEqual(warnings, [
    "vm 161 - unable to parse config: lxc.nosuchkey: 1",
    "vm 161 - lxc.rootfs.path: lxc.rootfs.path is auto generated from rootfs",
  ]);
});
