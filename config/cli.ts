/** `tsx config/cli.ts validate|graph`: what the two files say, without a stack and without contacting anything. */
import { parseArgs } from "node:util";
import { type EstateFiles, loadEstate } from "./estate";
import { ConfigurationError } from "./findings";
import type { Estate } from "./model";
import { graphFields } from "./normalise";
import { printable } from "./printable";
import { renderMermaid, renderText } from "./render-graph";
import { warningLines } from "./warnings";

/** What a command comes to. */
export interface CommandResult {
  /** 0 without mistakes (there may be warnings), 1 with, 2 for bad arguments. */
  exitCode: 0 | 1 | 2;
  stdout: string;
  stderr: string;
}

/**
 * Checks both files. Warnings, a line `warning: …` for each kind or with `all` for each, and the summary go to stdout,
 * mistakes to stderr.
 * With `json`, stdout is `{ok, mistakes, warnings, containers, vms}` (or without the last two) and stderr empty.
 */
export function validateCommand(
  files: EstateFiles,
  options: { json?: boolean; all?: boolean } = {},
): CommandResult {
  try {
    const { estate, warnings } = loadEstate(files);
    const counts = { containers: estate.containers.length, vms: estate.vms.length };
    if (options.json) return jsonResult({ ok: true, mistakes: [], warnings, ...counts }, 0);
    const summary = `OK: ${plural(counts.containers, "container")}, ${plural(counts.vms, "virtual machine")}, ${plural(estate.pools.length, "pool")}, ${plural(estate.datasets.length, "dataset")}; ${plural(warnings.length, "warning")}.`;
    return { exitCode: 0, stdout: `${warningLines(warnings, options.all)}${summary}\n`, stderr: "" };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const { mistakes, warnings } = error;
    if (options.json) return jsonResult({ ok: false, mistakes, warnings }, 1);
    return { exitCode: 1, stdout: warningLines(warnings, options.all), stderr: `${error.message}\n` };
  }
}

/**
 * The order of the guests as text or Mermaid, or as JSON: `[{ctid, name, cloneFrom?, dependencies}]`, where a
 * virtual machine's name stands for its `ctid`.
 */
export function graphText(files: EstateFiles, format: "text" | "mermaid" | "json" = "text"): CommandResult {
  try {
    const nodes = estateGraph(loadEstate(files).estate);
    if (format === "json") return jsonResult(nodes, 0);
    return {
      exitCode: 0,
      stdout: format === "mermaid" ? renderMermaid(nodes) : renderText(nodes),
      stderr: "",
    };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { exitCode: 1, stdout: "", stderr: `${error.message}\n` };
  }
}

/** The guests of an estate as nodes of the order graph, in its order. */
export function estateGraph({ containers, vms, guests }: Pick<Estate, "containers" | "vms" | "guests">) {
  const nodes = new Map([...containers, ...vms].map(graphFields).map((node) => [node.ctid, node]));
  return guests.flatMap((ref) => nodes.get(ref) ?? []);
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function jsonResult(value: unknown, exitCode: 0 | 1): CommandResult {
  const lines = JSON.stringify(value, null, 2).split("\n");
  return { exitCode, stdout: `${lines.map(printable).join("\n")}\n`, stderr: "" };
}

const usage = `Usage: tsx config/cli.ts validate|graph [--hypervisor-config FILE --lxc-configs FILE]
                                       [--json] [--all] [--format text|mermaid]
Without files: those of the dev environment.
`;

/** The command line, without the two words that start it. */
export function main(args: string[]): CommandResult {
  const refuse = (reason: string): CommandResult => ({
    exitCode: 2,
    stdout: "",
    stderr: `${reason}\n${usage}`,
  });
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        "hypervisor-config": { type: "string" },
        "lxc-configs": { type: "string" },
        json: { type: "boolean", default: false },
        all: { type: "boolean", default: false },
        format: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    return refuse((error as Error).message);
  }
  const { values, positionals } = parsed;
  if (values.help) return { exitCode: 0, stdout: usage, stderr: "" };
  const { all, format, json } = values;
  const [command, ...rest] = positionals;
  if (command !== "validate" && command !== "graph") return refuse(`unknown command: ${command ?? "(none)"}`);
  if (rest.length > 0) return refuse(`unexpected argument: ${rest[0]}`);
  if ((values["hypervisor-config"] === undefined) !== (values["lxc-configs"] === undefined)) {
    return refuse("--hypervisor-config and --lxc-configs belong together");
  }
  const files = {
    hypervisorConfig: values["hypervisor-config"] ?? "environments/dev/phoenix_hypervisor_config.json",
    lxcConfigs: values["lxc-configs"] ?? "environments/dev/phoenix_lxc_configs.json",
  };
  if (all && command === "graph") return refuse("--all belongs to validate");
  if (command === "validate") {
    return format === undefined ? validateCommand(files, { json, all }) : refuse("--format belongs to graph");
  }
  if (format !== undefined && format !== "text" && format !== "mermaid") {
    return refuse(`--format is text or mermaid, not ${format}`);
  }
  return graphText(files, json ? "json" : format);
}

if (require.main === module) {
  const { exitCode, stdout, stderr } = main(process.argv.slice(2));
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = exitCode;
}
