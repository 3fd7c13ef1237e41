import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { bundle, scriptText } from "../../components/host/script";

const root = join(__dirname, "..", "..");
const scripts = readdirSync(join(root, "components"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".sh"))
  .map((file) => join("components", file));

test("no host script pipes into grep -q: it ends early, what writes to it fails, and pipefail calls that a no", () => {
  const found = scripts.filter((file) =>
    /[^|]\|\s*grep\s+-\w*q/.test(readFileSync(join(root, file), "utf8")),
  );
  assert.ok(scripts.length > 20);
  assert.deepEqual(found, []);
});

test("no host script pipes into write_file: its error would only end that part of the pipe", () => {
  const found = scripts.filter((file) => /[^|]\|\s*write_file/.test(readFileSync(join(root, file), "utf8")));
  assert.deepEqual(found, []);
});

test("no host script is longer than 200 lines", () => {
  const long = scripts.filter((file) => readFileSync(join(root, file), "utf8").split("\n").length > 201);
  assert.deepEqual(long, []);
});

test("what is sent of a script is ASCII: one other character in it doubles what every message about a step costs", () => {
  const sent = scripts.map((file) => [file, scriptText(join(root, file))]);
  assert.deepEqual(
    sent.filter(([, text]) => /[^\n\t -~]/.test(text!)).map(([file]) => file),
    [],
  );
});

/** Lines of all scripts that match, without comments and without the ways that are `known`: a file and a part of its line. */
function lines(pattern: RegExp, known: [file: string, part: string][] = []): string[] {
  return scripts.flatMap((file) =>
    readFileSync(join(root, file), "utf8")
      .split("\n")
      .filter((line) => !/^\s*#/.test(line) && pattern.test(line))
      .filter((line) => !known.some(([of, part]) => file.endsWith(of) && line.includes(part)))
      .map((line) => `${file}: ${line.trim()}`),
  );
}

test("no script names a place in a folder that others can write to, nor leaves the name of a new file to mktemp", () => {
  // Looked at before: Proxmox VE's own locks, and the original's place for scripts in a container.
  const known: [string, string][] = [
    ["guest/lib/conf.sh", "lock=/"],
    ["in-guest.sh", "ORIGINAL_PLACE="],
  ];
  assert.deepEqual(lines(/(^|[^\w.])\/(tmp|var\/tmp|dev\/shm|run\/lock|var\/lock|run\/user)\b/, known), []);
  assert.deepEqual(lines(/\bmktemp( -d)?($|[^ \w]| [^-"])/), []);
});

test("no script makes its settings, which may hold a password, an argument that the process list shows", () => {
  assert.deepEqual(
    lines(/\$\{?SETTINGS\b/).filter((line) => !/<<<"(\$key)?\$SETTINGS"|\[ -n "\$SETTINGS" \]/.test(line)),
    [],
  );
});

test("every command in a guest has a limit on the node, and every lock is waited for with a word", () => {
  assert.deepEqual(
    lines(/(^|[^'/\w])pct (exec|push) /, [
      ["container/lib/running.sh", "timeout -k"],
      ["nvidia-driver.sh", "timeout -k"],
      ["nvidia-driver.sh", "('pct exec"],
      // What the user's scripts call; they have a limit themselves.
      ["phoenix_hypervisor_common_utils.sh", "pct "],
    ]),
    [],
  );
  assert.deepEqual(lines(/(^|[^'/\w])qm guest (exec|cmd) /, [["running.sh", "timeout -k"]]), []);
  assert.deepEqual(
    lines(/\bflock\b/, [
      ["locks.sh", "flock -w"],
      ["inside.sh", "flock"],
    ]),
    [],
  );
});

test("files are rewritten in one way alone, which keeps modes, owners and links", () => {
  assert.deepEqual(
    lines(/(^|[;&|(] *|\bthen |\bdo )(mv|sed -i|sponge|dd) /, [
      // Of our own: new folders, and notes of ours.
      ["files.sh", "mv -fT"],
      ["shared-folder.sh", "mv -nT"],
      ["share-server.sh", '"$PHOENIX_STATE/servers/$AREA.new"'],
      // In a container, by whatever tools it has.
      ["account.sh", '"$file.phoenix"'],
      // The editor of vipw, which puts its copy in place itself.
      ["linux-user.sh", "sed -i"],
    ]).filter((line) => !line.includes("mv -fT")),
    [],
  );
});

test("a script is sent behind what it sources, depth first and each file once, behind the prelude", () => {
  const names = bundle(join(root, "components/container/in-guest/in-guest.sh")).map((file) => basename(file));
  assert.deepEqual(names, [
    "inside.sh",
    "once.sh",
    "marks.sh",
    "config-files.sh",
    "merged-conf.sh",
    "values.sh",
    "conf.sh",
    "guest.sh",
    "running.sh",
    "rollback.sh",
    "in-guest.sh",
  ]);
  const text = scriptText(join(root, "components/container/in-guest/in-guest.sh"));
  const heads = ["need_cmd", "plain", "lock", "bundle", "enter_guest", "wake", "roll_back", "main"];
  const places = heads.map((name) => text.split(`\n${name}() {`).map((part) => part.length));
  assert.ok(places.every(({ length }) => length === 2));
  assert.deepEqual(
    places,
    [...places].sort(([one = 0], [other = 0]) => one - other),
  );
  assert.doesNotMatch(text, /^\. \S+\.sh$/m);
});

test("every file that a script sources is there, named from components/ and above what it does", () => {
  for (const file of scripts) {
    bundle(join(root, file));
    const lines = readFileSync(join(root, file), "utf8").split("\n");
    const below = lines.slice(lines.findIndex((line) => !/^(#|\. )/.test(line)));
    assert.deepEqual(
      below.filter((line) => /^(\.|source) /.test(line) && !line.includes("$folder")),
      [],
      file,
    );
  }
});

test("comments are left out of what is sent, and nothing of a here-document is", () => {
  const text = scriptText(join(root, "components/vm/snippets/agent-snippet.sh"));
  assert.match(text, /^#!\/usr\/bin\/env bash\n# Joined in front of every host script/);
  assert.deepEqual(text.match(/^#.*$/gm)?.slice(2), [
    "#cloud-config",
    "# Written by Phoenix: installs the guest agent at a machine's first start.",
  ]);
});

test("settings are asked for by the names that the prelude has read: an expression of jq would find nothing", () => {
  assert.deepEqual(lines(/(?:^|[\s(])(?:list|given|setting) '|\bload .*='/), []);
});
