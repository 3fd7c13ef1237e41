/** Checks a document against its schema: every mistake at once, unknown keys as warnings; returns what is usable. */
import { z } from "zod";
import { type Path, type Report } from "./findings";
import { isObject } from "./objects";

/** A value of which any part may be missing, because it was wrong and has been reported. */
export type Draft<T> = T extends readonly (infer E)[]
  ? (Draft<E> | undefined)[]
  : T extends object
    ? { [K in keyof T]?: Draft<T[K]> }
    : T;

/**
 * Checks a document. Returns the part of it that fits the schema (defaults not applied), so that the rules
 * over several entries can look at the rest of a file that has mistakes.
 */
export function checkSchema<S extends z.ZodType>(
  schema: S,
  document: unknown,
  report: Report,
): Draft<z.input<S>> {
  const usable: unknown = structuredClone(document);
  const reported = new Set<string>();
  for (const issue of schema.safeParse(document).error?.issues ?? []) {
    const path = issue.path as Path;
    // Only the first mistake of a value is reported.
    const place = JSON.stringify(path);
    if (issue.code !== "unrecognized_keys" && reported.has(place)) continue;
    reported.add(place);
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) {
        report.warning([...path, key], "unknown key", unknownKeyRemedy(key, knownKeys(schema, path)));
        remove(usable, [...path, key]);
      }
    } else if (issue.code === "invalid_key") {
      report.mistake(path, issue.issues[0]?.message ?? "is not a key for this place", "give it another name");
      remove(usable, path);
    } else {
      const value = valueAt(document, path);
      report.mistake(path, problem(issue, value), `give ${describe(schema, path)}`, value);
      remove(usable, path);
    }
  }
  return (isObject(usable) ? usable : {}) as Draft<z.input<S>>;
}

function problem(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return "is missing";
  switch (issue.code) {
    case "invalid_type":
      return issue.expected === "int"
        ? "must be a whole number"
        : `must be ${kindNames[issue.expected] ?? issue.expected}, not ${kindOf(value)}`;
    case "too_small":
      if (issue.origin === "string") return "must not be empty";
      return issue.origin === "array" ? "must not be empty" : `must be ${issue.minimum} or more`;
    case "too_big":
      if (issue.origin === "string") return `is longer than ${issue.maximum} characters`;
      return `must be ${issue.maximum} or less`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`;
    default:
      return issue.message;
  }
}

const kindNames: Record<string, string> = {
  string: "text",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return value ? "true" : "false";
  const kind = Array.isArray(value) ? "array" : typeof value;
  return kindNames[kind] ?? kind;
}

/** The value at a place of a document; undefined when there is none. */
export function valueAt(document: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, step)
        ? (value as Record<string | number, unknown>)[step]
        : undefined,
    document,
  );
}

/** Removes a value from a document; a list keeps a hole, so that later items keep their numbers. */
export function remove(document: unknown, path: Path): void {
  const last = path[path.length - 1];
  const parent = valueAt(document, path.slice(0, -1));
  if (last === undefined || typeof parent !== "object" || parent === null) return;
  if (Array.isArray(parent)) parent[Number(last)] = undefined;
  else delete (parent as Record<string, unknown>)[last];
}

/** The schema of a place: through objects, lists, records and what only adds a default. */
function schemaAt(schema: z.core.$ZodType, path: Path): z.core.$ZodType | undefined {
  const inner = unwrap(schema);
  const [step, ...rest] = path;
  if (step === undefined) return schema;
  if (inner instanceof z.ZodObject) {
    const next = (inner.shape as Record<string, z.core.$ZodType>)[String(step)];
    return next && schemaAt(next, rest);
  }
  if (inner instanceof z.ZodArray) return schemaAt(inner.element, rest);
  if (inner instanceof z.ZodRecord) return schemaAt(inner.valueType, rest);
  return undefined;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return "innerType" in schema._zod.def ? unwrap(schema._zod.def.innerType as z.core.$ZodType) : schema;
}

function knownKeys(schema: z.core.$ZodType, path: Path): string[] {
  const place = schemaAt(schema, path);
  const inner = place && unwrap(place);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

/** The description of a place as the end of a sentence. */
function describe(schema: z.core.$ZodType, path: Path): string {
  for (let place = schemaAt(schema, path); place; place = innerOf(place)) {
    const text = z.globalRegistry.get(place)?.description;
    if (text) return /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
  }
  return "a value of the right kind";
}

function innerOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  return "innerType" in schema._zod.def ? (schema._zod.def.innerType as z.core.$ZodType) : undefined;
}

function unknownKeyRemedy(key: string, known: string[]): string {
  const near = nearest(key, known);
  return near
    ? `it has no effect; did you mean ${near}?`
    : "it has no effect; remove it or correct its spelling";
}

/** The candidate that differs in at most two letters (one for short words); undefined when none does. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const most = word.length < 5 ? 1 : 2;
  return candidates
    .filter((candidate) => Math.abs(candidate.length - word.length) <= most)
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
