import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Project } from "./project";

/** One operation of the engine on one resource, with its places in the event log. */
export interface Step {
  name: string;
  operation: string;
  began: number;
  /** Undefined when it never ended well. */
  ended?: number;
}

interface Event {
  resourcePreEvent?: { metadata: { op: string; urn: string } };
  resOutputsEvent?: { metadata: { op: string; urn: string } };
}

/** The latest event log of a command of `phoenix` on a stack. */
export function latestLog(project: Project, stack: string, command: string): string {
  const folder = project.path(".phoenix", "logs");
  const logs = readdirSync(folder).filter((name) => name.startsWith(`${stack}-${command}-`));
  const latest = logs.sort().at(-1);
  if (latest === undefined) throw new Error(`no log of ${command} in ${folder}`);
  return join(folder, latest);
}

/** What the engine did other than leave alone (`same`), by the resource's name. */
export function stepsOf(log: string): Map<string, Step> {
  const steps = new Map<string, Step>();
  readFileSync(log, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event)
    .forEach(({ resourcePreEvent: before, resOutputsEvent: after }, place) => {
      const metadata = (before ?? after)?.metadata;
      if (!metadata || metadata.op === "same") return;
      const name = metadata.urn.split("::").at(-1) ?? "";
      const known = steps.get(name);
      if (before && !known) steps.set(name, { name, operation: metadata.op, began: place });
      if (after && known) known.ended = place;
    });
  return steps;
}
