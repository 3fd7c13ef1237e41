import test, { describe } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { loadEstate } from "../../config";
import {
  formsPage,
  page,
  schemaFiles,
  schemaFolder,
  withForms,
  withKeyLists,
} from "../../config/export-schemas";

const folder = resolve(__dirname, "../../environments/dev");

describe("the dev environment", () => {
  test("has no mistakes and no warnings", () => {
    const { estate, warnings } = loadEstate({
      hypervisorConfig: join(folder, "phoenix_hypervisor_config.json"),
      lxcConfigs: join(folder, "phoenix_lxc_configs.json"),
    });
    assert.deepEqual(warnings, []);
    assert.deepEqual(
      estate.containers.map(({ ctid, name }) => `${ctid} ${name}`),
      [
        "900 template-base",
        "901 template-gpu",
        "902 template-docker",
        "910 gateway",
        "911 model-server",
        "912 web-ui",
      ],
    );
    assert.deepEqual(
      estate.vms.map(({ name }) => name),
      ["build-runner"],
    );
  });

  test("the gateway's hook writes its file, and only when it differs", () => {
    const scratch = mkdtempSync(join(tmpdir(), "phoenix-hook-"));
    const file = join(scratch, "ssh_config.d/phoenix-gateway.conf");
    try {
      const script = readFileSync(join(folder, "hooks/phoenix_hypervisor_setup_910.sh"), "utf8");
      writeFileSync(
        join(scratch, "hook.sh"),
        script.replace("/etc/ssh/ssh_config.d/phoenix-gateway.conf", file),
      );
      const run = () => {
        execFileSync("bash", [join(scratch, "hook.sh")], { stdio: "pipe" });
        return statSync(file).ino;
      };
      const first = run();
      assert.equal(readFileSync(file, "utf8"), "Host gateway\n  HostName 10.0.0.210\n  User root\n");
      assert.equal(run(), first, "written again although it was right");
      writeFileSync(file, "Host gateway\n  HostName 10.0.0.99\n");
      run();
      assert.equal(readFileSync(file, "utf8"), "Host gateway\n  HostName 10.0.0.210\n  User root\n");
      assert.deepEqual(readdirSync(join(scratch, "ssh_config.d")), ["phoenix-gateway.conf"]);
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });
});

describe("JSON Schemas for editors", () => {
  test("docs/configuration.md lists the keys that `npm run schemas` writes", () => {
    const text = readFileSync(page, "utf8");
    assert.equal(withKeyLists(text), text);
    assert.match(text, /^lxc_configs\.<key>\.memory_mb +integer +required +Memory in MB, 512 to 131072$/m);
    assert.match(text, /^zfs\.pools\[\]\.disks +list of text +- +Disks of the pool, at least one$/m);
  });

  test("docs/later-forms.md has the tables that `npm run schemas` writes", () => {
    const text = readFileSync(formsPage, "utf8");
    assert.equal(withForms(text), text);
    assert.match(
      text,
      /^\| `lxc_configs\.<key>\.id_maps\[\]\.size` +\| `lxc_configs\.<key>\.id_maps\[\]\.count` +\| the same +\|$/m,
    );
  });

  for (const [name, text] of Object.entries(schemaFiles({ later: true }))) {
    test(`${name} is what \`npm run schemas\` writes`, () => {
      assert.equal(readFileSync(join(schemaFolder, name), "utf8"), text);
    });

    test(`every key in ${name} has a description`, () => {
      const bare: string[] = [];
      const walk = (value: unknown, path: string): void => {
        if (typeof value !== "object" || value === null) return;
        const { type, properties } = value as {
          type?: string;
          properties?: Record<string, { description?: string }>;
        };
        // A list of keys may itself hold a key named properties; only an object's schema has the keyword.
        for (const [key, property] of Object.entries((type === "object" && properties) || {})) {
          if (!property.description) bare.push(`${path}.${key}`);
        }
        for (const [key, item] of Object.entries(value)) walk(item, `${path}.${key}`);
      };
      walk(JSON.parse(text), "");
      assert.deepEqual(bare, []);
    });
  }
});
