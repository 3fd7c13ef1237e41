/**
 * JSON as RFC 8259 has it, read with what JSON.parse hides: the line and column of a syntax error, and
 * keys that occur twice in one object (JSON.parse keeps the last one in silence).
 */
import type { Path } from "./findings";

/** A document and the keys in it that occur more than once. */
export interface JsonDocument {
  value: unknown;
  duplicates: { path: Path; line: number; firstLine: number }[];
}

/** Text that is not JSON. `line` and `column` count from 1. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";

  constructor(
    readonly problem: string,
    readonly line: number,
    readonly column: number,
  ) {
    super(`${problem} at line ${line}, column ${column}`);
  }
}

const deepest = 200;
const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// Control characters are the ones JSON forbids inside a string.
// eslint-disable-next-line no-control-regex
const stringPattern = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const literals: Record<string, unknown> = { true: true, false: false, null: null };

/** Reads a JSON text; throws JsonSyntaxError. A leading byte order mark is skipped. */
export function parseJson(text: string): JsonDocument {
  return new Reader(text.replace(/^\uFEFF/, "")).document();
}

class Reader {
  private at = 0;
  /** Line at `countedTo`, up to where line ends have been counted. */
  private line = 1;
  private countedTo = 0;
  private readonly path: (string | number)[] = [];
  private readonly duplicates: JsonDocument["duplicates"] = [];

  constructor(private readonly text: string) {}

  document(): JsonDocument {
    const value = this.value();
    this.space();
    if (this.at < this.text.length) this.fail(`unexpected ${this.here()} after the end of the document`);
    return { value, duplicates: this.duplicates };
  }

  private value(): unknown {
    this.space();
    if (this.path.length > deepest) this.fail(`more than ${deepest} levels of nesting`);
    const next = this.text[this.at];
    if (next === "{") return this.object();
    if (next === "[") return this.array();
    if (next === '"') return this.string();
    const number = this.match(numberPattern);
    if (number !== undefined) return Number(number);
    for (const [word, value] of Object.entries(literals)) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.fail(`expected a value, found ${this.here()}`);
  }

  private object(): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    const lines = new Map<string, number>();
    this.items("}", () => {
      if (this.text[this.at] !== '"') this.fail(`expected a key in double quotes, found ${this.here()}`);
      const line = this.lineHere();
      const key = this.string();
      this.space();
      if (this.text[this.at] !== ":") this.fail(`expected ":" after a key, found ${this.here()}`);
      this.at++;
      this.path.push(key);
      const firstLine = lines.get(key);
      if (firstLine !== undefined) this.duplicates.push({ path: [...this.path], line, firstLine });
      else lines.set(key, line);
      // Not by assignment: a key named __proto__ must stay a plain key.
      const value = this.value();
      Object.defineProperty(result, key, { value, enumerable: true, writable: true, configurable: true });
      this.path.pop();
    });
    return result;
  }

  private array(): unknown[] {
    const result: unknown[] = [];
    this.items("]", () => {
      this.path.push(result.length);
      result.push(this.value());
      this.path.pop();
    });
    return result;
  }

  /** From an opening bracket to its closing one, `item` being called at the start of each item. */
  private items(close: string, item: () => void): void {
    this.at++;
    this.space();
    if (this.text[this.at] === close) {
      this.at++;
      return;
    }
    for (;;) {
      this.space();
      if (this.text[this.at] === close) this.fail(`expected another item after ",", found ${this.here()}`);
      item();
      this.space();
      const next = this.text[this.at];
      if (next !== "," && next !== close) this.fail(`expected "," or "${close}", found ${this.here()}`);
      this.at++;
      if (next === close) return;
    }
  }

  private string(): string {
    const raw = this.match(stringPattern);
    if (raw === undefined) return this.fail("a string that does not end on its line or has a bad escape");
    return JSON.parse(raw) as string;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private space(): void {
    while (" \t\r\n".includes(this.text[this.at] ?? "x")) this.at++;
  }

  private here(): string {
    const next = this.text[this.at];
    return next === undefined ? "the end of the file" : JSON.stringify(next);
  }

  /** The line of this place. Places are asked for in order, so what was counted before is not counted again. */
  private lineHere(): number {
    for (; this.countedTo < this.at; this.countedTo++)
      if (this.text.charCodeAt(this.countedTo) === 10) this.line++;
    return this.line;
  }

  private position(at: number): { line: number; column: number } {
    const before = this.text.slice(0, at).split("\n");
    return { line: before.length, column: (before[before.length - 1] ?? "").length + 1 };
  }

  private fail(problem: string): never {
    const { line, column } = this.position(this.at);
    throw new JsonSyntaxError(problem, line, column);
  }
}
