import type { Wire, WireMap } from "../../shared/wire";
import type { Rule } from "./rules";

/**
 * A property of a bridged resource, as data: what the Terraform provider's schema says of it, under its
 * Pulumi name.
 */
export interface Field {
  /** `block` is an object (a Terraform list of one), `blocks` a list of objects, `list` one of scalars. */
  kind: "string" | "number" | "boolean" | "map" | "list" | "block" | "blocks";
  fields?: Fields;
  /** Filled in by Check, and marked in `__defaults`; a default that is the kind's zero is none. */
  default?: Wire;
  required?: boolean;
  /** Set by the provider; keeps its value when no input says otherwise. */
  computed?: boolean;
  /** Output only. */
  output?: boolean;
  /** A change forces a replacement, of the property itself or of anything below it. */
  replaces?: boolean;
  /** A change of any other entry of this list of properties does not touch it: engines are told so. */
  stable?: boolean;
  /** Terraform's name, where it is not the Pulumi name in snake case. */
  tf?: string;
  secret?: boolean;
  /** Not offered as a default by Check although the state has one. */
  deprecated?: boolean;
  /** A list whose order is no difference. */
  unordered?: boolean;
  /** What the property is without input or default, instead of the zero of its kind. */
  zero?: Wire;
  /** Differences the provider does not see; what was before stays planned. */
  suppress?: (before: Wire, after: Wire) => boolean;
  /** What Check asks of a value that is given; unknown ones pass. */
  valid?: Rule;
  /** How many entries a list may have. */
  most?: number;
  /** How a given value is planned, where that is not as it was given (Terraform's StateFunc). */
  stored?: (value: string) => string;
}

export type Fields = Record<string, Field>;

/** Value of a property that is neither set nor computed. */
export function zeroOf(field: Field): Wire {
  if (field.zero !== undefined) return field.zero;
  switch (field.kind) {
    case "string":
      return "";
    case "number":
      return 0;
    case "boolean":
      return false;
    case "blocks":
      return [];
    default:
      return null;
  }
}

/** Names that are a provider's or engine's own. */
export function isInternal(key: string): boolean {
  return key.startsWith("__");
}

export function withoutInternals(map: WireMap): WireMap {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !isInternal(key)));
}
