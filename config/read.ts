/** One configuration file from disk: readable, JSON, no key twice. */
import { remove, valueAt } from "./check";
import { Report } from "./findings";
import { JsonSyntaxError, parseJson } from "./json";
import { readTextFile } from "./read-file";

/** The document, or undefined when the report says why there is none. */
export function readDocument(file: string, report: Report): unknown {
  const found = readTextFile(file);
  if ("problem" in found) {
    report.mistake([], found.problem, found.remedy);
    return undefined;
  }
  try {
    const { value, duplicates } = parseJson(found.text);
    for (const { path, line, firstLine } of duplicates) {
      report.mistake(path, `occurs twice, on line ${firstLine} and line ${line}`, "keep one of the two");
    }
    return value;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    report.mistake(
      [],
      `is not JSON: ${error.message}`,
      "correct it there; an editor with JSON support shows the place",
    );
    return undefined;
  }
}

/**
 * `shared_volumes.firewall` of the original is a firewall block in the wrong place: it is reported and taken
 * out, because switching a firewall on by guessing could lock the user out.
 */
export function takeOutMisplaced(document: unknown, report: Report): unknown {
  const path = ["shared_volumes", "firewall"];
  const block = valueAt(document, path);
  if (typeof block !== "object" || block === null || !("enabled" in block) || "host_path" in block)
    return document;
  report.warning(
    path,
    "is a firewall block in the place of a shared volume, and has no effect here",
    "move it to the top level of the file as firewall, or remove it",
  );
  const rest = structuredClone(document);
  remove(rest, path);
  return rest;
}
