/** `Host.store`: one JSON file per section. */
import { join } from "node:path";
import type { Store } from "../types";
import { readJson, writeJson } from "./files";

/** A store in a folder. Documents are kept in memory; the files are only read at first use. */
export function openStore(folder: string): Store {
  const documents = new Map<string, string>();
  const path = (section: string) => join(folder, `${encodeURIComponent(section)}.json`);
  return {
    get<T>(section: string, initial: T): T {
      let text = documents.get(section);
      if (text === undefined) {
        const stored = readJson<T | undefined>(path(section), undefined);
        if (stored === undefined) return initial;
        text = JSON.stringify(stored);
        documents.set(section, text);
      }
      // A copy for each caller: nobody changes the document but through `set`.
      return JSON.parse(text) as T;
    },
    set(section: string, value: unknown): void {
      writeJson(path(section), value);
      documents.set(section, JSON.stringify(value));
    },
  };
}
