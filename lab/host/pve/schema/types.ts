/** Parameter schemas in the form of Proxmox VE's own (PVE::JSONSchema), as far as the lab uses it. */

/** One parameter, or one key of a property string. */
export interface Property {
  type: "string" | "integer" | "number" | "boolean";
  optional?: boolean;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  enum?: readonly string[];
  pattern?: RegExp;
  /** Name of a format in formats.ts, or the keys of a property string. */
  format?: string | PropertyString;
  /** Throws what is wrong with the keys of a property string together. */
  check?: (values: Values) => void;
  /** Another parameter that has to be given with this one. */
  requires?: string;
  /** Key of the property string that may stand without its name. */
  defaultKey?: true;
  default?: string | number;
  /** Given several times, or as an array of JSON: its texts stand in one, with a NUL between them. */
  list?: boolean;
}

export type PropertyString = Record<string, Property>;

/** Parameters of a method by name. */
export type Parameters = Record<string, Property>;

/** Values after verification: numbers and booleans (as 0 and 1) are numbers. */
export type Value = string | number;
export type Values = Record<string, Value>;

export const string = (more: Partial<Property> = {}): Property => ({ type: "string", ...more });
export const integer = (more: Partial<Property> = {}): Property => ({ type: "integer", ...more });
export const number = (more: Partial<Property> = {}): Property => ({ type: "number", ...more });
export const boolean = (more: Partial<Property> = {}): Property => ({ type: "boolean", ...more });

/** The same parameters, none of them required. */
export function optional(parameters: Parameters): Parameters {
  return Object.fromEntries(Object.entries(parameters).map(([key, p]) => [key, { ...p, optional: true }]));
}

/** The id of a storage. */
export const storageId = string({ format: "pve-storage-id" });
