import { isObject } from "../../shared/wire";
import type { WireMap } from "../../shared/wire";
import { diagnostic } from "../api/errors";
import { InitFailed } from "../../shared/provider";
import type { ReadResult } from "../../shared/provider";
import type { Fields } from "./fields";
import { rawStateDelta } from "./rawState";
import { extractInputs, refreshInputs } from "./refresh";

/** A state as it goes to the engine: with its id and the bridge's own part. */
export function finished(fields: Fields, id: string, state: WireMap): WireMap {
  const known = Object.fromEntries(Object.keys(fields).map((key) => [key, state[key] ?? null]));
  return { __pulumi_raw_state_delta: rawStateDelta(fields, known), id, ...known };
}

/** What a read answers: after an import all inputs come from the state, else the old ones with its values. */
export function readResult(
  fields: Fields,
  importing: boolean,
  id: string,
  state: WireMap,
  inputs: WireMap,
): ReadResult {
  const news = importing ? (extractInputs(fields, state) as WireMap) : refreshInputs(fields, inputs, state);
  return { id, state: finished(fields, id, state), inputs: news };
}

/** A plan in which what is to be ignored is as it was. */
export function keepIgnored(planned: WireMap, before: WireMap, ignoreChanges: string[]): WireMap {
  return ignoreChanges.reduce<WireMap>((all, path) => keepOne(all, before, path.split(".")), planned);
}

function keepOne(planned: WireMap, before: WireMap, [key = "", ...rest]: string[]): WireMap {
  const [now, was] = [planned[key], before[key]];
  if (rest.length === 0) return key in before ? { ...planned, [key]: was ?? null } : planned;
  return isObject(now) && isObject(was) ? { ...planned, [key]: keepOne(now, was, rest) } : planned;
}

/** Does the work; what fails becomes one of Terraform's diagnostics. */
export async function describe<T>(work: () => Promise<T>, summary?: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diagnostic(error, summary);
  }
}

/**
 * The failure of an operation on a resource that exists: the engine keeps the state that comes with it. Of an
 * update that is the plan, as if it had been done, so that only a refresh shows the difference again.
 */
export function partly(
  doing: "creating" | "updating",
  urn: string,
  done: { id: string; state: WireMap; inputs: WireMap },
  error: unknown,
): InitFailed {
  const reason = `${doing} ${urn}: ${diagnostic(error).message}`;
  return new InitFailed(done.id, done.state, done.inputs, [reason]);
}

/** Whether a read is an import: there is no state yet. */
export function isImport(state: WireMap): boolean {
  return Object.keys(state).every((key) => key.startsWith("__") || key === "id");
}

/** Node and number of `node/id`, or of an id whose node the state knows. */
export function splitId(id: string, nodeName: string): { node: string; vmid: string } {
  const [node, vmid] = id.includes("/") ? id.split("/") : [nodeName, id];
  if (!node || !vmid || !/^\d+$/.test(vmid))
    throw diagnostic(new Error(`unexpected format of ID (${id}), expected node/id`));
  return { node, vmid };
}
