/** Guests that a stack has adopted and leaves as they are until their entries change: `phoenix:adopted`, by id. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { parseById } from "./by-id";
import type { ContainerSpec, VmSpec } from "./model";

/** Digest of what an entry asked for when its guest was adopted, by CTID or VMID. */
export type AdoptedSettings = ReadonlyMap<number, string>;

/** Reads `phoenix:adopted` as Pulumi hands it over: `{"105": "v1-<16 hex digits>"}`. Undefined for anything else. */
export const parseAdopted = (text: string): AdoptedSettings | undefined =>
  parseById(text, z.string().regex(/^v1-[0-9a-f]{16}$/));

/** Fields that follow from others, or that only scripts read: not part of an adopted guest's digest. */
const apart = { scriptConfig: undefined, ownIds: undefined, exportStorages: undefined };

/** Digest of all that a guest's entry asks for; the order of keys does not matter. */
export function specDigest(spec: ContainerSpec | VmSpec): string {
  const sorted = JSON.stringify({ ...spec, ...apart }, (_key, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return `v1-${createHash("sha256").update(sorted).digest("hex").slice(0, 16)}`;
}

/**
 * True while an adopted guest's entry is unchanged: no step touches the guest. With the first change of its entry it is
 * converged like any other.
 */
export function isLeftAsAdopted(spec: ContainerSpec | VmSpec, adopted: AdoptedSettings): boolean {
  const id = "ctid" in spec ? spec.ctid : spec.vmid;
  return id !== undefined && adopted.get(id) === specDigest(spec);
}
