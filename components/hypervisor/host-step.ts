import { join } from "node:path";
import { type Order, scriptStep } from "../../plan/build";
import type { ScriptStep, StepBody } from "../../plan/step";

/** Runs before every removal of the host's own set-up: keeps what another stack holds or needs. */
const held = join(__dirname, "..", "host", "scripts", "keep-what-others-need.sh");

/** A step of the host's own set-up, which one stack holds. */
export const hostStep = (name: string, body: StepBody, order: Order): ScriptStep =>
  scriptStep(name, body.remove === undefined ? body : { ...body, beforeRemoval: held }, order);
