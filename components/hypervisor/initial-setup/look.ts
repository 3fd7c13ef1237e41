/** What looks at all of the initial set-up and changes nothing. */
import type { SetupSpec } from "../../../config/model";
import { scriptIn } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { packagesOf, type Settings as Packages } from "./packages/step";
import { nodeSource, type Settings as Repositories } from "./repositories/step";
import type { Settings as Bridge } from "./bridge/step";
import type { Settings as Resolver } from "./resolver/step";
import type { Settings as Timezone } from "./timezone/step";

export interface Settings extends Timezone, Bridge, Resolver, Packages, Repositories {
  /** Name of the node; absent leaves it its own. */
  hostname?: string;
  /** Whether the node has ufw on. */
  ufw: boolean;
}

/** Script and settings of one step that answers with deviations. */
export function initialSetupLook(setup: SetupSpec): StepBody<Settings> {
  const { timezone, hostname, bridge, nameservers, nodesource, ufw } = setup;
  return {
    script: scriptIn(__dirname, "look"),
    settings: {
      timezone,
      hostname,
      bridge: bridge.name,
      address: bridge.address,
      gateway: bridge.gateway,
      nameservers,
      packages: packagesOf(setup),
      nodeSource: nodesource ? nodeSource : undefined,
      ufw,
    },
  };
}
