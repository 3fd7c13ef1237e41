import { isObject, open, plain, unknown } from "../../shared/wire";
import type { Wire, WireMap } from "../../shared/wire";
import { zeroOf } from "./fields";
import type { Field, Fields } from "./fields";

/**
 * The state a set of inputs asks for: inputs, else defaults, else what a computed property is now, else the
 * zero of its kind. Plain values.
 */
export function planState(fields: Fields, inputs: WireMap, state: WireMap): WireMap {
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [
      key,
      planValue(field, inputs[key], open(state[key] ?? null)),
    ]),
  );
}

function planValue(field: Field, input: Wire | undefined, state: Wire): Wire {
  const value = open(input ?? null);
  if (value === null) {
    if (field.computed || field.output) return state ?? zeroOf(field);
    // Nothing asked for and nothing there: empty stays empty, null stays null.
    if (isEmpty(state)) return state;
    return field.default !== undefined ? plan(field, field.default, state) : zeroOf(field);
  }
  return plan(field, value, state);
}

function plan(field: Field, value: Wire, state: Wire): Wire {
  const { fields } = field;
  if (!fields) {
    const given = convert(field, plain(value));
    return field.stored && typeof given === "string" && given !== unknown ? field.stored(given) : given;
  }
  if (Array.isArray(value))
    return value.map((entry, index) => {
      const before = Array.isArray(state) ? state[index] : undefined;
      const opened = open(entry);
      return isObject(opened) ? planState(fields, opened, isObject(before) ? before : {}) : opened;
    });
  return isObject(value) ? planState(fields, value, isObject(state) ? state : {}) : value;
}

function isEmpty(value: Wire): boolean {
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

/**
 * The planned state as a preview shows it: what only the node will decide is unknown, texts that nobody set
 * are null.
 */
export function previewState(fields: Fields, inputs: WireMap, planned: WireMap): WireMap {
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [
      key,
      previewValue(field, inputs[key], planned[key] ?? null),
    ]),
  );
}

function previewValue(field: Field, input: Wire | undefined, planned: Wire): Wire {
  const given = open(input ?? null);
  if (given === null && (field.output || field.computed)) return unknown;
  if (planned === "") return null;
  const { fields } = field;
  if (!fields) return planned;
  if (Array.isArray(planned)) {
    const list = Array.isArray(given) ? given : [];
    return planned.map((entry, index) => {
      const from = open(list[index] ?? null);
      return isObject(entry) ? previewState(fields, isObject(from) ? from : {}, entry) : entry;
    });
  }
  return isObject(planned) ? previewState(fields, isObject(given) ? given : {}, planned) : planned;
}

/** Scalars in the property's own kind: inputs may give `"5"` for 5. */
function convert(field: Field, value: Wire): Wire {
  if (field.kind === "number" && typeof value === "string" && value !== "" && Number.isFinite(Number(value)))
    return Number(value);
  if (field.kind === "string" && (typeof value === "number" || typeof value === "boolean"))
    return String(value);
  if (field.kind === "boolean" && typeof value === "string") return value === "true";
  return value;
}

/** A plan in which every difference that the provider does not see is as it was. */
export function keepSuppressed(fields: Fields, planned: WireMap, before: WireMap): WireMap {
  const done: WireMap = { ...planned };
  for (const [key, field] of Object.entries(fields)) {
    const [old, young] = [before[key] ?? null, planned[key] ?? null];
    const inner = field.fields;
    if (field.suppress?.(old, young)) done[key] = old;
    else if (inner && Array.isArray(young))
      done[key] = young.map((entry, index) => {
        const was = Array.isArray(old) ? old[index] : undefined;
        return isObject(entry) && isObject(was) ? keepSuppressed(inner, entry, was) : entry;
      });
    else if (inner && isObject(young) && isObject(old)) done[key] = keepSuppressed(inner, young, old);
  }
  return done;
}
