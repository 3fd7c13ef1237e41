/** Functions that make parts of a plan. */
import type { Component, ComponentType, GuardStep, ScriptStep, StepBody } from "./step";

/** The fields of a step that are not its body. */
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
