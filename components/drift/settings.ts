/** The settings of a step as its script was given them, before anything is registered. */
import * as pulumi from "@pulumi/pulumi";
import type { MachineStep, Plan, ScriptStep, Step } from "../../plan/step";
import { Reported, Secret } from "../../plan/values";

/** A value that only a run gives. */
class NotKnown extends Error {}

export class KnownSettings {
  private readonly machines: Map<string, MachineStep>;

  /** @param resultOf what a step's script reported when it last ran */
  constructor(
    plan: Plan,
    private readonly resultOf: (step: string) => string | undefined,
  ) {
    const machines = stepsOf(plan).filter((step) => step.kind === "machine");
    this.machines = new Map(machines.map((step) => [step.name, step]));
  }

  /** Undefined where a value is not known. */
  async of({ settings }: ScriptStep): Promise<Record<string, unknown> | undefined> {
    try {
      return (await this.value(settings)) as Record<string, unknown>;
    } catch (error) {
      if (error instanceof NotKnown) return undefined;
      throw error;
    }
  }

  private async value(value: unknown): Promise<unknown> {
    if (value instanceof Secret) return inClear(value.value);
    if (value instanceof Reported) return this.reported(value);
    if (Array.isArray(value)) return Promise.all(value.map((each) => this.value(each)));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(async ([key, each]) => [key, await this.value(each)] as const);
    return Object.fromEntries(await Promise.all(entries));
  }

  private async reported({ resource, output, read }: Reported): Promise<unknown> {
    const vmid = this.machines.get(resource)?.vmid;
    const known = output === "vmId" ? await this.value(vmid) : this.resultOf(resource);
    if (known === undefined) throw new NotKnown();
    if (!read) return known;
    try {
      return read(known);
    } catch {
      throw new NotKnown();
    }
  }
}

/** All steps of a plan. */
export const stepsOf = ({ parts }: Plan): Step[] =>
  parts.flatMap((part) => (part.kind === "component" ? part.steps : []));

/** A secret of the stack's settings, which is always known. */
export const inClear = <T>(value: pulumi.Input<T>): Promise<T> =>
  pulumi.Output.isInstance<T>(value)
    ? new Promise((resolve) => void value.apply(resolve as (known: unknown) => void))
    : Promise.resolve(value as T);
