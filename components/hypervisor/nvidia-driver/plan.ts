import type { DriverSpec } from "../../../config/model";
import { component } from "../../../plan/build";
import type { Component } from "../../../plan/step";
import { Reported } from "../../../plan/values";
import { hostStep } from "../host-step";
import { nvidiaSteps } from "./steps";

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
  const { stopGuests, install, restart, active, startGuests } = nvidiaSteps(driver, tag);
  const [stopped, installed, restarted, works, ready] = (
    ["stop-guests", "install", "restart", "active", "start-guests"] as const
  ).map((step) => `${title}-${step}`) as [string, string, string, string, string];
  // What a step did is an input of those behind it: they run again whenever it did something. One that is replaced
  // may do the same as the time before, word for word.
  const afterInstall = { installed: new Reported(installed, "stdout") };
  const follows = [installed];
  const steps = [
    hostStep(stopped, stopGuests, { needs }),
    hostStep(installed, install, { needs: [stopped] }),
    hostStep(
      restarted,
      { ...restart, settings: { ...restart.settings, ...afterInstall } },
      { needs: [installed], follows },
    ),
    hostStep(
      works,
      { ...active, settings: { ...active.settings, ...afterInstall } },
      { needs: [restarted], follows, acrossRestart: true },
    ),
    hostStep(
      ready,
      {
        ...startGuests,
        settings: { ...startGuests.settings, stopped: new Reported(stopped, "stdout") },
      },
      { needs: [works] },
    ),
  ];
  const outputs = { version: driver.version };
  return {
    component: component("phoenix:hypervisor:NvidiaDriver", title, { parent, needs, steps, outputs }),
    ready,
  };
}
