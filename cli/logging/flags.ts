/** Flags and variables that make the engine print everything, secrets included. */
import { hasFlag } from "../arguments";

const LOUD = ["--debug", "-d", "--verbose", "-v", "--logtostderr", "--logflow", "--tracing", "--otel-traces"];
const LOUD_SHORT = /^-v\d+$/;
const LOUD_VARIABLES =
  /^(PULUMI_DEBUG_GRPC|PULUMI_OPTION_(DEBUG|VERBOSE|LOGTOSTDERR|LOGFLOW|TRACING)|TF_LOG)$/;

/** Whether the engine may print secrets: then its output is filtered, not only its log. */
export function isLoud(args: readonly string[], env: NodeJS.ProcessEnv): boolean {
  return (
    hasFlag(args, ...LOUD) ||
    args.some((arg) => LOUD_SHORT.test(arg)) ||
    Object.entries(env).some(([name, value]) => value && LOUD_VARIABLES.test(name))
  );
}

/** With -v alone the engine writes its log to a file in /tmp, which is not filtered: to the terminal instead. */
export function toTerminal(args: readonly string[]): string[] {
  const verbose = hasFlag(args, "--verbose", "-v", "--logflow") || args.some((arg) => LOUD_SHORT.test(arg));
  return verbose && !hasFlag(args, "--logtostderr") ? [...args, "--logtostderr"] : [...args];
}

/** The flag or variable that has Pulumi write files of its own, with secrets in clear, or "". */
export function filesInClear(args: readonly string[], env: NodeJS.ProcessEnv): string {
  const named = [
    ...["--tracing", "--otel-traces"].filter((flag) => hasFlag(args, flag)),
    ...["PULUMI_DEBUG_GRPC", "PULUMI_OPTION_TRACING"].filter((name) => env[name]),
  ];
  if (named.length === 0) return "";
  return (
    `${named.join(" and ")}: Pulumi writes there what phoenix cannot read through, secrets in clear. ` +
    "Files are made for you alone; delete them when you are done.\n"
  );
}

/** A flag's value, and the arguments without it. */
export function takeFlag(args: readonly string[], flag: string): { value?: string; rest: string[] } {
  const at = args.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
  if (at === -1) return { rest: [...args] };
  const inline = args[at]!.includes("=");
  const value = inline ? args[at]!.slice(flag.length + 1) : args[at + 1];
  return { value, rest: args.filter((_, place) => place !== at && (inline || place !== at + 1)) };
}
