import type { Provider } from "../shared/provider";
import { plainMap, textOf } from "../shared/wire";
import { checkInputs } from "./check";
import { runLocal } from "./local/run";
import { copyToRemote, localCommand, localRun, remoteCommand } from "./properties";
import type { Shape } from "./properties";
import { copyResource } from "./remote/copy";
import { runRemote } from "./remote/run";
import { commandResource } from "./resource";
import { packageSchema } from "./schema";

const shapes: Record<string, Shape> = {
  "command:local:Command": localCommand,
  "command:remote:Command": remoteCommand,
  "command:remote:CopyToRemote": copyToRemote,
};

/** The command package: local and remote commands, and copies to a remote host. */
export const commandProvider: Provider = {
  name: "command",
  version: "1.2.1",
  features: {
    acceptSecrets: true,
    acceptResources: true,
    acceptOutputs: true,
    supportsAutonamingConfiguration: false,
  },
  schema: () => packageSchema("command", "1.2.1", shapes),
  checkConfig: (news) => ({ inputs: news }),
  diffConfig: () => ({ changes: false, detailed: {} }),
  configure: () => undefined,
  resources: {
    "command:local:Command": commandResource(
      localCommand,
      ["stdout", "stderr", "assets", "archive"],
      runLocal,
    ),
    "command:remote:Command": commandResource(remoteCommand, ["stdout", "stderr"], runRemote),
    "command:remote:CopyToRemote": copyResource(copyToRemote),
  },
  functions: {
    "command:local:run": async (args, context) => {
      const { inputs, failures = [] } = checkInputs(localRun, args);
      if (failures.length > 0) return { failures };
      const outputs = await runLocal(
        textOf(plainMap(inputs)["command"]) ?? "",
        plainMap(inputs),
        {},
        context,
      );
      return { result: { ...inputs, ...outputs } };
    },
  },
};
