/** All packages that the repositories of the lab's network have for the node, and the commands they bring. */
import type { CommandTable, Host } from "../../types";
import { base } from "./base";
import { kernels } from "./kernels";
import { nvidia } from "./nvidia";
import { sharing } from "./sharing";
import type { Catalogue } from "./types";

export const nodePackages: Catalogue = { ...base, ...kernels, ...sharing, ...nvidia };

/** Stand-ins of every package, to be served; whether they can be called is a matter of installation. */
export const commandsOf = (packages: Catalogue): CommandTable =>
  Object.fromEntries(
    Object.values(packages).flatMap(({ commands = {} }) =>
      Object.entries(commands).map(([name, command]) => [
        name,
        {
          run:
            command.run ??
            ((_host: Host, call: { args: string[] }) => ({
              code: 1,
              stderr: `${name}: the lab does not simulate this command (${[name, ...call.args].join(" ")})\n`,
            })),
          ...(command.stdin === true ? { stdin: true } : {}),
        },
      ]),
    ),
  );

export const packageCommands: CommandTable = commandsOf(nodePackages);
