/** A plan as people read it: every resource with what it is to bring about. */

type Values = Record<string, unknown>;

interface State {
  type: string;
  parent?: string;
  protect?: boolean;
  inputs?: Values;
}

/** What `pulumi preview --json` prints, as far as it is used here. */
export interface Preview {
  steps: { op: string; urn: string; newState: State }[];
  changeSummary: Record<string, number>;
}

const nameOf = (urn: string) => urn.split("::").at(-1) ?? "";

/** Long texts, and what differs in each run or with a script's text: a word in the place of the value. */
const left: Record<string, string> = {
  script: "(a script)",
  entry: "(its entry)",
  config: "(its entry)",
  digest: "(a digest)",
  reasons: "(by exit code)",
  sshPort: "(of the connection)",
};

/** Inputs that all steps have, or that are shown in another way. */
const omitted = new Set([
  ...["connection", "addPreviousOutputInEnv", "logging", "create", "delete", "stdin"],
  ...["incarnation", "resource", "ctid", "tag"],
]);

/**
 * One block a resource, components before what is in them: `name  type in parent, op`, then a line for each setting,
 * as JSON. The steps of a guest stand in their order; each waits for the one before. Of a provider's resource only
 * what the program says is shown, not the provider's defaults.
 */
export function readable({ steps, changeSummary }: Preview): string {
  const shown = steps.filter(({ newState }) => !newState.type.startsWith("pulumi:"));
  const parents = new Map(shown.map(({ urn, newState }) => [urn, newState.parent]));
  const path = (urn: string): string => {
    const parent = parents.get(urn);
    return parent !== undefined && parents.has(parent) ? `${path(parent)}/${nameOf(urn)}` : nameOf(urn);
  };
  const inOrder = (urn: string) => /^(ct|vm)-/.test(nameOf(parents.get(urn) ?? ""));
  const key = ({ urn }: { urn: string }, place: number) =>
    inOrder(urn) ? `${path(parents.get(urn)!)}/${String(place).padStart(6, "0")}` : path(urn);
  const blocks = shown
    .map((step, place) => ({ key: key(step, place), text: block(step.urn, step.op, step.newState, parents) }))
    .sort((one, other) => (one.key < other.key ? -1 : 1));
  const summary = Object.entries(changeSummary).map(([op, count]) => `${count} ${op}`);
  return `${summary.join(", ")}\n\n${blocks.map(({ text }) => text).join("\n")}`;
}

function block(urn: string, op: string, state: State, known: Map<string, unknown>): string {
  const { type, parent = "", protect, inputs = {} } = state;
  const inside = known.has(parent) ? ` in ${nameOf(parent)}` : "";
  const settings = Object.entries({ ...settingsOf(inputs), ...given(inputs) }).filter(
    ([key]) => !omitted.has(key),
  );
  const lines = [
    `${nameOf(urn)}  ${type.split(":").at(-1)}${inside}, ${op}${protect ? ", protected" : ""}`,
    ...settings.map(([key, value]) => `  ${key}: ${JSON.stringify(readableValue(key, value))}`),
    ...("delete" in inputs ? ["  when deleted: (a script)"] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** The desired state that a step reads on standard input; a secret one stays so. */
function settingsOf({ stdin }: Values): Values {
  if (typeof stdin !== "string") return {};
  return stdin.startsWith("{") ? (JSON.parse(stdin) as Values) : { settings: "(secret)" };
}

/** Without what a provider added, which it lists itself. */
function given(value: Values): Values {
  const added = new Set((value["__defaults"] as string[] | undefined) ?? []);
  const own = Object.entries(value).filter(
    ([key, item]) => key !== "__defaults" && !added.has(key) && item !== null,
  );
  return Object.fromEntries(own.map(([key, item]) => [key, givenIn(item)]));
}

function givenIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(givenIn);
  return value !== null && typeof value === "object" ? given(value as Values) : value;
}

function readableValue(key: string, value: unknown): unknown {
  if (key in left) return left[key];
  // Of the health and power steps: a digest of what was done before.
  if (key === "after" && typeof value === "string") return left["digest"];
  // Among the tags, the one of this making.
  if (key === "tags" && Array.isArray(value)) return value.filter((tag) => !String(tag).includes("+"));
  return value;
}
