/** Command lines as PVE::CLIHandler and Getopt::Long read them. */
import { UsageError } from "../errors";
import type { Parameters, Property } from "./types";

/**
 * Splits arguments into named values: options by name (`--key value`, `-key value`, `--key=value`, a
 * boolean without a value is 1, names may be shortened while unique) and the rest by position.
 * With `many` the last position takes all that is left, with commas between.
 * Throws UsageError for unknown options and for too few or too many arguments.
 */
export function parseArguments(
  parameters: Parameters,
  positions: readonly string[],
  args: readonly string[],
  many = false,
): Record<string, string> {
  const values: Record<string, string> = {};
  const rest: string[] = [];
  const warnings: string[] = [];
  const options = Object.keys(parameters).filter((key) => !positions.includes(key));
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (arg === "--") {
      rest.push(...args.slice(i + 1));
      break;
    }
    const match = /^--?([A-Za-z][^=]*)(?:=(.*))?$/s.exec(arg);
    if (!match) {
      rest.push(arg);
      continue;
    }
    const name = match[1] ?? "";
    const key = findOption(options, name);
    if (key === undefined) {
      warnings.push(`Unknown option: ${name.toLowerCase()}`);
      // Getopt::Long leaves the value of an unknown option among the arguments; the call fails anyway.
      continue;
    }
    let value = match[2];
    if (value === undefined) {
      const next = args[i + 1];
      if (parameters[key]?.type === "boolean") {
        value = next !== undefined && !next.startsWith("-") ? (i++, next) : "1";
      } else if (next === undefined) {
        warnings.push(`Option ${name} requires an argument`);
        continue;
      } else {
        value = next;
        i++;
      }
    }
    const between = separator(parameters[key]);
    const before = values[key];
    if (between !== undefined && before !== undefined) value = `${before}${between}${value}`;
    values[key] = value === "" && parameters[key]?.type === "boolean" ? "1" : value;
  }
  if (warnings.length > 0) throw new UsageError("unable to parse option", warnings);
  const required = positions.filter((key) => !parameters[key]?.optional).length;
  if (rest.length < required) throw new UsageError("not enough arguments");
  if (many && rest.length > positions.length)
    rest.splice(positions.length - 1, rest.length, rest.slice(positions.length - 1).join(","));
  if (rest.length > positions.length) throw new UsageError("too many arguments");
  rest.forEach((value, i) => {
    const key = positions[i];
    if (key !== undefined) values[key] = value;
  });
  return values;
}

function findOption(options: string[], name: string): string | undefined {
  const wanted = name.toLowerCase();
  const exact = options.find((key) => key.toLowerCase() === wanted);
  if (exact !== undefined) return exact;
  const begun = options.filter((key) => key.toLowerCase().startsWith(wanted));
  return begun.length === 1 ? begun[0] : undefined;
}

/** The usage line of a command, such as `pct set <vmid> [OPTIONS]`. */
export function usage(name: string, parameters: Parameters, positions: readonly string[]): string {
  const words = positions.map((key) => (parameters[key]?.optional ? `[<${key}>]` : `<${key}>`));
  const others = Object.entries(parameters).filter(([key]) => !positions.includes(key));
  for (const [key, property] of others.sort(([a], [b]) => (a < b ? -1 : 1)))
    if (!property.optional) words.push(`--${key} <${property.type}>`);
  const formatted = others.some(([key]) => key === "output-format");
  if (others.some(([key, property]) => property.optional && key !== "output-format")) words.push("[OPTIONS]");
  else if (formatted) words.push("[OPTIONS]");
  if (formatted) words.push("[FORMAT_OPTIONS]");
  return [name, ...words].join(" ");
}

/** What joins the values of an option that is given several times; undefined where the last one counts. */
function separator(property: Property | undefined): string | undefined {
  if (property?.list === true) return "\0";
  return typeof property?.format === "string" && property.format.includes("-list") ? "," : undefined;
}
