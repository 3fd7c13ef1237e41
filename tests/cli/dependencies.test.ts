import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { repository } from "../helpers/repository";

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
  assert.equal(all["@pulumi/pulumi"], "3.248.0");
  assert.equal(all["@pulumi/command"], "1.2.1");
  assert.equal(all["@muhlba91/pulumi-proxmoxve"], "8.6.0");
  assert.match(all["zod"] ?? "", /^4\./);
});

test("every package takes the oldest Node.js that README promises: npm ci has nothing to warn of", () => {
  const { engines } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as {
    engines: { node: string };
  };
  const [, oldest = ""] = /^>=(\d+\.\d+)$/.exec(engines.node) ?? [];
  assert.match(
    readFileSync(join(repository, "README.md"), "utf8"),
    new RegExp(`Node\\.js ${oldest} or newer`),
  );
  // The SDK's own, which it compares plugins' versions with.
  const { satisfies } = createRequire(require.resolve("@pulumi/pulumi"))("semver") as {
    satisfies: (version: string, range: string) => boolean;
  };
  const { packages } = JSON.parse(readFileSync(join(repository, "package-lock.json"), "utf8")) as {
    packages: Record<string, { engines?: { node?: string } }>;
  };
  const refusing = Object.entries(packages).filter(
    ([, { engines: needs }]) => needs?.node !== undefined && !satisfies(`${oldest}.0`, needs.node),
  );
  assert.deepEqual(refusing, []);
  assert.ok(Object.keys(packages).length > 100);
});

test("the lock file names no registry", () => {
  assert.doesNotMatch(readFileSync(join(repository, "package-lock.json"), "utf8"), /"resolved": "http/);
});
