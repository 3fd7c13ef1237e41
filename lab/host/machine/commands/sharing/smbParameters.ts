/** The parameters that Samba knows, by any of their spellings. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Parameter {
  /** The name that testparm prints. */
  name: string;
  /** Whether it belongs to a share; [global] then holds what shares take by default. */
  local: boolean;
  kind: string;
  /** Accepted words of an enumeration. */
  values: string[];
  /** As testparm prints it; "" for none. */
  initial: string;
  /** Written for its opposite. */
  inverse: boolean;
}

/** Words of an enumeration that testparm prints as another one. */
const canonical: Record<string, Record<string, string>> = {
  "server role": { standalone: "standalone server" },
  "map to guest": { "bad user": "Bad User" },
};

/** Names compare without case and blanks. */
const keyOf = (name: string): string => name.toLowerCase().replace(/\s+/g, "");

let known: Map<string, Parameter> | undefined;

function read(): Map<string, Parameter> {
  const found = new Map<string, Parameter>();
  const synonyms: [string, string, boolean][] = [];
  for (const line of readFileSync(join(__dirname, "parameters.txt"), "utf8").split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [scope = "", name = "", type = "", initial = ""] = line.split("|");
    if (/^[=!]/.test(type)) {
      synonyms.push([name, type.slice(1), type.startsWith("!")]);
    } else {
      const [kind = "", values = ""] = type.split(":");
      found.set(keyOf(name), {
        name,
        local: scope === "local",
        kind,
        values: values.split(";").filter(Boolean),
        initial,
        inverse: false,
      });
    }
  }
  for (const [name, of, inverse] of synonyms) {
    const original = found.get(keyOf(of));
    if (original) found.set(keyOf(name), { ...original, inverse });
  }
  return found;
}

/** A parameter by any spelling; undefined when Samba has none. */
export function parameter(name: string): Parameter | undefined {
  known ??= read();
  return known.get(keyOf(name));
}

/** What is wrong with a value, in Samba's words; the configuration is refused then. */
export class ValueError extends Error {}

const yes = /^(yes|true|on|1)$/i;
const no = /^(no|false|off|0)$/i;
const sizes: Record<string, number> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 };

/**
 * A value as testparm prints it.
 *
 * @throws ValueError with what Samba prints
 */
export function printed({ name, kind, values, inverse }: Parameter, value: string): string {
  switch (kind) {
    case "bool":
      if (!yes.test(value) && !no.test(value)) {
        throw new ValueError(`set_variable_helper(${value}): value is not boolean!`);
      }
      return yes.test(value) === inverse ? "No" : "Yes";
    case "octal":
      if (!/^[0-7]+$/.test(value)) throw new ValueError(`Invalid octal number ${name}`);
      return `0${value.replace(/^0+/, "")}`.padStart(4, "0");
    case "bytes": {
      const match = /^([0-9]+)([kmgtp]?)$/i.exec(value);
      if (!match) throw new ValueError(`set_variable_helper(${value}): value is not a valid size specifier!`);
      return String(Number(match[1]) * (sizes[(match[2] ?? "").toLowerCase()] ?? 1));
    }
    case "integer":
      return String(Number.parseInt(value, 10) || 0);
    case "enum": {
      const found = values.find((word) => word.toLowerCase() === value.toLowerCase());
      if (found === undefined) {
        throw new ValueError(`WARNING: Ignoring invalid value '${value}' for parameter '${name}'`);
      }
      const other = canonical[name]?.[found.toLowerCase()];
      if (other !== undefined) return other;
      if (!values.some((word) => yes.test(word))) return found;
      return yes.test(found) ? "Yes" : no.test(found) ? "No" : found;
    }
    case "cmdlist":
    case "list":
      return value
        .split(/[\s,;]+/)
        .filter(Boolean)
        .join(" ");
    case "ustring":
      return value.toUpperCase();
    default:
      return value;
  }
}
