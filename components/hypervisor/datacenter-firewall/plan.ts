import { component } from "../../../plan/build";
import type { Component } from "../../../plan/step";
import { hostStep } from "../host-step";
import type { DatacenterFirewallSteps } from "./step";

/** The change, then its confirmation over a connection of its own: that it comes about is what it confirms. */
export function planDatacenterFirewall(
  title: string,
  { change, confirm }: DatacenterFirewallSteps,
  parent: string | undefined,
  needs: string[],
): Component {
  const steps = [
    hostStep(title, change, { needs }),
    // A change that is replaced is open again.
    hostStep(`${title}-confirm`, confirm, { needs: [title], follows: [title] }),
  ];
  return component("phoenix:hypervisor:DatacenterFirewall", title, { parent, needs, steps });
}
