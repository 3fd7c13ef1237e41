import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../helpers/repository";

const NOT_OURS = new Set([".git", ".lab", ".phoenix", "node_modules", "fixtures"]);

/** The repository's files below a folder with that ending, as paths from its root, sorted. */
export function filesBelow(folder: string, ending: string): string[] {
  const found: string[] = [];
  const walk = (at: string) => {
    for (const entry of readdirSync(join(repository, at), { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (entry.isDirectory() && !NOT_OURS.has(entry.name)) walk(path);
      if (entry.isFile() && entry.name.endsWith(ending)) found.push(path);
    }
  };
  if (existsSync(join(repository, folder))) walk(folder);
  return found.sort();
}
