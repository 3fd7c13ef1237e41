import type { DriverSpec } from "../../../config/model";
import { component } from "../../../plan/build";
import type { Component } from "../../../plan/step";
import { hostStep } from "../host-step";
import { nvidiaNames, nvidiaSteps } from "./steps";

/**
 * The driver's steps one after another.
 *
 * @param tag by which the stack knows its own guests
 * @returns also the name of the step behind which the driver works, and the guests that were stopped for it run again
 */
export function planNvidiaDriver(
  title: string,
  { driver, tag }: { driver: DriverSpec; tag: string },
  parent: string | undefined,
  needs: string[],
): { component: Component; ready: string } {
  const bodies = nvidiaSteps(title, driver, tag);
  const names = nvidiaNames.map((step) => `${title}-${step}`);
  // A step that is replaced may have the same result, word for word; so the results alone would not show that it ran.
  const follows = [`${title}-install`];
  const order = {
    ...{ "stop-guests": {}, install: {}, "start-guests": {} },
    restart: { follows },
    active: { follows, acrossRestart: true as const },
  };
  const steps = nvidiaNames.map((step, index) =>
    hostStep(names[index]!, bodies[step], {
      needs: index === 0 ? needs : [names[index - 1]!],
      ...order[step],
    }),
  );
  const outputs = { version: driver.version };
  return {
    component: component("phoenix:hypervisor:NvidiaDriver", title, { parent, needs, steps, outputs }),
    ready: names.at(-1)!,
  };
}
