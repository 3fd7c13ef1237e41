/* Run by container-keys.test.ts, in a process of its own: node:test follows every promise of its process, and the SDK
   makes a hundred thousand of them here. Prints what the changes touch, as JSON. */
import { rmSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { hostRows, subjects, type Touched } from "./container-keys";
import { Files } from "./container-keys-estate";
import { followsReplacementOf, recordEstate, type Registered, standing } from "./recorder";
import { previewNotes } from "./restarts";

process.env.PHOENIX_WARNINGS_SHOWN = "true";

async function register(files: Files): Promise<Map<string, Registered>> {
  // As the node has them, so that no container's incarnation is new.
  const guests = files.ctids.map((vmId) => standing(vmId, `ct${vmId}`));
  // The SDK keeps a stack trace for each of its promises, which here are a hundred thousand.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const { registered } = await recordEstate(files, { guests });
  Error.stackTraceLimit = stackTraceLimit;
  return new Map(registered.map((resource) => [resource.name, resource]));
}

/** What makes a container anew when it changes: a clone's triggers, the provider's own inputs (shared facts). */
function identity({ inputs }: Registered): string {
  const { vmId, nodeName, unprivileged, disk, triggers } = inputs;
  return JSON.stringify([
    vmId,
    nodeName,
    unprivileged,
    (disk as { datastoreId?: string })?.datastoreId,
    triggers,
  ]);
}

type Values = Record<string, unknown>;

/** The inputs that the engine compares; a script's text is no entry's. */
function compared({ inputs, options }: Registered) {
  const ignored = [...(options.ignoreChanges ?? []), "create", "delete"];
  return ignored.map((path) => path.split(".")).reduce(withoutPath, inputs);
}

function withoutPath(values: Values, [key = "", ...rest]: string[]): Values {
  const { [key]: value, ...others } = values;
  if (rest.length === 0) return others;
  return typeof value === "object" ? { ...values, [key]: withoutPath(value as Values, rest) } : values;
}

const inBoth = (before: Map<string, Registered>, now: Map<string, Registered>) =>
  [...now].flatMap(([name, resource]) => {
    const old = before.get(name);
    return old ? [{ name, old, resource }] : [];
  });

/** Names of the resources that are recreated. */
const madeAnew = (before: Map<string, Registered>, now: Map<string, Registered>) =>
  new Set(
    inBoth(before, now)
      .filter(({ old, resource }) => identity(old) !== identity(resource))
      .map(({ name }) => name),
  );

/** What the preview says of it. */
function notes(before: Map<string, Registered>, now: Map<string, Registered>, files: Files): string[] {
  const anew = madeAnew(before, now);
  return previewNotes(before, now, files, (step) =>
    [step.name, ...followsReplacementOf(step)].some((name) => anew.has(name)),
  );
}

/** What differs, by resource: changed, or run again because its container is recreated, new, or gone; sorted. */
function touched(before: Map<string, Registered>, now: Map<string, Registered>): string[] {
  const anew = madeAnew(before, now);
  const changed = inBoth(before, now).filter(
    ({ old, resource }) =>
      !isDeepStrictEqual(compared(old), compared(resource)) ||
      followsReplacementOf(resource).some((name) => anew.has(name)),
  );
  return [
    ...changed.map(({ name }) => name),
    ...[...now.keys()].filter((name) => !before.has(name)).map((name) => `${name} is new`),
    ...[...before.keys()].filter((name) => !now.has(name)).map((name) => `${name} is gone`),
  ].sort();
}

async function inContainers(): Promise<Pick<Touched, "inContainers" | "notes">> {
  const files = new Files(subjects);
  files.write();
  const before = await register(files);
  files.write({ changed: true });
  const now = await register(files);
  const found = { inContainers: touched(before, now), notes: notes(before, now, files) };
  rmSync(files.folder, { recursive: true });
  return found;
}

async function onHost(): Promise<Pick<Touched, "onHost" | "hostNotes">> {
  const files = new Files(subjects.slice(0, 1));
  files.write();
  const before = await register(files);
  const found = { onHost: [] as string[][], hostNotes: [] as string[][] };
  for (const host of hostRows) {
    files.write({ host });
    const now = await register(files);
    found.onHost.push(touched(before, now));
    found.hostNotes.push(notes(before, now, files));
  }
  rmSync(files.folder, { recursive: true });
  return found;
}

async function main() {
  const found: Touched = { ...(await inContainers()), ...(await onHost()) };
  process.stdout.write(JSON.stringify(found));
}

void main();
