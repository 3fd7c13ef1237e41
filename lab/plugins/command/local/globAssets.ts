import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { assetSignature, signatureKey } from "../../shared/wire";
import type { WireMap } from "../../shared/wire";

/**
 * The files below a folder that the patterns choose, as assets by relative path. Patterns apply in order;
 * one that starts with `!` takes files out again. `*` and `?` stop at `/`, `**` does not.
 */
export async function globAssets(dir: string, patterns: string[]): Promise<WireMap> {
  const rules = patterns.map((pattern) => ({
    excludes: pattern.startsWith("!"),
    expression: toExpression(pattern.replace(/^!/, "")),
  }));
  const assets: WireMap = {};
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = posix.relative(dir, join(entry.parentPath, entry.name));
    let chosen = false;
    for (const rule of rules) if (rule.expression.test(path)) chosen = !rule.excludes;
    if (!chosen) continue;
    const full = join(dir, path);
    const hash = createHash("sha256")
      .update(await readFile(full))
      .digest("hex");
    assets[path] = { [signatureKey]: assetSignature, hash, path: full };
  }
  return assets;
}

function toExpression(pattern: string): RegExp {
  let source = "";
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index] ?? "";
    if (character === "*" && pattern[index + 1] === "*") {
      source += ".*";
      index++;
    } else if (character === "*") source += "[^/]*";
    else if (character === "?") source += "[^/]";
    else if ("{}[]".includes(character))
      throw new Error(
        `assetPaths: ${pattern}: braces and brackets are not supported by the lab's command plugin`,
      );
    else source += character.replace(/[.+^$()|\\]/g, "\\$&");
  }
  return new RegExp(`^${source}$`, "s");
}
