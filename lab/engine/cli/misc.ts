import { hostname, userInfo } from "node:os";
import { UserError } from "../errors";
import { removeLocks } from "../store/lock";
import { backendFolder, backendUrl, saveLogin, shortStackName } from "../store/workspace";
import { VERSION } from "../version";
import { expectPositional, GLOBAL } from "./args";
import type { Command } from "./command";
import { print, printJson } from "./print";

export const commands: Command[] = [
  {
    name: "version",
    flags: { flags: {} },
    run: async () => print(VERSION),
  },
  {
    name: "whoami",
    flags: { flags: { json: "boolean", verbose: "boolean" }, short: { j: "json", v: "verbose" } },
    run: async (session) => {
      const user = userInfo().username;
      const url = backendUrl(tryProject(() => session.project));
      if (session.args.flag("json")) printJson({ user, url });
      else print(session.args.flag("verbose") ? `User: ${user}\nBackend URL: ${url}` : user);
    },
  },
  {
    name: "login",
    flags: { flags: { local: "boolean", "cloud-url": "string" }, short: { l: "local", c: "cloud-url" } },
    run: async (session) => {
      expectPositional(session.args, "login", 0, 1);
      const local = session.args.flag("local") ? "file://~" : undefined;
      if (local && session.args.positional[0])
        throw new UserError("a URL may not be specified when --local mode is enabled");
      const url =
        session.args.positional[0] ??
        session.args.text("cloud-url") ??
        local ??
        process.env["PULUMI_BACKEND_URL"];
      if (!url)
        throw new UserError(
          "only file backends are supported: `pulumi login file://<folder>` or `pulumi login --local`",
        );
      backendFolder(url, session.cwd);
      saveLogin(url);
      print(`Logged in to ${hostname()} as ${userInfo().username} (${url})`);
    },
  },
  {
    name: "logout",
    flags: { flags: { all: "boolean", local: "boolean" }, short: { l: "local" } },
    run: async () => {
      saveLogin(undefined);
      print("Logged out");
    },
  },
  {
    name: "cancel",
    flags: { flags: { yes: "boolean" }, short: { y: "yes" } },
    run: async (session) => {
      expectPositional(session.args, "cancel", 0, 1);
      const [named] = session.args.positional;
      const stack = named ? shortStackName(named) : session.stack;
      removeLocks(session.backend, stack);
      print(`The currently running update for '${stack}' has been canceled!`);
    },
  },
  {
    name: "about",
    flags: { flags: {} },
    run: async () =>
      print(`CLI\nVersion      ${VERSION.slice(1)} (the lab's engine)\nNode.js      ${process.version}`),
  },
  {
    name: "install",
    flags: { flags: {} },
    run: async () => {
      throw new UserError(
        "`pulumi install` is not supported by this engine: install the project's packages with npm",
      );
    },
  },
  {
    name: "plugin",
    flags: { flags: {} },
    run: async () => {
      throw new UserError(
        "`pulumi plugin` is not supported by this engine: plugins are found on PATH and beside the engine",
      );
    },
  },
  {
    name: "help",
    flags: { flags: {} },
    run: async () => print(HELP),
  },
];

/** Without a terminal to ask at, what cannot be undone needs `--yes`. */
export function requireYes(yes: boolean): void {
  if (yes || skipsConfirmations()) return;
  throw new UserError("non-interactive mode requires --yes flag");
}

export function skipsConfirmations(): boolean {
  return ["true", "1"].includes(process.env["PULUMI_SKIP_CONFIRMATIONS"] ?? "");
}

function tryProject<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}

const HELP = `The lab's stand-in for Pulumi's engine: state in files, Node.js programs, plugins from PATH.

Usage: pulumi [command] [flags]

  up, preview, refresh, destroy      make, plan, look again at, remove the resources of a stack
  stack init|select|ls|rm|export|import|output|history|rename
  stack tag ls|get|set|rm
  config [get|set|set-all|rm|rm-all]
  state delete|unprotect|protect
  cancel                             remove the lock of an update
  login, logout, whoami, version, about

Flags of every command: -C/--cwd, -s/--stack, --config-file, --non-interactive, --color.
\`pulumi <command> --help\` lists those of one command. What is not listed is refused by name.`;

export function commandHelp(command: Command): string {
  const line = ([name, kind]: [string, string]): string =>
    `  --${name}${kind === "boolean" ? "" : " <value>"}\n`;
  const own = Object.entries(command.flags.flags).map(line).join("");
  const global = Object.entries(GLOBAL.flags).map(line).join("");
  return `Usage: pulumi ${command.name} [flags]\n\n${own ? `Flags:\n${own}\n` : ""}Global flags:\n${global}`;
}
