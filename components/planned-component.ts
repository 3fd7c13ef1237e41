import * as pulumi from "@pulumi/pulumi";
import type { Component, Step } from "../plan/step";

/** What a planned component is registered with. */
export interface Registrar {
  /** Parent and order of a component. */
  options(component: Component): pulumi.ComponentResourceOptions;
  /** Registers a step below a component. */
  register(step: Step, parent: pulumi.Resource): void;
  /** Values of a plan as Pulumi has them. */
  resolve(values: Record<string, unknown>): Record<string, unknown>;
}

/**
 * A component that consists of its planned steps. What others read of it are fields of the same names as in the plan's
 * `outputs`, each an output.
 */
export abstract class PlannedComponent extends pulumi.ComponentResource {
  constructor(component: Component, registrar: Registrar) {
    super(component.type, component.name, {}, registrar.options(component));
    for (const step of component.steps) registrar.register(step, this);
    const outputs = Object.entries(registrar.resolve(component.outputs)).map(
      ([name, value]) => [name, pulumi.output(value)] as const,
    );
    const all = Object.fromEntries(outputs);
    Object.assign(this, all);
    this.registerOutputs(all);
  }
}
