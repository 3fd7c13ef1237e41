import { UserError } from "../errors";

/** What a flag takes: nothing, one value, or one value each time it is given. */
export type FlagKind = "boolean" | "string" | "list" | "count";

/** Flag name without dashes → kind; `short` maps one letter to a name. */
export interface FlagSet {
  flags: Record<string, FlagKind>;
  short?: Record<string, string>;
}

export class Arguments {
  constructor(
    readonly positional: string[],
    private readonly values: Map<string, (string | boolean)[]>,
  ) {}

  has(name: string): boolean {
    return this.values.has(name);
  }

  flag(name: string): boolean {
    return this.values.get(name)?.at(-1) === true;
  }

  text(name: string): string | undefined {
    const found = this.values.get(name)?.at(-1);
    return typeof found === "string" ? found : undefined;
  }

  list(name: string): string[] {
    return (this.values.get(name) ?? []).filter((v): v is string => typeof v === "string");
  }
}

export const GLOBAL: FlagSet = {
  flags: {
    cwd: "string",
    stack: "string",
    "config-file": "string",
    "non-interactive": "boolean",
    color: "string",
    help: "boolean",
  },
  short: { C: "cwd", s: "stack", h: "help" },
};

/** Flags that Pulumi has and this engine does not: said so, where a wrong word is only unknown. */
const NOT_HERE = new Set([
  ...["disable-integrity-checking", "emoji", "fully-qualify-stack-names", "logflow", "logtostderr"],
  ...["memprofilerate", "otel-traces", "profiling", "tracing", "tracing-header", "verbose"],
  ...["agent-pool-id", "all", "attach-debugger", "config", "config-path", "copilot", "copy-config-from"],
  ...["env", "exclude-protected", "exec-agent", "full-dates", "ignore-protect", "import-file"],
  ...["import-pending-creates", "insecure", "interactive", "neo", "neo-task-on-failure", "oidc-token"],
  ...["organization", "output", "plan", "policy-pack", "policy-pack-config", "project", "refresh-before"],
  ...["remote", "run-program", "save-plan", "secrets-provider", "show-full-output"],
  ...["show-policy-remediations", "skip-config-validation", "skip-plugin-pre-install", "strict"],
  ...["tag-filter", "targets-file", "teams", "urns"],
]);
const NOT_HERE_SHORT: Record<string, string> = {
  c: "config",
  e: "emoji",
  Q: "fully-qualify-stack-names",
  v: "verbose",
};

/**
 * Parses `--name value`, `--name=value`, `-x value`, `--name=false`; `--` ends the flags.
 * @throws UserError naming a flag the command does not have.
 */
export function parseArguments(args: string[], command: string, own: FlagSet): Arguments {
  const flags = { ...GLOBAL.flags, ...own.flags };
  const short = { ...GLOBAL.short, ...own.short };
  const positional: string[] = [];
  const values = new Map<string, (string | boolean)[]>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (arg === "--") {
      positional.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      positional.push(arg);
      continue;
    }
    const { name, value: given } = splitFlag(arg, short);
    const kind = flags[name];
    if (kind === undefined) throw new UserError(unknownFlag(arg, command));
    const known = values.get(name) ?? [];
    if (kind === "boolean") {
      if (given !== undefined && given !== "true" && given !== "false") {
        throw new UserError(`invalid argument "${given}" for "--${name}" flag: must be true or false`);
      }
      values.set(name, [...known, given !== "false"]);
      continue;
    }
    const value = given ?? args[++i];
    if (value === undefined) throw new UserError(`flag needs an argument: --${name}`);
    values.set(name, [...known, value]);
  }
  return new Arguments(positional, values);
}

function splitFlag(arg: string, short: Record<string, string>): { name: string; value?: string } {
  const at = arg.indexOf("=");
  if (arg.startsWith("--")) {
    return at < 0 ? { name: arg.slice(2) } : { name: arg.slice(2, at), value: arg.slice(at + 1) };
  }
  const name = short[arg[1] ?? ""] ?? arg;
  const rest = arg.slice(2).replace(/^=/, "");
  return rest ? { name, value: rest } : { name };
}

function unknownFlag(arg: string, command: string): string {
  const name = arg.split("=")[0] ?? arg;
  const long = name.startsWith("--") ? name.slice(2) : NOT_HERE_SHORT[name[1] ?? ""];
  if (long && NOT_HERE.has(long))
    return `the flag --${long} of \`pulumi ${command}\` is not supported by this engine`;
  return name.startsWith("--") ? `unknown flag: ${name}` : `unknown shorthand flag: '${name[1]}' in ${name}`;
}

/** @throws UserError when there are more words than the command takes, or fewer. */
export function expectPositional(args: Arguments, command: string, least: number, most = least): void {
  const got = args.positional.length;
  if (got >= least && got <= most) return;
  const wanted =
    least === most ? String(least) : most === Infinity ? `at least ${least}` : `${least} to ${most}`;
  throw new UserError(`\`pulumi ${command}\` takes ${wanted} argument(s), got ${got}`);
}
