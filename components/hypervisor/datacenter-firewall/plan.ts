import { component } from "../../../plan/build";
import type { Component } from "../../../plan/step";
import { hostStep } from "../host-step";
import type { DatacenterFirewallSteps } from "./step";

/** The change, then its confirmation over a new connection: that this connection works is the confirmation. */
export function planDatacenterFirewall(
  title: string,
  { change, confirm }: DatacenterFirewallSteps,
  parent: string | undefined,
  needs: string[],
): Component {
  const steps = [
    hostStep(title, change, { needs }),
    // A change that runs again needs a new confirmation.
    hostStep(`${title}-confirm`, confirm, { needs: [title], follows: [title] }),
  ];
  return component("phoenix:hypervisor:DatacenterFirewall", title, { parent, needs, steps });
}
