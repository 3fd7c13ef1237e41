/**
 * Reads JSON (RFC 8259) and also finds what JSON.parse hides: the line and column of a syntax error, and keys that occur
 * twice in one object (JSON.parse silently keeps the last one). jsonc-parser finds the places; the value is JSON.parse's.
 */
import { printParseErrorCode, visit } from "jsonc-parser";
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

/** Reads a JSON text; throws JsonSyntaxError. A leading byte order mark is skipped. */
export function parseJson(text: string): JsonDocument {
  const json = text.replace(/^\uFEFF/, "");
  const duplicates = duplicateKeys(json);
  return { value: JSON.parse(json), duplicates };
}

/** Goes over the whole text; throws JsonSyntaxError at the first place that is wrong. */
function duplicateKeys(text: string): JsonDocument["duplicates"] {
  const duplicates: JsonDocument["duplicates"] = [];
  /** The open objects and lists at a place: an object's keys with their lines, undefined for a list. */
  const open: (Map<string, number> | undefined)[] = [];
  const begin = (keys: Map<string, number> | undefined, line: number, character: number) => {
    if (open.length > deepest)
      throw new JsonSyntaxError(`more than ${deepest} levels of nesting`, line + 1, character + 1);
    open.push(keys);
  };
  const end = () => void open.pop();
  visit(
    text,
    {
      onObjectBegin: (_offset, _length, line, character) => begin(new Map(), line, character),
      onObjectEnd: end,
      onArrayBegin: (_offset, _length, line, character) => begin(undefined, line, character),
      onArrayEnd: end,
      onObjectProperty: (key, _offset, _length, line, _character, pathOfObject) => {
        const keys = open[open.length - 1];
        const firstLine = keys?.get(key);
        if (firstLine === undefined) keys?.set(key, line + 1);
        else duplicates.push({ path: [...pathOfObject(), key], line: line + 1, firstLine });
      },
      onError: (code, offset, length, line, character) => {
        const place = { text, offset, length, inObject: open[open.length - 1] !== undefined };
        throw new JsonSyntaxError(problem(printParseErrorCode(code), place), line + 1, character + 1);
      },
    },
    { disallowComments: true },
  );
  return duplicates;
}

/** Where jsonc-parser stopped, and at what. */
interface Place {
  text: string;
  offset: number;
  length: number;
  inObject: boolean;
}

/** What is wrong, from jsonc-parser's name for it. */
function problem(code: string, place: Place): string {
  const { text, offset, length } = place;
  const token = JSON.stringify(text.slice(offset, offset + Math.min(length, 20)));
  switch (code) {
    case "InvalidSymbol":
      return `unexpected ${token} (keys and texts stand in double quotes)`;
    case "InvalidCommentToken":
      return "a comment (JSON has none)";
    case "UnexpectedEndOfNumber":
      return `an unfinished number ${token}`;
    case "UnexpectedEndOfString":
      return "a string without its closing quote";
    case "InvalidEscapeCharacter":
    case "InvalidUnicode":
      return "a string with a bad escape";
    case "InvalidCharacter":
      return "a string with a control character, such as a tab, that is not escaped";
    default:
      return misplaced(code, place);
  }
}

/** A token that is none of those that may follow here. */
function misplaced(code: string, { text, offset, inObject }: Place): string {
  const next = text[offset];
  const found = next === undefined ? "the end of the file" : JSON.stringify(next);
  if (code === "EndOfFileExpected") return `unexpected ${found} after the end of the document`;
  if (code === "ColonExpected") return `expected ":" after a key, found ${found}`;
  if (code === "CommaExpected") return `expected "," or "${inObject ? "}" : "]"}", found ${found}`;
  const before = text.slice(0, offset).trimEnd().slice(-1);
  const closing = next === "}" || next === "]";
  if (before === "," && closing) return `expected another item after ",", found ${found}`;
  if (before === "{" || code === "PropertyNameExpected")
    return `expected a key in double quotes, found ${found}`;
  if (before === "[" || code === "ValueExpected") return `expected a value, found ${found}`;
  return `expected "," or "${code === "CloseBraceExpected" ? "}" : "]"}", found ${found}`;
}
