/** Makes real programs of the host ask the daemon before they run, while a fault waits for one of them. */
import { existsSync, lstatSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { rootPath } from "../machine/environment";
import { Mistake } from "../machine/mistake";
import type { Command, CommandTable, Host } from "../types";
import type { Effect, FaultBook } from "./book";
import { beforeCommand } from "./hooks";
import type { Fault } from "./types";

/** First in root's PATH, and empty on a node. */
const front = "/usr/local/sbin";

/** The programs that a fault's pattern names at its start, such as `useradd` in `^(useradd|usermod) .*`. */
function programs(fault: Fault): string[] {
  const head = /^\^?\(?([\w.+|-]+)/.exec(fault.kind === "command" ? (fault.match ?? "") : "")?.[1];
  return (head ?? "").split("|").filter((name) => name !== "");
}

const realProgram = (host: Host, name: string): string | undefined =>
  rootPath
    .split(":")
    .filter((folder) => folder !== front)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(join(host.root, path)));

/**
 * A link to the stand-ins' client in front of a program that is none, and an entry of the table that lets the
 * program run when no fault strikes.
 */
export function interceptCommand(host: Host, commands: CommandTable, book: () => FaultBook): Effect {
  const standIns = new Set(Object.keys(commands));
  const pass: Command = async (_host, { name, args }) =>
    (await beforeCommand(host, book(), name, args)) ?? { exec: [realProgram(host, name) ?? name, ...args] };
  const isLink = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return {
    begin: async (fault) => {
      const names = programs(fault);
      if (names.length === 0)
        throw new Mistake(
          "the pattern of a command begins with the command's name, such as '^apt-get install'",
        );
      for (const name of names) {
        if (standIns.has(name)) continue;
        if (realProgram(host, name) === undefined) throw new Mistake(`the host has no command ${name}`);
        const link = join(host.root, front, name);
        if (!isLink(link)) symlinkSync("/usr/lib/phoenix-lab/client", link);
        commands[name] = { run: pass };
      }
    },
    end: async (fault) => {
      for (const name of programs(fault)) {
        const link = join(host.root, front, name);
        if (!standIns.has(name) && isLink(link)) rmSync(link);
      }
    },
  };
}
