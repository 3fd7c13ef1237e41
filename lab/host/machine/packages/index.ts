/**
 * All packages that the repositories of the lab's network have, and the commands they bring.
 * A container has packages of its own: they take the place of the node's while one of its commands runs.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { CommandTable, Host } from "../../types";
import { base } from "./base";
import { kernels } from "./kernels";
import { nvidia } from "./nvidia";
import { sharing } from "./sharing";
import type { Catalogue, Package } from "./types";

const node: Catalogue = { ...base, ...kernels, ...sharing, ...nvidia };
const scope = new AsyncLocalStorage<Catalogue>();

/** Runs `work` with other packages than the node's. */
export const withCatalogue = <T>(other: Catalogue, work: () => T): T => scope.run(other, work);

const current = (): Catalogue => scope.getStore() ?? node;

/** The packages of whoever is asked for at the moment. */
export const catalogue: Catalogue = new Proxy<Catalogue>(
  {},
  {
    get: (_, name) => Reflect.get(current(), name) as unknown,
    has: (_, name) => Reflect.has(current(), name),
    ownKeys: () => Reflect.ownKeys(current()),
    getOwnPropertyDescriptor: (_, name) => Reflect.getOwnPropertyDescriptor(current(), name),
  },
);

/** A package by name. */
export function find(name: string): Package | undefined {
  return Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
}

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

export const packageCommands: CommandTable = commandsOf(node);
