import test, { beforeEach, describe } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { ConfigurationError, readStackSettings } from "../../config";

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8nVJ9Xq0pPq3k5Qe5m5dZQm0WbKxkq4c7vJr0TtXyZ";
const keyText = "-----BEGIN OPENSSH PRIVATE KEY-----\nnot a real one\n-----END OPENSSH PRIVATE KEY-----\n";

/** Settings that are enough. */
const enough = {
  hypervisorConfig: "environments/a/host.json",
  lxcConfigs: "environments/a/lxc.json",
  address: "192.0.2.10",
  hostKey,
  sshPassword: "ssh secret",
  apiPassword: "api secret",
  nodeName: "pve",
};

/** What the lab hands over. */
const lab = (privateKeyFile: string) => ({
  PHOENIX_ADDRESS: "127.0.0.1",
  PHOENIX_PORT: "2222",
  PHOENIX_USER: "root",
  PHOENIX_HOST_KEY: hostKey,
  PHOENIX_PRIVATE_KEY_FILE: privateKeyFile,
  PHOENIX_API_ENDPOINT: "https://127.0.0.1:8443/",
  PHOENIX_API_USER: "root@pam",
  PHOENIX_API_PASSWORD: "lab secret",
  PHOENIX_API_INSECURE: "true",
  PHOENIX_NODE: "phoenix",
});

function read(settings: Record<string, string>, environment: Record<string, string> = {}, root = "/project") {
  const entries = Object.entries(settings).map(([key, value]) => [`phoenix:${key}`, value]);
  pulumi.runtime.setAllConfig(Object.fromEntries(entries) as Record<string, string>);
  return readStackSettings(root, environment);
}

function report(settings: Record<string, string>, environment: Record<string, string> = {}): string[] {
  try {
    read(settings, environment);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.message.split("\n");
  }
  return [];
}

/** The clear text of an output, which must be a secret. */
async function secretText(output: pulumi.Output<string> | undefined): Promise<string> {
  assert.ok(output);
  assert.equal(await pulumi.isSecret(output), true);
  return new Promise((resolve) => output.apply(resolve));
}

beforeEach(() => {
  void pulumi.runtime.setMocks(
    { newResource: () => assert.fail("no resource"), call: () => assert.fail("no call") },
    "phoenix",
    "dev",
  );
});

describe("settings of a host of one's own", () => {
  test("defaults", async () => {
    const { connection, api, ...rest } = read(enough);
    const { password, ...plain } = connection;
    assert.deepEqual(plain, { address: "192.0.2.10", port: 22, user: "root", hostKey });
    assert.equal(await secretText(password), "ssh secret");
    const { password: apiPassword, ...plainApi } = api;
    assert.deepEqual(plainApi, {
      endpoint: "https://192.0.2.10:8006/",
      username: "root@pam",
      insecure: false,
      node: "pve",
    });
    assert.equal(await secretText(apiPassword), "api secret");
    assert.deepEqual(rest, {
      identity: "dev",
      files: {
        hypervisorConfig: "/project/environments/a/host.json",
        lxcConfigs: "/project/environments/a/lxc.json",
      },
      hooksDir: "/project/environments/a/hooks",
      allowRecreate: [],
      adopt: [],
      power: new Map(),
      adopted: new Map(),
      hostSetup: true,
      protectGuests: true,
      drift: "repair",
    });
  });

  test("everything else", async () => {
    const settings = read({
      ...enough,
      sshPassword: "",
      address: "2001:db8::1",
      hooksDir: "hooks",
      port: "2222",
      user: "admin",
      privateKey: keyText,
      privateKeyPassword: "phrase",
      apiInsecure: "true",
      allowRecreate: "[902, 901, 901]",
      adopt: "910,911",
      adopted: '{"105": "v1-0123456789abcdef"}',
      hostSetup: "false",
      power: '{"910": "stopped", "9000": "running"}',
    });
    assert.equal(settings.hooksDir, "/project/hooks");
    assert.equal(settings.connection.port, 2222);
    assert.equal(settings.connection.user, "admin");
    assert.equal(await secretText(settings.connection.privateKey), keyText);
    assert.equal(await secretText(settings.connection.privateKeyPassword), "phrase");
    assert.equal(settings.connection.password, undefined);
    assert.equal(settings.api.endpoint, "https://[2001:db8::1]:8006/");
    assert.equal(settings.api.insecure, true);
    assert.deepEqual(settings.allowRecreate, [901, 902]);
    assert.deepEqual(settings.adopt, [910, 911]);
    assert.deepEqual(settings.adopted, new Map([[105, "v1-0123456789abcdef"]]));
    assert.equal(settings.hostSetup, false);
    assert.deepEqual(
      settings.power,
      new Map([
        [910, "stopped"],
        [9000, "running"],
      ]),
    );
  });

  test("files are named as short as can be from the working directory", () => {
    const { files } = read(enough, {}, process.cwd());
    assert.deepEqual(files, {
      hypervisorConfig: "environments/a/host.json",
      lxcConfigs: "environments/a/lxc.json",
    });
  });

  test("what ssh-keyscan prints, comments and all", () => {
    const scanned = `# 192.0.2.10:22 SSH-2.0-OpenSSH_10.0p2\n192.0.2.10 ${hostKey}\n`;
    assert.equal(read({ ...enough, hostKey: scanned }).connection.hostKey, `192.0.2.10 ${hostKey}`);
  });
});

describe("what the lab hands over in the environment", () => {
  test("fills in for a stack without a host", async () => {
    const folder = mkdtempSync(join(tmpdir(), "phoenix-stack-"));
    try {
      const file = join(folder, "id_ed25519");
      writeFileSync(file, keyText);
      const { hypervisorConfig, lxcConfigs } = enough;
      const { connection, api } = read({ hypervisorConfig, lxcConfigs }, lab(file));
      const { privateKey, ...plain } = connection;
      assert.deepEqual(plain, { address: "127.0.0.1", port: 2222, user: "root", hostKey });
      assert.equal(await secretText(privateKey), keyText);
      const { password, ...plainApi } = api;
      assert.deepEqual(plainApi, {
        endpoint: "https://127.0.0.1:8443/",
        username: "root@pam",
        insecure: true,
        node: "phoenix",
      });
      assert.equal(await secretText(password), "lab secret");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("the stack goes before it, key by key", () => {
    const { connection, api } = read(enough, { PHOENIX_PORT: "2222", PHOENIX_NODE: "lab" });
    assert.equal(connection.port, 2222);
    assert.equal(api.node, "pve");
  });

  test("left over beside a stack with a host of its own, it is refused: nothing of two hosts is mixed", () => {
    assert.deepEqual(report(enough, { PHOENIX_ADDRESS: "127.0.0.1", PHOENIX_API_PASSWORD: "lab secret" }), [
      'Pulumi.dev.yaml: phoenix:address: is not the host that PHOENIX_ADDRESS names (127.0.0.1) ("192.0.2.10") — unset the PHOENIX_… variables, or pulumi config rm address',
    ]);
  });

  test("a wrong variable is named", () => {
    assert.deepEqual(report(enough, { PHOENIX_PORT: "ssh" }), [
      'Pulumi.dev.yaml: phoenix:port: is not a port from 1 to 65535 ("ssh") — correct the variable PHOENIX_PORT',
    ]);
  });
});

describe("mistakes", () => {
  test("every missing setting at once, each with the command that mends it", () => {
    assert.deepEqual(report({}), [
      "Pulumi.dev.yaml: phoenix:hypervisorConfig: is missing — pulumi config set hypervisorConfig <path of phoenix_hypervisor_config.json>",
      "Pulumi.dev.yaml: phoenix:lxcConfigs: is missing — pulumi config set lxcConfigs <path of phoenix_lxc_configs.json>",
      "Pulumi.dev.yaml: phoenix:address: is missing — pulumi config set address <name or address of the host> (or set PHOENIX_ADDRESS)",
      'Pulumi.dev.yaml: phoenix:hostKey: is missing — pulumi config set hostKey "$(ssh-keyscan -t ed25519 <address>)" (or set PHOENIX_HOST_KEY)',
      "Pulumi.dev.yaml: phoenix:privateKeyFile: is missing, and no privateKey and no sshPassword either — pulumi config set privateKeyFile <path of the private key> (or set PHOENIX_PRIVATE_KEY_FILE)",
      "Pulumi.dev.yaml: phoenix:apiPassword: is missing — pulumi config set --secret apiPassword (or set PHOENIX_API_PASSWORD)",
      "Pulumi.dev.yaml: phoenix:nodeName: is missing — pulumi config set nodeName <what `hostname` prints on the node> (or set PHOENIX_NODE)",
    ]);
  });

  const rows: [string, Record<string, string>, string][] = [
    [
      "an address with a port",
      { address: "192.0.2.10 -p 22" },
      'phoenix:address: is not a host name or address ("192.0.2.10 -p 22") — pulumi config set address <name or address of the host>',
    ],
    [
      "a port of 0",
      { port: "0" },
      'phoenix:port: is not a port from 1 to 65535 ("0") — pulumi config set port 22',
    ],
    [
      "a port of 65536",
      { port: "65536" },
      'phoenix:port: is not a port from 1 to 65535 ("65536") — pulumi config set port 22',
    ],
    [
      "an RSA host key, which the SSH side refuses",
      { hostKey: "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ==" },
      'phoenix:hostKey: is not an ed25519 or ecdsa host key, as `type base64` or a known_hosts line ("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ==") — pulumi config set hostKey "$(ssh-keyscan -t ed25519 <address>)"',
    ],
    [
      "an API token",
      { apiUser: "root@pam!deploy" },
      'phoenix:apiUser: is not a user with a realm (an API token cannot make the guests: Proxmox wants root@pam with its password) ("root@pam!deploy") — pulumi config set apiUser root@pam',
    ],
    [
      "an endpoint with a path",
      { apiEndpoint: "https://192.0.2.10:8006/api2/json" },
      'phoenix:apiEndpoint: is not the root of an https URL ("https://192.0.2.10:8006/api2/json") — pulumi config set apiEndpoint https://192.0.2.10:8006/',
    ],
    [
      "neither true nor false",
      { apiInsecure: "yes" },
      'phoenix:apiInsecure: must be true or false ("yes") — pulumi config set apiInsecure false',
    ],
    [
      "a CTID that is none",
      { allowRecreate: "[99]" },
      'phoenix:allowRecreate: is not a list of CTIDs from 100 to 999999999 ("[99]") — pulumi config set allowRecreate "[901]"',
    ],
    [
      "a key file that is not there",
      { privateKeyFile: "nowhere" },
      'phoenix:privateKeyFile: names a file that cannot be read (ENOENT) ("nowhere") — pulumi config set privateKeyFile ~/.ssh/id_ed25519',
    ],
    [
      "a public key for a private one",
      { privateKeyFile: "/etc/hostname" },
      'phoenix:privateKeyFile: names a file that holds no private key ("/etc/hostname") — pulumi config set privateKeyFile ~/.ssh/id_ed25519',
    ],
    [
      "a slip of the pen",
      { allowRecreat: "[901]" },
      "phoenix:allowRecreat: unknown setting; did you mean allowRecreate? — pulumi config rm allowRecreat",
    ],
  ];
  for (const [name, settings, line] of rows) {
    test(name, () => assert.deepEqual(report({ ...enough, ...settings }), [`Pulumi.dev.yaml: ${line}`]));
  }

  test("no secret is in a message", () => {
    const secrets = {
      privateKey: "key secret",
      privateKeyPassword: "phrase secret",
      sshPassword: "ssh secret",
      apiPassword: "api secret",
    };
    const text = report({ ...secrets, apiPasswrod: "slip secret" }).join("\n");
    assert.match(text, /did you mean apiPassword/);
    assert.doesNotMatch(text, /(key|phrase|ssh|api|slip) secret/);
  });
});
