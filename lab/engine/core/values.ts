import { isDeepStrictEqual } from "node:util";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/**
 * Property values are kept in the form they have on the wire and in the state: plain JSON in which
 * an object with SIG as a key is a secret, an output value or a resource reference.
 */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
export type Props = Record<string, Value>;

export const SIG = "4dabf18193072939515e22adb298388d";
export const SECRET_SIG = "1b47061264138c4ac30d75fd1eb44270";
export const OUTPUT_SIG = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
export const RESOURCE_SIG = "5cf8f73096256a8f31e491e813e4eb8e";
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const UNKNOWNS = new Set([
  UNKNOWN,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

export function isObject(v: Value | undefined): v is { [key: string]: Value } {
  return typeof v === "object" && v !== null && !Array.isArray(v);
}

export function isUnknown(v: Value | undefined): boolean {
  return typeof v === "string" && UNKNOWNS.has(v);
}

export function isSecret(v: Value | undefined): v is { [SIG]: string; value: Value } {
  return isObject(v) && v[SIG] === SECRET_SIG;
}

export function secret(value: Value): Value {
  return isSecret(value) ? value : { [SIG]: SECRET_SIG, value };
}

/** Applies `leaf` to every special or plain leaf; containers are rebuilt. */
export function mapValue(v: Value, special: (v: Value) => Value | undefined): Value {
  const replaced = special(v);
  if (replaced !== undefined) return replaced;
  if (Array.isArray(v)) return v.map((e) => mapValue(e, special));
  if (isObject(v)) return Object.fromEntries(Object.entries(v).map(([k, e]) => [k, mapValue(e, special)]));
  return v;
}

export function mapProps(props: Props, special: (v: Value) => Value | undefined): Props {
  return Object.fromEntries(Object.entries(props).map(([k, v]) => [k, mapValue(v, special)]));
}

/** Without secret and output marks: what a diff compares. */
export function unwrap(v: Value): Value {
  return mapValue(v, (e) => {
    if (isSecret(e)) return unwrap(e.value);
    if (isObject(e) && e[SIG] === OUTPUT_SIG) return "value" in e ? unwrap(e["value"] ?? null) : UNKNOWN;
    return undefined;
  });
}

export const unwrapProps = (props: Props): Props => unwrap(props) as Props;

/** Output values, which only the SDK and components speak, become plain, secret or unknown values. */
export function lowerOutputs(props: Props): Props {
  const lower = (v: Value): Value =>
    mapValue(v, (e) => {
      if (isSecret(e)) return secret(lower(e.value));
      if (!isObject(e) || e[SIG] !== OUTPUT_SIG) return undefined;
      const value = "value" in e ? lower(e["value"] ?? null) : UNKNOWN;
      return e["secret"] ? secret(value) : value;
    });
  return lower(props) as Props;
}

/** Resource references as the id (or URN, for components) that an older receiver understands. */
export function lowerReferences(props: Props): Props {
  return mapProps(props, (e) => {
    if (isSecret(e)) return secret(lowerReferences({ v: e.value })["v"] ?? null);
    if (!isObject(e) || e[SIG] !== RESOURCE_SIG) return undefined;
    return "id" in e ? (e["id"] ?? "") : (e["urn"] ?? "");
  });
}

function some(v: Value, test: (v: Value) => boolean): boolean {
  if (test(v)) return true;
  if (Array.isArray(v)) return v.some((e) => some(e, test));
  return isObject(v) && Object.values(v).some((e) => some(e, test));
}

export const hasUnknowns = (v: Value): boolean => some(v, isUnknown);
export const hasSecrets = (v: Value): boolean => some(v, isSecret);

export function withoutUnknowns(props: Props): Props {
  return Object.fromEntries(Object.entries(props).filter(([, v]) => !hasUnknowns(v)));
}

/** What events and displays show: secrets as `[secret]`. */
export function masked(props: Props): Props {
  return mapProps(props, (e) => (isSecret(e) ? "[secret]" : undefined));
}

/** The texts that are marked as secret, also those within a secret object. */
export function secretTexts(v: Value, within = false): string[] {
  if (isSecret(v)) return secretTexts(v.value, true);
  if (typeof v === "string") return within ? [v] : [];
  if (Array.isArray(v)) return v.flatMap((e) => secretTexts(e, within));
  return isObject(v) ? Object.values(v).flatMap((e) => secretTexts(e, within)) : [];
}

export function markSecret(props: Props, keys: Iterable<string>): Props {
  const out = { ...props };
  for (const key of keys) if (out[key] !== undefined) out[key] = secret(out[key]);
  return out;
}

/** The receiver drops secret marks: outputs named as a secret input are taken for secret too. */
export function annotateSecrets(outputs: Props, inputs: Props): Props {
  return markSecret(
    outputs,
    Object.keys(inputs).filter((k) => hasSecrets(inputs[k] ?? null)),
  );
}

export const equal = (a: Value | undefined, b: Value | undefined): boolean => isDeepStrictEqual(a, b);

export function changedKeys(olds: Props, news: Props): string[] {
  const keys = [...new Set([...Object.keys(olds), ...Object.keys(news)])].sort();
  const left = unwrapProps(olds);
  const right = unwrapProps(news);
  return keys.filter((k) => !equal(left[k], right[k]));
}

export function toStruct(props: Props): Struct {
  return Struct.fromJavaScript(props);
}

export function fromStruct(struct: Struct | undefined): Props {
  return struct?.toJavaScript() ?? {};
}
