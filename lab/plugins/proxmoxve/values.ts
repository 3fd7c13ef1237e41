import { isObject } from "../shared/wire";
import type { WireMap } from "../shared/wire";

/** Typed looks into plain property values; a missing one is its kind's zero. */
export function text(map: WireMap, key: string): string {
  const value = map[key];
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

export function number(map: WireMap, key: string): number {
  const value = map[key];
  return typeof value === "number" ? value : 0;
}

export function flag(map: WireMap, key: string): boolean {
  return map[key] === true;
}

export function block(map: WireMap, key: string): WireMap | undefined {
  const value = map[key];
  return isObject(value) ? value : undefined;
}

export function blocks(map: WireMap, key: string): WireMap[] {
  const value = map[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function texts(map: WireMap, key: string): string[] {
  const value = map[key];
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === "string") : [];
}

/** 1 and 0, as the API has them. */
export function bit(value: boolean): number {
  return value ? 1 : 0;
}

/** Value of a property string such as `name=eth0,bridge=vmbr0`; the first part may go without a key. */
export function parseProperties(line: string, defaultKey: string): Record<string, string> {
  const parsed: Record<string, string> = {};
  for (const part of line.split(",")) {
    const at = part.indexOf("=");
    if (at === -1) parsed[defaultKey] ??= part;
    else parsed[part.slice(0, at)] = part.slice(at + 1);
  }
  return parsed;
}

export function joinProperties(pairs: [string, string | number | undefined][]): string {
  return pairs
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** A configuration's value as a number, whichever way the API wrote it. */
export function toNumber(value: unknown): number | undefined {
  const parsed = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof parsed === "number" && Number.isFinite(parsed) ? parsed : undefined;
}

export function toFlag(value: unknown): boolean | undefined {
  return value === undefined || value === null ? undefined : value === 1 || value === "1" || value === true;
}

/** Size in whole gigabytes of `8G`, `512M`, `1T`, rounded up. */
export function gigabytes(size: string): number {
  const [, amount = "0", unit = ""] = /^([0-9.]+)([KMGT]?)/.exec(size) ?? [];
  const bytes = Number(amount) * { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }[unit as "K"];
  return Math.ceil(bytes / 2 ** 30);
}

/** Entries named prefix0, prefix1 …, in the order of their numbers. */
export function numbered(config: Record<string, unknown>, prefix: string): [string, string][] {
  const pattern = new RegExp(`^${prefix}(\\d+)$`);
  return Object.entries(config)
    .filter((entry): entry is [string, string] => pattern.test(entry[0]) && typeof entry[1] === "string")
    .sort(([left], [right]) => Number(pattern.exec(left)?.[1]) - Number(pattern.exec(right)?.[1]));
}
