/** What somebody changes by hand on a node, and how each step tells of it. */
import type { ScriptStep } from "../../plan/step";

export interface Break {
  /** What of the step is changed, in words. */
  sets: string;
  /** Shell commands on the node. */
  by: string;
  /** What the step's look says then, all of it. */
  shows: string[];
  /** The same of other steps, by their names. */
  also?: Record<string, string[]>;
  /** What is changed by it, where others change or need it too: of these only one is made at a time. */
  apart?: string[];
  /** What has to be as it was, so that the break shows. */
  needs?: string[];
  /** Name of the step without which there is nothing to change. */
  onlyWith?: string;
  /** What somebody has to do on the node, where no step puts it right. */
  undo?: string;
}

/** The breaks of a room's steps. */
export type BreaksOf = (step: ScriptStep, all: readonly ScriptStep[]) => Break[];

export const byHand = (file: string): string => `${file}: is edited by hand, wanted as Phoenix wrote it`;

export const missing = (file: string): string => `${file}: is missing, wanted as Phoenix wrote it`;

/** A file of ours, edited and removed. */
export const ownFile = (file: string, sets = file): Break[] => [
  { sets, by: `echo '# by hand' >>${file}`, shows: [byHand(file)], apart: [file] },
  { sets, by: `rm ${file}`, shows: [missing(file)], apart: [file] },
];

/** A service, stopped and disabled. */
export const ownService = (unit: string): Break[] => [
  {
    sets: "services",
    by: `systemctl stop ${unit}`,
    shows: [`service ${unit}: is stopped, wanted running`],
    apart: [`service ${unit}`],
  },
  {
    sets: "services",
    by: `systemctl disable ${unit}`,
    shows: [`service ${unit}: is disabled, wanted enabled`],
    apart: [`service ${unit}`],
  },
];

export const ownPackage = (name: string): Break => ({
  sets: "packages",
  by: `apt-get -q -y remove ${name}`,
  shows: [`package ${name}: is missing, wanted installed`],
  apart: [`package ${name}`],
});
