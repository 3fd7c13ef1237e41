import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { repository } from "../helpers/repository";

/** Files of the product: what a user with the real Pulumi and a real host runs. */
function productFiles(): string[] {
  const folders = ["config", "plan", "components", "cli"].flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return [...folders, join(repository, "index.ts"), join(repository, "bin", "phoenix")];
}

/** What a file imports: `from "…"`, `import "…"`, `import("…")`, `require("…")`. */
function imports(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*["']([^"']+)["']/g)].map(
    ([, name]) => name ?? "",
  );
}

test("nothing of the product imports the lab", () => {
  const lab = join(repository, "lab");
  const found = productFiles().flatMap((file) =>
    imports(file)
      .filter((name) => {
        if (name.startsWith("@phoenix/lab")) return true;
        return name.startsWith(".") && !relative(lab, resolve(dirname(file), name)).startsWith("..");
      })
      .map((name) => `${relative(repository, file)} imports ${name}`),
  );
  assert.deepEqual(found, []);
});

test("the product is more than a handful of files and its imports are seen", () => {
  const files = productFiles().map((file) => relative(repository, file));
  assert.ok(files.includes("cli/main.ts") && files.includes("config/graph.ts"), files.join(" "));
  assert.deepEqual(imports(join(repository, "cli", "main.ts")).sort(), [
    "../config/printable",
    "./errors",
    "./program",
    "commander",
  ]);
});

/** Files that a program in JavaScript has loaded at its end; TypeScript files may be required by it. */
function loadedBy(program: string): string[] {
  const said = execFileSync(
    process.execPath,
    [
      "--require",
      "./scripts/typescript.js",
      "--eval",
      `${program}; console.log(JSON.stringify(Object.keys(require.cache)));`,
    ],
    { cwd: repository, encoding: "utf8" },
  );
  return (JSON.parse(said.trim().split("\n").at(-1) ?? "") as string[]).map((file) =>
    relative(repository, file),
  );
}

const packagesOf = (files: string[]) =>
  [...new Set(files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []))].sort();

test("no command needs the Pulumi SDK, which takes longer to load than all the rest", () => {
  const actions = readdirSync(join(repository, "cli", "actions"));
  const files = loadedBy(
    ["./cli/main.ts", ...actions.map((name) => `./cli/actions/${name}`)]
      .map((file) => `require("${file}")`)
      .join(";"),
  );
  assert.ok(files.includes("cli/lost.ts") && files.includes("cli/actions/health.ts"), files.join(" "));
  assert.deepEqual(
    packagesOf(files).filter((name) => name.startsWith("@pulumi/")),
    [],
  );
});

test("a command's own modules are loaded when it runs: telling of commands needs no rules of the two files", () => {
  const files = loadedBy('require("./cli/program.ts").buildProgram().helpInformation()');
  assert.deepEqual(
    files.filter((file) => /^(config|components|cli\/actions)\//.test(file)),
    [],
  );
  const own = packagesOf(files);
  assert.ok(own.includes("commander") && !own.includes("zod") && !own.includes("yaml"), own.join(" "));
  assert.ok(!packagesOf(loadedBy('require("./cli/actions/lab.ts")')).includes("zod"));
});
