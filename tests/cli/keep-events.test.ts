/** What passes through the keeper of the engine's events: every byte, but for the secrets. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventRedactor, redactor, suspector } from "../../cli/logging/redact";
import { repository } from "../helpers/repository";
import { scratch } from "../helpers/scratch";

const SECRETS = ['pass"word', "zwölf", "line-one-of-the-key-00\nline-two-of-the-key-00\n"];

/** What the keeper makes of these events, which it reads from a file. */
function kept(events: string | Buffer): Buffer {
  const folder = scratch();
  const [pipe, from, to] = ["pipe", "from", "to"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(pipe);
  writeFileSync(from, events);
  const descriptor = openSync(from, "r");
  const keeper = join(repository, "cli", "logging", "keep-events.ts");
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--require", join(repository, "scripts", "typescript.js"), keeper, pipe, to],
    { input: JSON.stringify(SECRETS), stdio: ["pipe", "ignore", "pipe", descriptor], encoding: "utf8" },
  );
  closeSync(descriptor);
  assert.deepEqual({ status, stderr, isGone: !existsSync(pipe) }, { status: 0, stderr: "", isGone: true });
  assert.equal(statSync(to).mode & 0o777, 0o600);
  return readFileSync(to);
}

test("lines longer than anything that is read at once keep their bytes and lose their secrets", () => {
  const long = (length: number, text: string) => JSON.stringify({ message: `${"ä".repeat(length)}${text}` });
  const lines = [
    ...[long(700_000, ""), long(3_000_000, "zwölf"), "", long(20, 'a pass"word'), long(1_500_000, "ende")],
    '{"message":"half of zwölf',
  ];
  const redact = eventRedactor(redactor(SECRETS));
  const got = kept(lines.join("\n")).toString();
  assert.equal(got === lines.map(redact).join("\n"), true);
  assert.deepEqual([got.includes("zwölf"), got.split("[secret]").length - 1], [false, 3]);
});

test("a secret is found wherever the pieces that are read end", () => {
  // Two bytes of the secret are one letter; a file gives 1 MiB at a time.
  for (const before of [1_048_570, 1_048_572, 1_048_573, 1_048_575]) {
    const line = `${"x".repeat(before)}zwölf\n`;
    assert.equal(
      kept(line + line)
        .toString()
        .includes("zw"),
      false,
      String(before),
    );
  }
});

test("what is no text goes through as it is", () => {
  const bytes = Buffer.from([0xff, 0x00, 0xc3, 10, 0xfe]);
  assert.deepEqual(kept(bytes), bytes);
});

test("bytes are looked into where a secret may be: in each of its forms, and behind Pulumi's mark", () => {
  const isSuspect = suspector(SECRETS);
  const told = ['a pass"word', JSON.stringify(SECRETS), JSON.stringify(JSON.stringify(SECRETS)), SECRETS[2]!];
  for (const text of [...told, "line-two-of-the-key-00", "1b47061264138c4ac30d75fd1eb44270"])
    assert.equal(isSuspect(Buffer.from(`. ${text} .`)), true, text);
  for (const text of ["", "pass word", "zwolf", "line-two-of-the-key-0"])
    assert.equal(isSuspect(Buffer.from(text)), false, text);
});
