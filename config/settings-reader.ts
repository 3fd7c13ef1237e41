/** Reads single settings of a stack and collects what is wrong with them. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { nearest } from "./check";
import { type AdoptedSettings, parseAdopted } from "./adopted";
import { type Finding, Report } from "./findings";
import { parsePower, type PowerSettings } from "./power";

/** Variables of the environment, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a text must look like. */
interface Shape {
  pattern?: RegExp;
  /** What is wrong when it does not fit. */
  problem?: string;
  /** What the mending command shows as the value. */
  example: string;
  /** Applied before the pattern. */
  tidy?: (text: string) => string;
}

const project = "phoenix";

/** One pass over a stack's settings. Never puts a secret into a message. */
export class SettingsReader {
  readonly report = new Report(`Pulumi.${pulumi.getStack()}.yaml`);
  private readonly config = new pulumi.Config(project);
  private readonly known = new Set<string>();

  constructor(
    private readonly root: string,
    private readonly environment: Environment,
  ) {}

  /** A setting that must be there; "" stands for a missing one, which is reported. */
  text(key: string, shape: Shape & { variable?: string }): string {
    const value = this.optional(key, shape.variable, shape);
    if (value === undefined && !this.wrong(key)) this.missing(key, shape.example, shape.variable);
    return value ?? "";
  }

  /** A setting that may be there: from the stack, else from a variable. */
  optional(key: string, variable?: string, shape?: Shape): string | undefined {
    const found = this.find(key, variable);
    if (found === undefined) return undefined;
    const value = shape?.tidy ? shape.tidy(found) : found;
    if (shape?.pattern && !shape.pattern.test(value)) {
      this.mistake(key, variable, shape.problem ?? "is wrong", shape.example, value);
      return undefined;
    }
    return value;
  }

  /** A TCP port. */
  port(key: string, variable: string, fallback: number): number {
    const value = this.find(key, variable);
    if (value === undefined) return fallback;
    const port = /^[1-9][0-9]{0,4}$/.test(value) ? Number(value) : 0;
    if (port < 1 || port > 65535)
      this.mistake(key, variable, "is not a port from 1 to 65535", String(fallback), value);
    return port;
  }

  /** true or false; false unless there is another default. */
  flag(key: string, variable?: string, fallback = false): boolean {
    const value = this.find(key, variable) ?? String(fallback);
    if (value !== "true" && value !== "false")
      this.mistake(key, variable, "must be true or false", "false", value);
    return value === "true";
  }

  /** One of some words, the first by default. The variable goes before the setting: one run may want another. */
  choice<Word extends string>(key: string, variable: string, words: readonly [Word, ...Word[]]): Word {
    const own = this.find(key);
    const value = this.environment[variable] || own || words[0];
    if (!words.includes(value as Word)) {
      const remedy = this.environment[variable]
        ? `correct the variable ${variable}`
        : `pulumi config set ${key} ${words[0]}`;
      this.report.mistake([`${project}:${key}`], `is none of ${words.join(", ")}`, remedy, value);
    }
    return value as Word;
  }

  /** CTIDs: `[901, 902]` or `901,902`; none by default. Ascending, each once. */
  ctids(key: string): number[] {
    const value = this.find(key) ?? "";
    const words = value
      .replace(/^\s*\[|\]\s*$/g, "")
      .split(",")
      .map((word) => word.trim().replace(/^"(.*)"$/, "$1"));
    const ids = words.filter((word) => word !== "");
    if (ids.some((word) => !/^[1-9][0-9]{2,8}$/.test(word))) {
      this.mistake(key, undefined, "is not a list of CTIDs from 100 to 999999999", '"[901]"', value);
      return [];
    }
    return [...new Set(ids.map(Number))].sort((a, b) => a - b);
  }

  /**
   * Power states by guest: `{"910": "stopped"}`; none by default. The variable is laid over the setting, so that
   * a preview can tell what another state would change.
   */
  power(key: string, variable: string): PowerSettings {
    const [own, over] = [this.find(key), this.environment[variable] || undefined].map((text) => {
      const power = parsePower(text ?? "{}");
      if (!power) {
        const problem = 'is not a list of guests by CTID or VMID with "running" or "stopped"';
        this.report.mistake(
          [`${project}:${key}`],
          problem,
          `pulumi config set --path '${key}.910' stopped`,
          text,
        );
      }
      return power ?? new Map();
    });
    return new Map([...own!, ...over!]);
  }

  /** Digests of adopted guests' entries: `{"105": "…"}`, as `bin/phoenix adopt` writes them; none by default. */
  adopted(key: string): AdoptedSettings {
    const value = this.find(key) ?? "{}";
    const adopted = parseAdopted(value);
    if (!adopted) this.mistake(key, undefined, "is not what `phoenix adopt` writes", "'{}'", value);
    return adopted ?? new Map();
  }

  /** A secret setting, or a variable made a secret. */
  secret(key: string, variable?: string): pulumi.Output<string> | undefined {
    this.known.add(key);
    const value = this.find(key, variable);
    return value === undefined ? undefined : pulumi.secret(value);
  }

  /** A secret of a certain form; a wrong one is never shown. */
  secretLike(
    key: string,
    pattern: RegExp,
    problem: string,
    remedy: string,
  ): pulumi.Output<string> | undefined {
    const value = this.find(key);
    if (value === undefined || pattern.test(value)) return this.secret(key);
    this.report.mistake([`${project}:${key}`], problem, remedy);
    return undefined;
  }

  /** The text of the private key: the secret `privateKey`, else the file `privateKeyFile` names. */
  privateKey(): pulumi.Output<string> | undefined {
    const [key, variable, example] = ["privateKeyFile", "PHOENIX_PRIVATE_KEY_FILE", "~/.ssh/id_ed25519"];
    const inStack = this.secret("privateKey");
    const name = this.find(key, variable);
    if (inStack || name === undefined) return inStack;
    const file = name.startsWith("~/") ? join(homedir(), name.slice(2)) : resolve(this.root, name);
    try {
      const text = readFileSync(file, "utf8");
      if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return pulumi.secret(text);
      this.mistake(key, variable, "names a file that holds no private key", example, name);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      this.mistake(
        key,
        variable,
        `names a file that cannot be read (${code ?? "unknown error"})`,
        example,
        name,
      );
    }
    return undefined;
  }

  /** Reports a setting that is not there, with the command that sets it; no example means a secret. */
  missing(key: string, example: string | undefined, variable?: string, also?: string): void {
    const command =
      example === undefined ? `pulumi config set --secret ${key}` : `pulumi config set ${key} ${example}`;
    const message = also === undefined ? "is missing" : `is missing, and ${also}`;
    this.report.mistake(
      [`${project}:${key}`],
      message,
      variable ? `${command} (or set ${variable})` : command,
    );
  }

  /** Reports a variable that names another host than the stack: other variables would be of that host too. */
  refuseOther(key: string, variable: string, value: string): void {
    const other = this.environment[variable];
    if (!other || value === "" || other === value) return;
    this.report.mistake(
      [`${project}:${key}`],
      `is not the host that ${variable} names (${other})`,
      `unset the PHOENIX_… variables, or pulumi config rm ${key}`,
      value,
    );
  }

  /** Whether a mistake of this setting was reported. */
  wrong(key: string): boolean {
    return this.report.mistakes.some(({ path }: Finding) => path === `${project}:${key}`);
  }

  /** Reports settings of the project that nothing reads. */
  refuseUnknown(): void {
    const prefix = `${project}:`;
    const keys = Object.keys(pulumi.runtime.allConfig()).filter((key) => key.startsWith(prefix));
    for (const key of keys.map((full) => full.slice(prefix.length)).sort()) {
      if (this.known.has(key)) continue;
      const near = nearest(key, [...this.known]);
      this.report.mistake(
        [`${prefix}${key}`],
        near ? `unknown setting; did you mean ${near}?` : "unknown setting",
        `pulumi config rm ${key}`,
      );
    }
  }

  /** An empty value counts as none, so that a variable can be switched off. */
  private find(key: string, variable?: string): string | undefined {
    this.known.add(key);
    return this.config.get(key) || (variable && this.environment[variable]) || undefined;
  }

  private mistake(
    key: string,
    variable: string | undefined,
    problem: string,
    example: string,
    value: string,
  ): void {
    const fromVariable = !this.config.get(key) && variable !== undefined;
    const remedy = fromVariable ? `correct the variable ${variable}` : `pulumi config set ${key} ${example}`;
    this.report.mistake([`${project}:${key}`], problem, remedy, value);
  }
}
