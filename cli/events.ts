import { existsSync, readFileSync } from "node:fs";
import { proxmoxReason } from "../config/proxmox-reason";
import { plain } from "./plain";

/** A step that failed, with what the engine said about it. */
export interface Failure {
  /** The resource's name, such as `ct-950-health`. */
  name: string;
  /** The same with its type. */
  resource: string;
  urn: string;
  /** What was tried: create, update, delete …; plan when it was refused before that. */
  operation: string;
  /** The last lines of the error, at most {@link LAST_LINES}, behind the reason that Proxmox VE's API gave. */
  lines: string[];
}

/** The end of a step's log, 20 lines, and the reason behind it. */
const LAST_LINES = 21;

/** A step of a plan, with its settings before and after: its standard input, "" where there is none or it is secret. */
export interface Planned {
  name: string;
  /** create, update, replace … */
  operation: string;
  before: string;
  after: string;
}

interface StepState {
  inputs?: { stdin?: unknown };
}

interface EngineEvent {
  diagnosticEvent?: { urn?: string; severity: string; message: string };
  resOpFailedEvent?: { metadata: { op: string; urn: string } };
  resOutputsEvent?: { metadata: { op: string; urn: string } };
  summaryEvent?: { result?: string };
  resourcePreEvent?: {
    metadata: { op: string; urn: string; old?: StepState | null; new?: StepState | null };
  };
}

/** Pulumi's messages carry colour tags such as `<{%fg 1%}>`; a guest's output in them, whatever it printed. */
function plainText(message: string): string {
  return plain(message.replace(/<\{%.*?%\}>/g, ""));
}

/** The command plugin quotes the whole script that failed; its output comes after it. */
function withoutScript(message: string): string {
  return message.replace(/: running "(?:[^"\\]|\\.)*":?/g, ":");
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

function resourceOf(urn: string): string {
  const [, , types = ""] = urn.split("::");
  return `${nameOf(urn)} (${types.split("$").at(-1)})`;
}

/** The stack's own resource, under which the engine sums up. */
function isStack(urn: string): boolean {
  return urn.split("::")[2] === "pulumi:pulumi:Stack";
}

/** Events are one JSON object a line; the last line may be half written when the engine was killed. */
function readEvents(file: string): EngineEvent[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return line ? [JSON.parse(line) as EngineEvent] : [];
      } catch {
        return [];
      }
    });
}

/** The failed steps of a run, from its event log (`--event-log`), in the order they failed. */
export function failures(eventLog: string): Failure[] {
  const events = readEvents(eventLog);
  const operations = new Map<string, string>();
  for (const { resOpFailedEvent: failed, diagnosticEvent: said } of events) {
    if (failed) operations.set(failed.metadata.urn, failed.metadata.op);
    // A step that is refused while it is planned, such as deleting what is protected, is never begun.
    else if (said?.urn && said.severity === "error" && !isStack(said.urn) && !operations.has(said.urn))
      operations.set(said.urn, "plan");
  }
  return [...operations].map(([urn, operation]) => {
    const messages = events.flatMap(({ diagnosticEvent: event }) =>
      event && event.urn === urn && event.severity === "error"
        ? [withoutScript(plainText(event.message))]
        : [],
    );
    const lines = messages
      .join("\n")
      .split("\n")
      .map((line) => line.trimEnd())
      .filter(Boolean);
    const reason = proxmoxReason(messages.join("\n"));
    const said = [...(reason === undefined ? [] : [reason]), ...lines.slice(-LAST_LINES)];
    return { name: nameOf(urn), resource: resourceOf(urn), urn, operation, lines: said };
  });
}

/** Names of the resources that a run completed, also those with nothing to do. */
export function finished(eventLog: string): Set<string> {
  return new Set(
    readEvents(eventLog).flatMap(({ resOutputsEvent: event }) => (event ? [nameOf(event.metadata.urn)] : [])),
  );
}

/** How far an interrupted run came. */
export interface Interruption {
  /** Steps that were begun, and neither ended nor failed: their result is unknown. */
  cutOff: string[];
  /** Steps that were begun and ended, however. */
  begun: Set<string>;
}

/**
 * How a run was interrupted, from its event log; undefined when it ended by itself. An engine that is stopped at once, or
 * killed, writes no summary.
 */
export function interruption(eventLog: string): Interruption | undefined {
  const events = readEvents(eventLog);
  const open = new Map<string, number>();
  const begun = new Set<string>();
  const count = (urn: string, by: number) => open.set(urn, (open.get(urn) ?? 0) + by);
  let whole = false;
  let cancelled = false;
  for (const event of events) {
    const {
      resourcePreEvent: pre,
      resOutputsEvent: ended,
      resOpFailedEvent: failed,
      summaryEvent: sum,
    } = event;
    if (pre) {
      count(pre.metadata.urn, 1);
      begun.add(nameOf(pre.metadata.urn));
    }
    for (const done of [ended, failed]) if (done) count(done.metadata.urn, -1);
    if (sum) whole = true;
    // Only Pulumi's error shows it: its summary does not, and every log ends with a `cancelEvent`.
    if (sum?.result === "canceled" || sum?.result === "cancelled") cancelled = true;
    if (
      event.diagnosticEvent &&
      /^(update|preview) cancell?ed$/m.test(plainText(event.diagnosticEvent.message))
    )
      cancelled = true;
  }
  if (events.length === 0 || (whole && !cancelled)) return undefined;
  const isLeaf = (urn: string) => !isStack(urn) && !/(^|\$)phoenix:[^$]*$/.test(urn.split("::")[2] ?? "");
  const cutOff = [...open].filter(([urn, left]) => left > 0 && isLeaf(urn)).map(([urn]) => nameOf(urn));
  return { cutOff, begun };
}

/** What a preview plans to do, from its event log; what stays as it is is left out. */
export function planned(eventLog: string): Planned[] {
  const stdin = (state?: StepState | null) =>
    typeof state?.inputs?.stdin === "string" ? state.inputs.stdin : "";
  return readEvents(eventLog).flatMap(({ resourcePreEvent: event }) => {
    if (!event || event.metadata.op === "same") return [];
    const { op: operation, urn, old, new: wanted } = event.metadata;
    return [{ name: nameOf(urn), operation, before: stdin(old), after: stdin(wanted) }];
  });
}
