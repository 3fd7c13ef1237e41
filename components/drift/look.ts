/** Looks, before anything is registered, whether the node is still as its steps left it. */
import type { Plan, ScriptStep, Step } from "../../plan/step";
import { stepText } from "../host/script";
import { type Login, Session } from "../host/session";
import { lookWithoutJq } from "../hypervisor/prepare/step";
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
  /** Which steps: those that were applied as they are planned, or the host's, whatever was applied. */
  of: "applied" | "host";
}

/** Seconds: a node that does not answer holds nobody up. */
const CONNECT = 10;
const ANSWER = 20;
/** A node that does its looks beside other work takes its time. */
const limits: Limits = { one: 40, all: 90 };

/** @throws Error that says why the node could not be looked at */
export async function lookAtSteps(plan: Plan, { login, tag, prune, of }: Asked): Promise<Looked> {
  const session = await Session.open(login, CONNECT);
  try {
    const names = scriptsOf(stepsOf(plan)).map(({ name }) => name);
    const notes = await readNotes(session, tag, prune ? names : undefined, ANSWER);
    const all = of === "host" ? await looksAtHost(plan, tag) : await looksAtApplied(plan, tag, notes);
    // What else differs is found when jq is there again.
    const looks = notes.hasJq ? all : all.filter(({ script }) => script === lookWithoutJq);
    const found = looks.length === 0 ? [] : await runLooks(session, looks, limits);
    return { steps: new Map(looks.map(({ step }, index) => [step, found[index]!])), accepts: notes.accepts };
  } finally {
    session.close();
  }
}

const scriptsOf = (steps: readonly Step[]): ScriptStep[] => steps.filter((step) => step.kind === "script");

/** Steps that were applied as they are planned now: what is new or edited is no drift. */
async function looksAtApplied(plan: Plan, tag: string, notes: Notes): Promise<Look[]> {
  if (notes.isEmpty) return [];
  const known = new KnownSettings(plan, notes.resultOf);
  const looks = await looksOf(scriptsOf(stepsOf(plan)), tag, known);
  return looks.filter(({ step, input }) => notes.has(step, input));
}

/** What the host's steps would find on a node that somebody else has set up. */
function looksAtHost(plan: Plan, tag: string): Promise<Look[]> {
  const steps = plan.parts.flatMap((part) =>
    part.kind === "component" && part.type.startsWith("phoenix:hypervisor:") ? part.steps : [],
  );
  return looksOf(scriptsOf(steps), tag, new KnownSettings(plan, () => undefined));
}

async function looksOf(steps: readonly ScriptStep[], tag: string, known: KnownSettings): Promise<Look[]> {
  const looks = steps.map(async (step): Promise<Look[]> => {
    const settings = step.look === undefined ? undefined : await known.of(step);
    if (settings === undefined || step.look === undefined) return [];
    return [{ step: step.name, script: step.look, input: stepText(step, tag, settings) }];
  });
  return (await Promise.all(looks)).flat();
}
