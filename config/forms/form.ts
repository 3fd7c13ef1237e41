/** A key of a later version of the original's files, and how it is read: as a key of ours, or not at all. */
import { remove, valueAt } from "../check";
import { formatPath, type Path, type Report } from "../findings";
import type { Moves } from "../moves";
import type { Json } from "../objects";

/** A row of the table of forms. Keys are written as in the lists of keys: `lxc_configs.<key>.id_maps[].size`. */
export interface Form {
  file: "host" | "containers";
  key: string;
  /** The key of ours that it is read as, of the same file and item; without it, the key has no effect. */
  as?: string;
  /** How the value is read; for a key without an effect, what the user should know in its place. */
  note: string;
  /** JSON Schema of the value, for editors; that of our key without it. */
  schema?: object;
  /** The value in our form; the same without it. What it does not understand it returns as it is, for the schema. */
  value?: (value: unknown) => unknown;
}

/** A file while its forms are read. */
export interface Source {
  document: unknown;
  report: Report;
}

type Name = string | number;

/** `lxc_configs.<key>.id_maps[].size` → `["lxc_configs", "<key>", "id_maps", "[]", "size"]`. */
export const stepsOf = (key: string): string[] => key.replaceAll("[]", ".[]").split(".");

const isMany = (step: string) => step === "[]" || step === "<key>";

/** The places of a document that a key stands for, with the items and names that its `[]` and `<key>` are there. */
export function placesOf(document: unknown, key: string): { path: Path; items: Name[] }[] {
  return find(document, stepsOf(key));
}

function find(value: unknown, [step, ...rest]: readonly string[]): { path: Path; items: Name[] }[] {
  if (step === undefined) return [{ path: [], items: [] }];
  if (typeof value !== "object" || value === null || Array.isArray(value) !== (step === "[]")) return [];
  const names: Name[] = Array.isArray(value)
    ? [...value.keys()]
    : step === "<key>"
      ? Object.keys(value)
      : Object.hasOwn(value, step)
        ? [step]
        : [];
  return names.flatMap((name) =>
    find((value as Record<Name, unknown>)[name], rest).map(({ path, items }) => ({
      path: [name, ...path],
      items: isMany(step) ? [name, ...items] : items,
    })),
  );
}

/** The place of a key for these items. */
function placeFor(key: string, items: readonly Name[]): Path {
  const left = [...items];
  return stepsOf(key).map((step) => (isMany(step) ? (left.shift() ?? step) : step));
}

/** Reads one form: moves what is there to our key, or says that it has no effect. */
export function readForm(form: Form, { document, report }: Source, moves: Moves): void {
  const places = placesOf(document, form.key);
  for (const { path, items } of places) {
    const value = valueAt(document, path);
    if (form.as === undefined) {
      report.warning(path, "has no effect", form.note, value);
      remove(document, path);
      continue;
    }
    const target = placeFor(form.as, items);
    move({ document, report }, moves, { path, target, value: form.value ? form.value(value) : value });
  }
  // What is moved out of an object may leave nothing of it.
  for (const { path } of places) removeEmpty(document, path.slice(0, -1));
}

/** Puts a value in another place; another one that is there already is a contradiction. */
export function move(
  { document, report }: Source,
  moves: Moves,
  { path, target, value }: { path: Path; target: Path; value: unknown },
): void {
  const stays = formatPath(path) === formatPath(target);
  if (!stays) remove(document, path);
  const there = valueAt(document, target);
  if (!stays && there !== undefined) {
    if (same(there, value)) return;
    report.mistake(path, `says what ${formatPath(target)} says too`, "keep one of the two");
    return;
  }
  if (!put(document, target, value) || stays) return;
  moves.add({ file: report.file, path: target }, { file: report.file, path });
}

/** In hexadecimal digits the case does not matter, and nowhere else does one value differ by it alone. */
export const same = (one: unknown, other: unknown) =>
  JSON.stringify(one).toLowerCase() === JSON.stringify(other).toLowerCase();

/** Sets a value, in objects that are made where there are none; false where something else is in the way. */
export function put(document: unknown, path: Path, value: unknown): boolean {
  const [step, ...rest] = path;
  if (typeof document !== "object" || document === null || step === undefined) return false;
  const object = document as Record<Name, unknown>;
  if (rest.length === 0) object[step] = value;
  else return put((object[step] ??= {}), rest, value);
  return true;
}

function removeEmpty(document: unknown, path: Path): void {
  const value = valueAt(document, path);
  if (path.length === 0 || typeof value !== "object" || value === null || Array.isArray(value)) return;
  if (Object.keys(value).length === 0) remove(document, path);
}

/** Words of a text, between spaces or commas; any other value as it is. */
export const words = (value: unknown) =>
  typeof value === "string" ? value.split(/[ ,]+/).filter(Boolean) : value;

/** Tells of keys that no form has. */
export function reportUnknown(report: Report, path: Path, others: Json): void {
  for (const [key, value] of Object.entries(others))
    report.warning(
      [...path, key],
      "unknown key",
      "it has no effect; remove it or correct its spelling",
      value,
    );
}
