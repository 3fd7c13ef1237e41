/** Small makers of a plan's parts. */
import type { Component, ComponentType, GuardStep, ScriptStep, StepBody } from "./step";

/** What of a step is not its body. */
export type Order = Omit<ScriptStep, "kind" | "name" | keyof StepBody>;

export const scriptStep = (name: string, body: StepBody, order: Order): ScriptStep => ({
  ...body,
  ...order,
  kind: "script",
  name,
});

export const guard = (name: string, protect: boolean, needs: string[]): GuardStep => ({
  kind: "guard",
  name,
  protect,
  needs,
});

export const component = (
  type: ComponentType,
  name: string,
  parts: Partial<Omit<Component, "kind" | "type" | "name">>,
): Component => ({ kind: "component", type, name, needs: [], steps: [], outputs: {}, ...parts });
