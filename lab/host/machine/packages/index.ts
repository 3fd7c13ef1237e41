/** All packages that the repositories of the lab's network have, and the commands they bring. */
import type { CommandTable, Host } from "../../types";
import { base } from "./base";
import { kernels } from "./kernels";
import { nvidia } from "./nvidia";
import { sharing } from "./sharing";
import type { Catalogue, Package } from "./types";

export const catalogue: Catalogue = { ...base, ...kernels, ...sharing, ...nvidia };

/** A package by name. */
export function find(name: string): Package | undefined {
  return Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
}

/** Stand-ins of every package, to be served; whether they can be called is a matter of installation. */
export const packageCommands: CommandTable = Object.fromEntries(
  Object.values(catalogue).flatMap(({ commands = {} }) =>
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
