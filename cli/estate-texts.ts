/** What `phoenix validate` and `phoenix graph` say of the two files. */
import { type EstateFiles, loadEstate } from "../config/estate";
import { ConfigurationError } from "../config/findings";
import { printable } from "../config/printable";
import { warningLines } from "../config/warnings";
import { guestGraph } from "../plan/guest-graph";
import { renderMermaid, renderText } from "./render-graph";

/** The result of a command. */
export interface CommandResult {
  /** 0 without mistakes (there may be warnings), 1 with. */
  exitCode: 0 | 1;
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
    const nodes = guestGraph(loadEstate(files).estate);
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

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function jsonResult(value: unknown, exitCode: 0 | 1): CommandResult {
  const lines = JSON.stringify(value, null, 2).split("\n");
  return { exitCode, stdout: `${lines.map(printable).join("\n")}\n`, stderr: "" };
}
