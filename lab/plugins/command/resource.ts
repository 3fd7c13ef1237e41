import { randomBytes } from "node:crypto";
import { diffInputs } from "../shared/objectDiff";
import type { DetailedDiff, DiffKind } from "../shared/objectDiff";
import type { Context, DiffRequest, DiffResult, Resource } from "../shared/provider";
import { equal, open, plainMap, unknown } from "../shared/wire";
import type { Wire, WireMap } from "../shared/wire";
import { checkInputs } from "./check";
import type { Shape } from "./properties";

/** What one run of a command adds to the outputs, such as `stdout`; a key set to null is left out. */
export type Outputs = WireMap;

/** Runs a command with plain values. */
export type Run = (command: string, inputs: WireMap, previous: Outputs, context: Context) => Promise<Outputs>;

/** A name with eight random hexadecimal digits, how the real plugin makes ids. */
export function uniqueId(name: string): string {
  return name + randomBytes(4).toString("hex");
}

/**
 * A command resource: `create` runs at creation, `update` (else `create`) on any change of an input but
 * `triggers`, `delete` at deletion. Nothing runs in a preview and there is nothing to read.
 */
export function commandResource(shape: Shape, outputs: string[], run: Run): Resource {
  const previousOf = (state: WireMap): Outputs =>
    Object.fromEntries(outputs.flatMap((key) => (key in state ? [[key, state[key] ?? null]] : [])));
  return {
    check: async ({ news }) => checkInputs(shape, news),
    diff: async (request) => diffResource(shape, request),

    async create({ name, inputs, preview }, context) {
      const id = uniqueId(name);
      if (preview) return { id, state: { ...inputs, stdout: unknown, stderr: unknown } };
      const command = text(inputs["create"]);
      const none = { stdout: "", stderr: "" };
      if (command === undefined) return { id, state: { ...inputs, ...none } };
      return { id, state: { ...inputs, ...(await run(command, plainMap(inputs), none, context)) } };
    },

    async update({ state, inputs, preview, ignoreChanges }, context) {
      const news = ignoring(inputs, state, ignoreChanges);
      const previous = previousOf(state);
      if (preview) {
        const changed = Object.keys(shape.fields).some(
          (key) => !equal(state[key] ?? null, news[key] ?? null),
        );
        const shown = changed ? mapValues(previous, () => unknown) : previous;
        return { state: { ...news, ...shown } };
      }
      const command = text(news["update"]) ?? text(news["create"]);
      if (command === undefined) return { state: { ...news, ...previous } };
      const made = await run(command, plainMap(news), plainMap(previous), context);
      return { state: { ...news, ...unmarked(previous), ...made } };
    },

    read: async (request) => request,

    async delete({ state }, context) {
      const command = text(state["delete"]);
      if (command !== undefined) await run(command, plainMap(state), plainMap(previousOf(state)), context);
    },
  };
}

/**
 * Compares inputs. A property that forces a replacement is only seen at its own path, not below it: an
 * element of `triggers` is a plain update here, and it is the package's SDK that adds
 * `replaceOnChanges: ["triggers[*]"]`.
 */
export function diffResource(shape: Shape, request: DiffRequest): DiffResult {
  const news = ignoring(request.inputs, request.state, request.ignoreChanges);
  const compared = Object.fromEntries(
    Object.entries(news).filter(([key]) => key !== "version" && !key.startsWith("__")),
  );
  const detailed: DetailedDiff = {};
  for (const [path, kind] of Object.entries(diffInputs(request.oldInputs, compared)))
    detailed[path] = shape.fields[path]?.replaces ? (`${kind}_REPLACE` as DiffKind) : kind;
  return { changes: Object.keys(detailed).length > 0, detailed };
}

function ignoring(inputs: WireMap, state: WireMap, ignoreChanges: string[]): WireMap {
  const kept = ignoreChanges
    .filter((key) => key in state)
    .map((key): [string, Wire] => [key, state[key] ?? null]);
  return { ...inputs, ...Object.fromEntries(kept) };
}

function text(value: Wire | undefined): string | undefined {
  const opened = open(value ?? null);
  return typeof opened === "string" ? opened : undefined;
}

function mapValues(map: WireMap, change: (value: Wire) => Wire): WireMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}

/** Outputs lose secret marks of their own: `additionalSecretOutputs` is the engine's, which sets them anew. */
function unmarked(outputs: Outputs): Outputs {
  return mapValues(outputs, open);
}
