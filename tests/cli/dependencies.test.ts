import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repository } from "../helpers/project";

type Dependencies = Record<string, string>;

function declared(file: string): Dependencies {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(repository, file), "utf8")) as {
    dependencies?: Dependencies;
    devDependencies?: Dependencies;
  };
  return { ...dependencies, ...devDependencies };
}

const all = { ...declared("package.json"), ...declared("lab/package.json") };

test("each dependency has its reason in docs/adr/0001-dependencies.md, and each reason its dependency", () => {
  const record = readFileSync(join(repository, "docs/adr/0001-dependencies.md"), "utf8");
  const explained = [...record.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
  assert.deepEqual(explained.sort(), Object.keys(all).sort());
});

test("versions are exact, and the four that the design fixes are those", () => {
  const loose = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version));
  assert.deepEqual(loose, []);
  assert.equal(all["@pulumi/pulumi"], "3.270.0");
  assert.equal(all["@pulumi/command"], "1.2.1");
  assert.equal(all["@muhlba91/pulumi-proxmoxve"], "8.6.0");
  assert.match(all["zod"] ?? "", /^4\./);
});
