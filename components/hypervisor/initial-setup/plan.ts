import { component } from "../../../plan/build";
import type { Component } from "../../../plan/step";
import { hostStep } from "../host-step";
import { type InitialSetupArgs, initialSetupSteps } from "./steps";

/**
 * The steps one after another: each may need what an earlier one set up.
 *
 * @returns also the names of what every other area waits for
 */
export function planInitialSetup(
  title: string,
  args: InitialSetupArgs,
  parent: string | undefined,
  needs: string[],
): { component: Component; done: string[] } {
  const steps: Component["steps"] = [];
  let done = needs;
  for (const [concern, { confirms, ...body }] of initialSetupSteps(args)) {
    const name = `${title}-${concern}`;
    steps.push(hostStep(name, body, { needs: done, ...(confirms && { follows: done }) }));
    done = [name];
  }
  const { bridge } = args.setup;
  const outputs = { bridge: bridge.name, address: bridge.address };
  return {
    component: component("phoenix:hypervisor:InitialSetup", title, { parent, needs, steps, outputs }),
    done,
  };
}
