/** The steps of NVIDIA's driver, each after the one before it. */
import type { DriverSpec } from "../../../config/model";
import type { StepBody } from "../../../plan/step";
import { Reported } from "../../../plan/values";
import { activeStep } from "./active/step";
import { installStep } from "./install/step";
import { restartStep } from "./restart/step";
import { startGuestsStep } from "./start-guests/step";
import { stopGuestsStep } from "./stop-guests/step";

/** Names of the steps within the area. */
export const nvidiaNames = ["stop-guests", "install", "restart", "active", "start-guests"] as const;

export type NvidiaName = (typeof nvidiaNames)[number];

/**
 * The steps by name. The result of a step is an input of the later ones: they run again whenever it did something.
 *
 * @param title name of the area's component, with which the names of its steps begin
 * @param tag by which the stack knows its own guests
 */
export function nvidiaSteps(title: string, driver: DriverSpec, tag: string): Record<NvidiaName, StepBody> {
  const installed = new Reported(`${title}-install`, "stdout");
  return {
    "stop-guests": stopGuestsStep(driver, tag),
    install: installStep(driver),
    restart: restartStep(driver, installed),
    active: activeStep(driver, installed),
    "start-guests": startGuestsStep(driver, new Reported(`${title}-stop-guests`, "stdout")),
  };
}
