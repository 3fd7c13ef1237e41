/** Mistakes and warnings about configuration files, and the error that reports them. */

import { Moves, type Path } from "./moves";
import { printable } from "./printable";

/** One mistake or warning: where it stands, what is wrong, what to do. */
export interface Finding {
  /** File as the user named it. */
  file: string;
  /** Place in the file, such as `lxc_configs.900.mac_address` or `zfs.pools[0].disks[1]`; empty for the whole file. */
  path: string;
  /** What is wrong, in words that follow the path. */
  message: string;
  /** What the user can do about it. */
  remedy: string;
  /** The value found there, as JSON and shortened; never set for secrets. */
  value?: string;
}

export type { Path };

/** `["zfs", "pools", 0]` → `zfs.pools[0]`; keys with other characters than names have are quoted. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const key = /^[\w$:-]+$/.test(step) ? shorten(step) : shorten(JSON.stringify(step));
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

const longestValue = 80;

function shorten(text: string): string {
  return text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text;
}

/** Keys whose values no message shows. */
const secretKey = /(password|passphrase|secret|token|private_?key|ssh_public_key|ssh_keys)/i;
const fileKey = /_?file$/i;

/** A value as a message may show it: JSON, at most 80 characters; nothing for a key that holds a secret. */
export function showValue(path: Path, value: unknown): string | undefined {
  const keys = path.filter((step): step is string => typeof step === "string");
  if (value === undefined || keys.some((key) => secretKey.test(key) && !fileKey.test(key))) return undefined;
  // Objects and lists are reported by their place alone: they could hold a secret further down.
  if (typeof value === "object" && value !== null) return undefined;
  if (typeof value !== "string") return shorten(JSON.stringify(value) ?? "");
  // The beginning of a long text is enough. What is before the @ of a URL may be a password.
  const text = value.slice(0, 2 * longestValue).replace(/(:\/\/)[^/@\s]*@/, "$1…@");
  return shorten(JSON.stringify(text));
}

/** `file: path: what (value) — remedy`, on one line, with nothing in it that a terminal acts upon. */
export function formatFinding(finding: Finding): string {
  const place = finding.path === "" ? finding.file : `${finding.file}: ${finding.path}`;
  const value = finding.value === undefined ? "" : ` (${finding.value})`;
  const line = `${place}: ${finding.message}${value} — ${finding.remedy}`;
  return printable(line.replace(/\s*[\r\n]+\s*/g, " "));
}

/** Collects the findings of one file. */
export class Report {
  readonly mistakes: Finding[] = [];
  readonly warnings: Finding[] = [];

  /** @param moves what is read here but stands in another place of the user's files */
  constructor(
    readonly file: string,
    private readonly moves = new Moves(),
  ) {}

  /** Adds a mistake, which must be corrected before anything can run. */
  mistake(path: Path, message: string, remedy: string, value?: unknown): void {
    this.mistakes.push(this.finding(path, message, remedy, value));
  }

  /** Adds a warning, which stops nothing. */
  warning(path: Path, message: string, remedy: string, value?: unknown): void {
    this.warnings.push(this.finding(path, message, remedy, value));
  }

  private finding(read: Path, message: string, remedy: string, value: unknown): Finding {
    const { file, path } = this.moves.originOf({ file: this.file, path: read });
    const shown = showValue(read, value);
    const finding = { file, path: formatPath(path), message, remedy };
    return shown === undefined ? finding : { ...finding, value: shown };
  }
}

/** The user's configuration cannot be used; `message` is the whole report, one line for each mistake. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";

  constructor(
    readonly mistakes: Finding[],
    readonly warnings: Finding[] = [],
  ) {
    super(mistakes.map(formatFinding).join("\n"));
    // A user's mistake is reported by its message; a stack would only point into this program.
    this.stack = `${this.name}: ${this.message}`;
  }
}
