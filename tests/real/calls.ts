/** The command lines of the host scripts, as they are written there: what a real tool must understand. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const components = join(__dirname, "..", "..", "components");

/** A call: the command's words as written, without redirections, and the script that has it. */
export interface ScriptCall {
  tool: string;
  text: string;
  script: string;
}

/** Commands that run the command behind their own arguments. */
const runners = new Set([
  "wait_for",
  "flock",
  "timeout",
  "env",
  "xargs",
  "exec",
  "in_guest",
  "in_vm",
  "pct",
  "mend",
]);
/** Words before a script in single quotes. */
const shells = new Set(["-c", "inside"]);
const keywords = new Set(["if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"]);

/** Every call of these tools in components/, in the order of paths. */
export function callsOf(tools: Set<string>): ScriptCall[] {
  return readdirSync(components, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".sh"))
    .sort()
    .flatMap((path) => new Reader(readFileSync(join(components, path), "utf8"), tools).calls(path));
}

/** Reads a script as far as needed to tell its commands from what stands in quotes, comments and here-documents. */
class Reader {
  private at = 0;
  private readonly found: { tool: string; text: string }[] = [];
  private readonly hereDocuments: string[] = [];

  constructor(
    private readonly text: string,
    private readonly tools: Set<string>,
  ) {}

  calls(script: string): ScriptCall[] {
    this.commands("");
    return this.found.map((call) => ({ ...call, script }));
  }

  /** Commands up to the closing character of a substitution, or to the end. */
  private commands(closing: string): void {
    let words: string[] = [];
    const end = () => {
      this.note(words);
      words = [];
    };
    while (this.at < this.text.length) {
      const char = this.text[this.at] ?? "";
      if (this.text.startsWith("\\\n", this.at)) this.at += 2;
      else if (char === "\n") {
        end();
        this.at++;
        this.skipHereDocuments();
      } else if (/\s/.test(char)) this.at++;
      else if (words.length === 0 && this.text.startsWith("((", this.at)) this.arithmetic(this.at + 2);
      else if (char === "#") this.at = this.endOfLine();
      else if (char === closing) {
        end();
        this.at++;
        return;
      } else if (/[;|&()]/.test(char) && !/^&>/.test(this.text.slice(this.at))) {
        end();
        this.at++;
      } else if (/^\d*(&>|[<>])/.test(this.text.slice(this.at))) this.redirection();
      else {
        const word = this.word();
        const script = /^'([^']*)'$/.exec(word)?.[1];
        if (script !== undefined && shells.has(words.at(-1) ?? ""))
          this.found.push(...new Reader(script, this.tools).calls(""));
        // The head of a function.
        if (words.length === 0 && /^\w+\(\)$/.test(word)) continue;
        if (words.length > 0 || !(keywords.has(word) || /^\w+(\[[^\]]*\])?\+?=/.test(word))) words.push(word);
      }
    }
    end();
  }

  private note(words: string[]): void {
    let start = 0;
    if (runners.has(words[0] ?? ""))
      start = Math.max(
        0,
        words.findIndex((word) => this.tools.has(word)),
      );
    const tool = words[start] ?? "";
    if (this.tools.has(tool)) this.found.push({ tool, text: words.slice(start).join(" ") });
  }

  private endOfLine(): number {
    const end = this.text.indexOf("\n", this.at);
    return end < 0 ? this.text.length : end;
  }

  /** `2>&1`, `>file`, `<<<text`, `< <(command)`, `<<END`. */
  private redirection(): void {
    const [operator = ""] = /^\d*(&>>?|<<<|<<-?|<>|[<>]&|>>|>\||[<>])/.exec(this.text.slice(this.at)) ?? [];
    this.at += operator.length;
    while (this.text[this.at] === " ") this.at++;
    const target = this.word();
    if (/^\d*<<-?$/.test(operator)) this.hereDocuments.push(target.replace(/["'\\]/g, ""));
  }

  private skipHereDocuments(): void {
    for (let name = this.hereDocuments.shift(); name !== undefined; name = this.hereDocuments.shift()) {
      const end = new RegExp(`^\\s*${name}$`, "m").exec(this.text.slice(this.at));
      this.at += end === null ? 0 : end.index + end[0].length;
    }
  }

  /** One word as written; what is substituted in it is read as commands. */
  private word(): string {
    const start = this.at;
    while (this.at < this.text.length && !/[\s;|&)]/.test(this.text[this.at] ?? "")) {
      const char = this.text[this.at];
      if (char === "<" || char === ">") {
        if (this.text[this.at + 1] !== "(") break;
        this.at += 2;
        this.commands(")");
      } else if (char === "(") {
        // An array, or a pattern.
        this.at++;
        this.commands(")");
      } else this.piece();
    }
    if (this.at === start) this.at++;
    return this.text.slice(start, this.at).replace(/\\\n\s*/g, " ");
  }

  private piece(): void {
    const rest = this.text.slice(this.at, this.at + 3);
    if (rest.startsWith("\\")) this.at += 2;
    else if (rest.startsWith("$'")) this.at = this.closing(/\\.|'/gs, this.at + 2, "'");
    else if (rest.startsWith("'")) this.at = this.text.indexOf("'", this.at + 1) + 1;
    else if (rest.startsWith('"')) this.quoted();
    else if (rest === "$((") this.arithmetic(this.at + 3);
    else if (rest.startsWith("$(")) {
      this.at += 2;
      this.commands(")");
    } else if (rest.startsWith("${")) {
      this.at += 2;
      while (this.at < this.text.length && this.text[this.at] !== "}") this.piece();
      this.at++;
    } else this.at++;
  }

  private quoted(): void {
    this.at++;
    while (this.at < this.text.length && this.text[this.at] !== '"') {
      const two = this.text.slice(this.at, this.at + 2);
      if (two === "$(" || two === "${" || two.startsWith("\\")) this.piece();
      else this.at++;
    }
    this.at++;
  }

  /** `((…))` from behind its opening. */
  private arithmetic(from: number): void {
    let depth = 2;
    for (this.at = from; depth > 0 && this.at < this.text.length; this.at++) {
      if (this.text[this.at] === "(") depth++;
      if (this.text[this.at] === ")") depth--;
    }
  }

  private closing(pattern: RegExp, from: number, mark: string): number {
    pattern.lastIndex = from;
    for (let found = pattern.exec(this.text); found !== null; found = pattern.exec(this.text))
      if (found[0] === mark) return pattern.lastIndex;
    return this.text.length;
  }
}
