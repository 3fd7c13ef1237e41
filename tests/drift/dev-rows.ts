/** What somebody can change of the dev estate. */
import { join } from "node:path";
import { repository } from "../helpers/repository";
import { type Row, rowsOf, scriptSteps } from "./table";

const dev = join(repository, "environments", "dev");

export const devRows = (): Row[] =>
  rowsOf(
    scriptSteps(
      {
        hypervisorConfig: join(dev, "phoenix_hypervisor_config.json"),
        lxcConfigs: join(dev, "phoenix_lxc_configs.json"),
      },
      { identity: "dev", hooksDir: join(dev, "hooks") },
    ),
  );
