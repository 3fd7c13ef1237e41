import test, { beforeEach, describe } from "node:test";
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { ConfigurationError, formatFinding, sambaPasswords, type SambaSpec } from "../../config";

const samba: SambaSpec = {
  owner: "heads",
  users: [
    { name: "guest-1", create: true },
    { name: "heads", create: true },
  ],
  shares: [],
};
const good = "correct horse";

/** Keys below phoenix:sambaPasswords, and which of them are no secrets. */
function read(
  passwords: Record<string, string>,
  clear: string[] = [],
  environment: Record<string, string> = {},
) {
  const entries = Object.entries(passwords).map(([user, password]) => [
    `phoenix:sambaPasswords.${user}`,
    password,
  ]);
  const secrets = Object.keys(passwords).filter((user) => !clear.includes(user));
  pulumi.runtime.setAllConfig(
    Object.fromEntries(entries) as Record<string, string>,
    secrets.map((user) => `phoenix:sambaPasswords.${user}`),
  );
  return sambaPasswords(samba, environment);
}

function mistakes(...args: Parameters<typeof read>): string[] {
  try {
    read(...args);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.message.split("\n");
  }
  return [];
}

beforeEach(() => {
  void pulumi.runtime.setMocks(
    { newResource: () => assert.fail("no resource"), call: () => assert.fail("no call") },
    "phoenix",
    "dev",
  );
});

test("from the stack, else from the environment; always secrets", async () => {
  const { passwords, warnings } = read({ heads: good }, [], {
    PHOENIX_SAMBA_PASSWORD_GUEST_1: "from elsewhere",
  });
  assert.deepEqual(warnings, []);
  assert.deepEqual(Object.keys(passwords), ["guest-1", "heads"]);
  for (const [user, text] of Object.entries({ heads: good, "guest-1": "from elsewhere" })) {
    const password = passwords[user] ?? assert.fail(user);
    assert.equal(await pulumi.isSecret(password), true);
    assert.equal(await new Promise((resolve) => password.apply(resolve)), text);
  }
});

test("a missing one is told, and leaves the user's password alone", async () => {
  const { passwords, warnings } = read({ "guest-1": good });
  assert.equal(await new Promise((resolve) => passwords["heads"]?.apply(resolve)), "NOT_SET");
  assert.deepEqual(warnings.map(formatFinding), [
    "Pulumi.dev.yaml: phoenix:sambaPasswords.heads: is missing, so nobody can connect as this Samba user unless the host " +
      "has a password for it — pulumi config set --secret phoenix:sambaPasswords.heads (or set PHOENIX_SAMBA_PASSWORD_HEADS); " +
      "NOT_SET to be left alone",
  ]);
});

test("NOT_SET needs no secret", () => {
  assert.deepEqual(mistakes({ heads: "NOT_SET", "guest-1": "NOT_SET" }, ["heads"]), []);
});

describe("refused, and never shown", () => {
  const place = "Pulumi.dev.yaml: phoenix:sambaPasswords.heads:";
  const command = "pulumi config set --secret phoenix:sambaPasswords.heads";
  const rows: [string, Parameters<typeof read>, string][] = [
    [
      "a short one",
      [{ "guest-1": good, heads: "short12" }],
      `${place} is shorter than 8 characters — ${command}`,
    ],
    [
      "one letter",
      [{ "guest-1": good, heads: "aaaaaaaaaa" }],
      `${place} has fewer than 4 different characters — ${command}`,
    ],
    ["two lines", [{ "guest-1": good, heads: "correct\nhorse" }], `${place} holds a line break — ${command}`],
    [
      "a long one",
      [{ "guest-1": good, heads: "ab12".repeat(32) }],
      `${place} is longer than 127 characters — ${command}`,
    ],
    [
      "one in clear text",
      [{ "guest-1": good, heads: good }, ["heads"]],
      `${place} stands in the file in clear text — take another password, and set it by ${command}`,
    ],
    [
      "a short one in the environment",
      [{ "guest-1": good }, [], { PHOENIX_SAMBA_PASSWORD_HEADS: "short12" }],
      `${place} is shorter than 8 characters — correct the variable PHOENIX_SAMBA_PASSWORD_HEADS`,
    ],
    [
      "somebody who uses no share",
      [{ "guest-1": good, heads: good, haeds: good }],
      "Pulumi.dev.yaml: phoenix:sambaPasswords.haeds: is the password of nobody who may use a share — pulumi config rm sambaPasswords.haeds",
    ],
  ];
  for (const [name, args, line] of rows) test(name, () => assert.deepEqual(mistakes(...args), [line]));
});
