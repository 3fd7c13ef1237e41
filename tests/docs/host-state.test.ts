/* docs/host-state.md has what the scripts name on a host, and nothing that no script names. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repository } from "../helpers/repository";
import { ANY, namedElsewhere, namedPaths } from "./host-paths";

const document = readFileSync(join(repository, "docs", "host-state.md"), "utf8");

/** Paths in the first column of a section's tables; a section is about the folder that its heading names. */
function documented(): string[] {
  return document.split(/^## /m).flatMap((section) => {
    const folder = /^`(\/[^`]+)`/.exec(section)?.[1];
    const cells = [...section.matchAll(/^\| (`.*?) +\|/gm)].map(([, cell = ""]) => cell);
    const paths = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path));
    if (folder !== undefined) return paths.map((path) => `${folder}/${path}`);
    return section.startsWith("Inside containers") ? paths : [];
  });
}

const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * Whether a path of a script is one of the document's, or a folder that one of them lies in. What a script puts in when
 * it runs stands for any one name at the end of a path, as in `admin-user/NAME/WHAT`.
 */
function stands(named: string, written: string): boolean {
  const general = written.replaceAll(/<[^>]+>/g, ANY);
  if (general === named || general.startsWith(`${named}/`) || general.startsWith(`${named}.`)) return true;
  const filled = literal(written)
    .replaceAll("<path>", `(?:${ANY}|[\\w./-]+)`)
    .replaceAll(/<[^>]+>/g, `(?:${ANY}|[\\w-]+)`);
  const open = named.endsWith(`/${ANY}`) ? literal(named).replaceAll(ANY, "[^/.]+") : "(?!)";
  return new RegExp(`^${filled}$`).test(named) || new RegExp(`^${open}$`).test(general);
}

const named = namedPaths();
const paths = documented();

test("docs/host-state.md has every path that a script names below the folders of Phoenix", () => {
  const missing = [...named]
    .filter(([path]) => !paths.some((written) => stands(path, written)))
    .map(([path, scripts]) => `${path}: ${scripts.join(", ")}`);
  assert.deepEqual(missing, []);
  // So many there were when this was written: what reads the scripts has not lost sight of them.
  assert.ok(named.size > 120, String(named.size));
});

test("every path that it has is named by a script", () => {
  const stale = paths.filter((written) => ![...named.keys()].some((path) => stands(path, written)));
  assert.deepEqual(stale, []);
  assert.ok(paths.length > 80, String(paths.length));
});

test("it has every file, unit and snapshot that is called after Phoenix", () => {
  const elsewhere = namedElsewhere();
  const missing = [...elsewhere].filter(
    ([name]) => !new RegExp(`\\b${literal(name).replaceAll(ANY, "<[^>]+>")}(?![\\w<.])`).test(document),
  );
  assert.deepEqual(missing, []);
  assert.ok(elsewhere.size > 10, String(elsewhere.size));
});
