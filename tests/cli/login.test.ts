/** Where the login of a stack's host comes from: the file as far as it tells it, else the engine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineSession } from "../../cli/engine";
import { readLogin } from "../../cli/ssh";
import type { Stack } from "../../cli/stack";

const HOST = { "phoenix:address": "192.0.2.10", "phoenix:hostKey": "ssh-ed25519 AAAA" };
const KEY_FILE = { "phoenix:privateKeyFile": "~/key" };
const SECRET = { "phoenix:privateKey": { secure: "v1:x:y" } };

const login = async (stack: Partial<Stack>, answer: object = {}, env: NodeJS.ProcessEnv = {}) => {
  const asked: string[][] = [];
  const session = {
    stack: { name: "home", exists: true, config: {}, ...stack },
    env,
    read: (args: string[]) => {
      asked.push(args);
      return Promise.resolve(JSON.stringify(answer));
    },
  } as unknown as EngineSession;
  return { asked, login: await readLogin(session) };
};

test("a file that has everything in clear is enough: no program is started for it", async () => {
  assert.deepEqual(
    await login({ config: { ...HOST, ...KEY_FILE, "phoenix:port": 2022, "phoenix:apiPassword": SECRET } }),
    {
      asked: [],
      login: {
        ...{ address: "192.0.2.10", port: "2022", user: "root" },
        ...{ hostKey: "ssh-ed25519 AAAA", privateKeyFile: "~/key" },
      },
    },
  );
});

test("what the file leaves out is a lab machine's, by its variables", async () => {
  const env = {
    ...{ PHOENIX_ADDRESS: "127.0.0.1", PHOENIX_PORT: "1234", PHOENIX_USER: "me", PHOENIX_HOST_KEY: "key" },
    PHOENIX_PRIVATE_KEY_FILE: "/lab/key",
  };
  const { asked, login: found } = await login({ config: { "phoenix:user": "own" } }, {}, env);
  assert.deepEqual(asked, []);
  assert.deepEqual(found, {
    ...{ address: "127.0.0.1", port: "1234", user: "own", hostKey: "key", privateKeyFile: "/lab/key" },
  });
});

for (const [why, stack] of [
  ["a part of it is encrypted", { config: { ...HOST, ...SECRET } }],
  ["settings come from Pulumi ESC", { environment: ["mine"], config: { ...HOST, ...KEY_FILE } }],
  ["a key has no namespace, which Pulumi adds", { config: { ...HOST, ...KEY_FILE, port: 2022 } }],
] as const) {
  test(`the engine is asked, which decrypts, where ${why}`, async () => {
    const answer = {
      ...Object.fromEntries(Object.entries(HOST).map(([key, value]) => [key, { value }])),
      ...{ "phoenix:privateKey": { value: "PRIVATE", secret: true }, "phoenix:port": { value: "2023" } },
    };
    assert.deepEqual(await login(stack, answer), {
      asked: [["config", "--json", "--show-secrets", "--stack", "home"]],
      login: {
        ...{ address: "192.0.2.10", port: "2023", user: "root" },
        ...{ hostKey: "ssh-ed25519 AAAA", privateKey: "PRIVATE" },
      },
    });
  });
}

test("what neither says is named", async () => {
  await assert.rejects(login({ config: { "phoenix:address": "192.0.2.10" } }), {
    message: "Pulumi.home.yaml lacks phoenix:privateKeyFile: see phoenix init --help.",
  });
});
