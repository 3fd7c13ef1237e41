import type { CheckFailure, CheckResult } from "../shared/provider";
import {
  archiveSignature,
  assetSignature,
  isObject,
  isSecret,
  open,
  secret,
  signatureOf,
  unknown,
} from "../shared/wire";
import type { Wire, WireMap } from "../shared/wire";
import type { Field, Shape } from "./properties";

/** What `Check` answers for inputs of a shape: failures, or the inputs with defaults and secret marks. */
export function checkInputs(shape: Shape, inputs: WireMap): CheckResult {
  const news = withoutInternals(inputs);
  const failures = validate(shape, news);
  return { inputs: complete(shape, news, failures.length === 0), failures };
}

function withoutInternals(inputs: WireMap): WireMap {
  return Object.fromEntries(
    Object.entries(inputs).filter(([key, value]) => key !== "__internal" && value !== null),
  );
}

/** All mistakes, each under the top-level property it is in, worded as the real plugin words them. */
export function validate(shape: Shape, inputs: WireMap): CheckFailure[] {
  const failures: CheckFailure[] = [];
  for (const [name, field] of Object.entries(shape.fields)) {
    const value = open(inputs[name] ?? null);
    if (value === unknown) continue;
    if (value === null) {
      if (field.required)
        failures.push({ property: name, reason: `Missing required field '${name}' on '${shape.goType}'` });
      continue;
    }
    const reason = mismatch(shape, name, field, value);
    if (reason !== undefined) failures.push({ property: name, reason });
  }
  for (const name of Object.keys(inputs))
    if (!(name in shape.fields))
      failures.push({ property: name, reason: `Unrecognized field '${name}' on '${shape.goType}'` });
  return failures;
}

function mismatch(shape: Shape, name: string, field: Field, value: Wire): string | undefined {
  if (typeof field.kind === "object") {
    if (!isObject(value)) return wrongType(shape, name, field.kind.goType, value);
    const inner = validate(field.kind, value);
    if (inner.length === 0) return undefined;
    return `Field '${name}' on '${shape.goType}' had errors: ${inner.map((failure) => failure.reason).join("; ")}`;
  }
  const fits = {
    string: () => typeof value === "string",
    number: () => typeof value === "number",
    integer: () => typeof value === "number",
    boolean: () => typeof value === "boolean",
    list: () => Array.isArray(value),
    strings: () => Array.isArray(value) && value.every(isText),
    stringMap: () => isObject(value) && Object.values(value).every(isText),
    asset: () => [assetSignature, archiveSignature].includes(signatureOf(value) ?? ""),
  }[field.kind]();
  return fits ? undefined : wrongType(shape, name, goTypes[field.kind], value);
}

const goTypes = {
  string: "string",
  number: "float64",
  integer: "int",
  boolean: "bool",
  list: "[]interface {}",
  strings: "[]string",
  stringMap: "map[string]string",
  asset: "types.AssetOrArchive",
};

function isText(value: Wire): boolean {
  return typeof open(value) === "string";
}

function wrongType(shape: Shape, name: string, expected: string, value: Wire): string {
  const actual = Array.isArray(value)
    ? "[]interface {}"
    : { string: "string", number: "float64", boolean: "bool" }[
        typeof value as "string" | "number" | "boolean"
      ];
  return `Field '${name}' on '${shape.goType}' must be a '${expected}'; got '${actual ?? "map[string]interface {}"}' instead`;
}

function complete(shape: Shape, inputs: WireMap, defaults: boolean): WireMap {
  const done: WireMap = { ...inputs };
  for (const [name, field] of Object.entries(shape.fields)) {
    if (defaults && field.default !== undefined && (done[name] ?? null) === null) done[name] = field.default;
    const value = done[name];
    if (value === undefined) continue;
    let finished = value;
    if (typeof field.kind === "object") finished = completeObject(field.kind, value, defaults);
    done[name] = field.secret ? secret(finished) : finished;
  }
  return done;
}

function completeObject(shape: Shape, value: Wire, defaults: boolean): Wire {
  const opened = open(value);
  if (!isObject(opened)) return value;
  const finished = complete(shape, opened, defaults);
  return isSecret(value) ? secret(finished) : finished;
}
