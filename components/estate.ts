/** Registers what a plan has as Pulumi resources. */
import * as pulumi from "@pulumi/pulumi";
import type { Component, GuardStep, Plan, ScriptStep, Step } from "../plan/step";
import { Reported, Secret } from "../plan/values";
import { Container } from "./container/container";
import { defineContainer } from "./container/define/define";
import { Containers } from "./container/containers";
import { Guard } from "./guest/guard";
import type { Host } from "./host";
import { AdminUser } from "./hypervisor/admin-user/admin-user";
import { Backups } from "./hypervisor/backups/backups";
import { DatacenterFirewall } from "./hypervisor/datacenter-firewall/datacenter-firewall";
import { Hypervisor } from "./hypervisor/hypervisor";
import { InitialSetup } from "./hypervisor/initial-setup/initial-setup";
import { Nfs } from "./hypervisor/nfs/nfs";
import { NvidiaDriver } from "./hypervisor/nvidia-driver/nvidia-driver";
import { Samba } from "./hypervisor/samba/samba";
import { Zfs } from "./hypervisor/zfs/zfs";
import type { Registrar } from "./planned-component";
import type { Target } from "./target";
import { defineMachine } from "./vm/define/define";
import { downloadImage } from "./vm/image/image";
import { VirtualMachines } from "./vm/virtual-machines";
import { Vm } from "./vm/vm";

const classes: Record<
  Component["type"],
  new (component: Component, registrar: Registrar) => pulumi.ComponentResource
> = {
  "phoenix:hypervisor:Hypervisor": Hypervisor,
  "phoenix:hypervisor:InitialSetup": InitialSetup,
  "phoenix:hypervisor:NvidiaDriver": NvidiaDriver,
  "phoenix:hypervisor:AdminUser": AdminUser,
  "phoenix:hypervisor:Zfs": Zfs,
  "phoenix:hypervisor:Nfs": Nfs,
  "phoenix:hypervisor:Samba": Samba,
  "phoenix:hypervisor:DatacenterFirewall": DatacenterFirewall,
  "phoenix:hypervisor:Backups": Backups,
  "phoenix:container:Guests": Containers,
  "phoenix:container:Container": Container,
  "phoenix:vm:Machines": VirtualMachines,
  "phoenix:vm:Vm": Vm,
};

/** The resources of a stack, as its plan has them. */
export class EstateResources implements Registrar {
  private readonly components = new Map<string, pulumi.ComponentResource>();
  private readonly steps = new Map<string, pulumi.Resource>();

  constructor(
    private readonly host: Host,
    private readonly target: Target,
  ) {}

  /** Registers everything of a plan after what it needs, and logs its warnings; returns what the stack exports. */
  add({ parts, warnings, outputs }: Plan): Record<keyof Plan["outputs"], unknown> {
    for (const part of parts) {
      if (part.kind === "guard") this.guard(part);
      else this.components.set(part.name, new classes[part.type](part, this));
    }
    for (const { text, about } of warnings) {
      void pulumi.log.warn(text, about === undefined ? undefined : this.components.get(about));
    }
    return this.resolve(outputs);
  }

  options({ parent, needs }: Component): pulumi.ComponentResourceOptions {
    return {
      ...(parent !== undefined && { parent: this.components.get(parent) }),
      ...(needs.length > 0 && { dependsOn: this.named(needs) }),
    };
  }

  register(step: Step, parent: pulumi.Resource): void {
    if (step.kind === "guard") this.guard(step, parent);
    else this.steps.set(step.name, this.resource(step, { parent, dependsOn: this.named(step.needs) }));
  }

  resolve(values: Record<string, unknown>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, this.value(value)]));
  }

  private resource(
    step: Exclude<Step, GuardStep>,
    order: pulumi.CustomResourceOptions,
  ): pulumi.CustomResource {
    if (step.kind === "script") return this.script(step, order);
    const options = { ...order, provider: this.target.provider };
    if (step.kind === "image") return downloadImage(step, this.target, options);
    const guest = { ...options, deleteBeforeReplace: true, protect: step.protect };
    if (step.kind === "container") return defineContainer(step, this.target, guest);
    const ids = {
      vmid: this.value(step.vmid) as pulumi.Input<number | undefined>,
      source: this.value(step.source) as pulumi.Input<number> | undefined,
    };
    return defineMachine(step, ids, this.target, guest);
  }

  private script(step: ScriptStep, order: pulumi.CustomResourceOptions): pulumi.CustomResource {
    const { follows, goesWith, protect } = step;
    const settings = this.resolve(step.settings as Record<string, unknown>);
    return this.host.step(step, settings, {
      ...order,
      ...(follows && { replaceWith: this.named(follows) }),
      ...(goesWith !== undefined && { deletedWith: this.named([goesWith])[0] }),
      ...(protect !== undefined && { protect }),
    });
  }

  private guard({ name, protect, needs }: GuardStep, parent?: pulumi.Resource): void {
    this.components.set(name, new Guard(name, protect, { parent, dependsOn: this.named(needs) }));
  }

  private named(names: readonly string[]): pulumi.Resource[] {
    return names.map((name) => {
      const found = this.steps.get(name) ?? this.components.get(name);
      if (!found) throw new Error(`the plan has nothing of the name ${name} before what needs it`);
      return found;
    });
  }

  /** A value of a plan as Pulumi has it. */
  private value(value: unknown): unknown {
    if (value instanceof Secret) return pulumi.secret(value.value);
    if (value instanceof Reported) return this.reported(value);
    if (Array.isArray(value)) return value.map((each) => this.value(each));
    if (typeof value !== "object" || value === null) return value;
    return this.resolve(value as Record<string, unknown>);
  }

  private reported({ resource, output, read }: Reported): pulumi.Output<unknown> {
    const [found] = this.named([resource]);
    const value: pulumi.Output<unknown> = pulumi.output(
      (found as unknown as Record<string, unknown>)[output],
    );
    return read ? value.apply(read) : value;
  }
}
