/**
 * Property values as they travel between an engine and a provider: JSON, in which secrets, assets and
 * archives are objects marked by a signature and an unknown is one fixed string.
 *
 * The constants are those of `@pulumi/pulumi/runtime/rpc` (a test holds them equal); they are written
 * here because loading that module more than doubles a plugin's start-up time.
 */
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

export type Wire = null | boolean | number | string | Wire[] | { [key: string]: Wire };
export type WireMap = { [key: string]: Wire };

export const signatureKey = "4dabf18193072939515e22adb298388d";
export const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
export const assetSignature = "c44067f5952c0a294b673a41bacd8c17";
export const archiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7";
export const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isMap(value: Wire | undefined): value is WireMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The signature of a marked object, or undefined for anything else. */
export function signatureOf(value: Wire | undefined): string | undefined {
  const signature = isMap(value) ? value[signatureKey] : undefined;
  return typeof signature === "string" ? signature : undefined;
}

/** A plain object: a map without a signature. */
export function isObject(value: Wire | undefined): value is WireMap {
  return isMap(value) && signatureOf(value) === undefined;
}

export function isSecret(value: Wire | undefined): boolean {
  return signatureOf(value) === secretSignature;
}

/** Marks a value as secret; one that is secret already stays as it is. */
export function secret(value: Wire): Wire {
  return isSecret(value) ? value : { [signatureKey]: secretSignature, value };
}

/** The value inside a secret or an output value, however often wrapped; an output without a value is unknown. */
export function open(value: Wire): Wire {
  const signature = signatureOf(value);
  if (signature === secretSignature) return open((value as WireMap)["value"] ?? null);
  if (signature === outputSignature) return open((value as WireMap)["value"] ?? unknown);
  return value;
}

/** The same value with every secret and output value below it opened. */
export function plain(value: Wire): Wire {
  const opened = open(value);
  if (Array.isArray(opened)) return opened.map(plain);
  if (isMap(opened))
    return Object.fromEntries(Object.entries(opened).map(([key, entry]) => [key, plain(entry)]));
  return opened;
}

export function plainMap(value: WireMap): WireMap {
  return plain(value) as WireMap;
}

/** Whether an unknown is anywhere in the value. */
export function containsUnknown(value: Wire): boolean {
  const opened = open(value);
  if (opened === unknown) return true;
  if (Array.isArray(opened)) return opened.some(containsUnknown);
  return isMap(opened) && Object.values(opened).some(containsUnknown);
}

/** Whether a secret is anywhere in the value. */
export function containsSecret(value: Wire): boolean {
  if (isSecret(value)) return true;
  if (Array.isArray(value)) return value.some(containsSecret);
  return isMap(value) && Object.values(value).some(containsSecret);
}

/** A text, or undefined for any other value. */
export function textOf(value: Wire | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Deep equality of wire values, secret marks included; a null entry equals a missing one. */
export function equal(left: Wire, right: Wire): boolean {
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((entry, index) => equal(entry, right[index] ?? null));
  if (isMap(left) && isMap(right))
    return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) =>
      equal(left[key] ?? null, right[key] ?? null),
    );
  return left === right;
}

export function fromStruct(struct: Struct | undefined): WireMap {
  return struct?.toJavaScript() ?? {};
}

export function toStruct(map: WireMap): Struct {
  return Struct.fromJavaScript(map);
}
