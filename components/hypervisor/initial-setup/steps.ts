/** The steps of the host's initial set-up, in their order. */
import type { SetupSpec } from "../../../config/model";
import type { StepBody } from "../../../plan/step";
import { bridgeConfirmStep, bridgeStep } from "./bridge/step";
import { chronyStep } from "./chrony/step";
import { firewallStep } from "./firewall/step";
import { hostnameStep } from "./hostname/step";
import { hostsStep } from "./hosts/step";
import { logRotationStep } from "./log-rotation/step";
import { packagesStep } from "./packages/step";
import { repositoriesStep } from "./repositories/step";
import { resolverStep } from "./resolver/step";
import { timezoneStep } from "./timezone/step";
import { upgradeStep } from "./upgrade/step";

export interface InitialSetupArgs {
  setup: SetupSpec;
  /** Port that the stack reaches the node's SSH on. */
  sshPort: number;
}

/** A step of the set-up. */
export interface SetupStep extends StepBody {
  /** It confirms the step before it, and runs again whenever that one is replaced, even with the same settings. */
  confirms?: true;
}

/** Concern and step, in the order in which they run. */
export function initialSetupSteps({ setup, sshPort }: InitialSetupArgs): [string, SetupStep][] {
  const { hostname, bridge } = setup;
  return [
    ["log-rotation", logRotationStep()],
    ["repositories", repositoriesStep(setup.nodesource)],
    ["upgrade", upgradeStep(setup.upgrade)],
    ["packages", packagesStep(setup)],
    ["timezone", timezoneStep(setup.timezone)],
    ["chrony", chronyStep()],
    ...(hostname === undefined ? [] : [["hostname", hostnameStep(hostname)] satisfies [string, SetupStep]]),
    ["bridge", bridgeStep(bridge)],
    ["bridge-confirm", { ...bridgeConfirmStep(bridge), confirms: true }],
    ["hosts", hostsStep(bridge.address)],
    ["resolver", resolverStep(setup.nameservers)],
    ...(setup.ufw ? [["firewall", firewallStep(sshPort, bridge.name)] satisfies [string, SetupStep]] : []),
  ];
}
