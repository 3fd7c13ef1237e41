/** Looks, before anything is registered, whether the node is still as its steps left it. */
import type { Plan, ScriptStep } from "../../plan/step";
import { stepText } from "../host/script";
import { type Login, Session } from "../host/session";
import { type Found, type Limits, type Look, runLooks } from "./looks";
import { type Notes, readNotes } from "./notes";
import { KnownSettings, stepsOf } from "./settings";

/** What is known of the node. */
export interface Looked {
  /** What each step found that was looked at; a step with no deviation is as it was left. */
  steps: Map<string, Found>;
  /** Whether sshd lets the variable through by which a step is run again. */
  accepts: boolean;
}

export interface Asked {
  login: Login;
  /** Tag by which the stack knows what is its own on the node. */
  tag: string;
  /** Whether notes of steps that the plan has no more are removed. */
  prune: boolean;
}

/** Seconds: a node that does not answer holds nobody up. */
const CONNECT = 10;
const ANSWER = 20;
const limits: Limits = { one: 15, all: 60 };

/** @throws Error that says why the node could not be looked at */
export async function lookAtSteps(plan: Plan, { login, tag, prune }: Asked): Promise<Looked> {
  const session = await Session.open(login, CONNECT);
  try {
    const steps = stepsOf(plan).filter((step) => step.kind === "script");
    const names = steps.map(({ name }) => name);
    const notes = await readNotes(session, tag, prune ? names : undefined, ANSWER);
    const looks = await looksOf(plan, steps, tag, notes);
    const found = looks.length === 0 ? [] : await runLooks(session, looks, limits);
    return { steps: new Map(looks.map(({ step }, index) => [step, found[index]!])), accepts: notes.accepts };
  } finally {
    session.close();
  }
}

/** Looks at steps that were applied as they are planned now: what is new or edited is no drift. */
async function looksOf(plan: Plan, steps: ScriptStep[], tag: string, notes: Notes): Promise<Look[]> {
  if (notes.isEmpty) return [];
  const known = new KnownSettings(plan, notes.resultOf);
  const looks = steps.map(async (step): Promise<Look[]> => {
    const settings = step.look === undefined ? undefined : await known.of(step);
    if (settings === undefined || step.look === undefined) return [];
    const input = stepText(step, tag, settings);
    return notes.has(step.name, input) ? [{ step: step.name, script: step.look, input }] : [];
  });
  return (await Promise.all(looks)).flat();
}
