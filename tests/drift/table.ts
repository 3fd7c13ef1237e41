/** All that somebody may change by hand of what a plan's steps set. */
import { dirname, join, relative } from "node:path";
import { loadEstate } from "../../config/estate";
import { planEstate } from "../../plan/estate";
import { type Facts, filesOnly } from "../../plan/facts";
import type { ScriptStep } from "../../plan/step";
import { repository } from "../helpers/repository";
import type { Break, BreaksOf } from "./break";
import { containerBreaks } from "./container-breaks";
import { hostBreaks } from "./host-breaks";
import { machineBreaks } from "./machine-breaks";
import { sharingBreaks } from "./sharing-breaks";
import { storageBreaks } from "./storage-breaks";

/** By the room of the steps, in components/. */
export const breaksOfRoom: Record<string, BreaksOf> = {
  ...hostBreaks,
  ...storageBreaks,
  ...sharingBreaks,
  ...containerBreaks,
  ...machineBreaks,
};

export interface Row extends Break {
  step: string;
  room: string;
}

export const roomOf = ({ script }: Pick<ScriptStep, "script">): string =>
  relative(join(repository, "components"), dirname(script));

/** Steps that have nothing to set: a container without mounts, a Samba user whom another step makes. */
export function setsNothing(step: ScriptStep): boolean {
  const { mounts, create } = step.settings as { mounts?: object[]; create?: boolean };
  return mounts?.length === 0 || (roomOf(step) === "hypervisor/samba/user" && create === false);
}

/** The scripts of a stack's files, as far as they are known without the node. */
export function scriptSteps(
  files: { hypervisorConfig: string; lxcConfigs: string },
  facts: Partial<Facts> = {},
): ScriptStep[] {
  const { estate } = loadEstate(files);
  return planEstate(estate, { ...filesOnly, ...facts })
    .parts.flatMap((part) => (part.kind === "component" ? part.steps : []))
    .filter((step): step is ScriptStep => step.kind === "script");
}

/** One row for each thing that is changed. */
export function rowsOf(steps: readonly ScriptStep[]): Row[] {
  const names = new Set(steps.map(({ name }) => name));
  return steps.flatMap((step) => {
    const room = roomOf(step);
    const breaks = step.look === undefined ? [] : (breaksOfRoom[room]?.(step, steps) ?? []);
    return breaks
      .filter(({ onlyWith }) => onlyWith === undefined || names.has(onlyWith))
      .map((each) => ({ ...each, step: step.name, room }));
  });
}

/** What the looks of all steps find after these changes. */
export function foundAfter(rows: readonly Row[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { step, shows, also } of rows)
    for (const [name, texts] of Object.entries({ [step]: shows, ...also }))
      found[name] = [...new Set([...(found[name] ?? []), ...texts])];
  return inOrder(found);
}

/** Without the order in which steps and texts come. */
export const inOrder = (found: Record<string, string[]>): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(found)
      .map(([step, texts]) => [step, [...texts].sort()] as const)
      .filter(([, texts]) => texts.length > 0)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );

/** Rows that can be made at once, in their order: of those that exclude one another, the first. */
export function atOnce(rows: readonly Row[], most = Infinity): Row[] {
  const [changed, needed] = [new Set<string>(), new Set<string>()];
  const chosen: Row[] = [];
  for (const row of rows.filter(({ undo }) => undo === undefined)) {
    const { apart = [], needs = [] } = row;
    const excluded =
      apart.some((name) => changed.has(name) || needed.has(name)) || needs.some((name) => changed.has(name));
    if (excluded || chosen.length >= most) continue;
    for (const name of apart) changed.add(name);
    for (const name of needs) needed.add(name);
    chosen.push(row);
  }
  return chosen;
}
