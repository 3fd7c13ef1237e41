/** The bridge's static address, and its confirmation over a connection of its own. */
import type { SetupSpec } from "../../../../config/model";
import { roomScripts, scriptIn } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";
import { made } from "../../guest-needs";

export interface Settings {
  /** Name of the bridge, such as `vmbr0`. */
  bridge: string;
  /** The node's address on it, with prefix length. */
  address: string;
  /** Address of the gateway. */
  gateway: string;
}

const settingsOf = ({ name, address, gateway }: SetupSpec["bridge"]): Settings => ({
  bridge: name,
  address,
  gateway,
});

export const bridgeStep = (bridge: SetupSpec["bridge"]): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  makes: [made.bridge(bridge.name)],
  settings: settingsOf(bridge),
});

/** That its connection works is the confirmation. It runs whenever the address is set again. */
export const bridgeConfirmStep = (bridge: SetupSpec["bridge"]): StepBody<Settings> => ({
  script: scriptIn(__dirname, "confirm"),
  look: roomScripts(__dirname).look,
  settings: settingsOf(bridge),
});
