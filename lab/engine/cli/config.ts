import { readFileSync } from "node:fs";
import { parsePath, type Path } from "../core/paths";
import { UserError } from "../errors";
import type { Crypter } from "../store/secrets";
import type { ConfigNode, StackConfig } from "../store/stackConfig";
import { expectPositional } from "./args";
import type { Command } from "./command";
import { print, printJson, table } from "./print";
import type { Session } from "./session";

export const commands: Command[] = [
  {
    name: "config",
    flags: { flags: { json: "boolean", "show-secrets": "boolean" }, short: { j: "json" } },
    run: list,
  },
  {
    name: "config get",
    flags: { flags: { json: "boolean", path: "boolean" }, short: { j: "json" } },
    run: get,
  },
  {
    name: "config set",
    flags: { flags: { secret: "boolean", plaintext: "boolean", path: "boolean", type: "string" } },
    run: set,
  },
  {
    name: "config set-all",
    flags: { flags: { secret: "list", plaintext: "list", path: "boolean", json: "string" } },
    run: setAll,
  },
  { name: "config rm", flags: { flags: { path: "boolean" } }, run: remove },
  { name: "config rm-all", flags: { flags: { path: "boolean" } }, run: removeAll },
];

interface Opened {
  config: StackConfig;
  crypter: () => Promise<Crypter>;
}

function open(session: Session): Opened {
  const stack = session.stack;
  const config = session.config(stack);
  return { config, crypter: () => session.crypter(stack, config, session.backend.read(stack)) };
}

async function list(session: Session): Promise<void> {
  if (session.args.positional.length > 0) {
    throw new UserError(`unknown command "${session.args.positional[0]}" for "pulumi config"`);
  }
  const { config, crypter } = open(session);
  const show = session.args.flag("show-secrets");
  const values = config.all(show && config.hasSecrets() ? await crypter() : undefined);
  if (session.args.flag("json")) {
    const rows = [...values].map(([key, v]) => {
      const hidden = v.secret && !show;
      const object = v.structured && !hidden ? { objectValue: JSON.parse(v.value) as unknown } : {};
      return [key, { ...(hidden ? {} : { value: v.value }), ...object, secret: v.secret }];
    });
    return printJson(Object.fromEntries(rows));
  }
  const own = `${session.project.name}:`;
  const rows = [...values].map(([key, v]) => [key.startsWith(own) ? key.slice(own.length) : key, v.value]);
  print(table(["KEY", "VALUE"], rows));
}

/** With --path the first part of the path is the key. */
function locate(config: StackConfig, name: string, usePath: boolean): { key: string; path: Path } {
  if (!usePath) return { key: config.key(name), path: [] };
  const at = name.lastIndexOf(":");
  let path: Path;
  try {
    path = parsePath(name.slice(at + 1));
  } catch {
    throw new UserError(`invalid configuration key path: ${name}`);
  }
  return { key: config.key(name.slice(0, at + 1) + String(path[0])), path: path.slice(1) };
}

async function get(session: Session): Promise<void> {
  expectPositional(session.args, "config get", 1);
  const { config, crypter } = open(session);
  const name = session.args.positional[0] ?? "";
  const { key, path } = locate(config, name, session.args.flag("path"));
  const needsKey = config.all().get(key)?.secret === true;
  const found = config.all(needsKey ? await crypter() : undefined).get(key);
  let value: unknown = found && (found.structured || path.length > 0 ? parse(found.value) : found.value);
  for (const part of path) value = (value as Record<string | number, unknown> | undefined)?.[part];
  if (!found || value === undefined)
    throw new UserError(`configuration key '${name}' not found for stack '${session.stack}'`);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (!session.args.flag("json")) return print(text);
  const object = typeof value === "object" ? { objectValue: value } : {};
  printJson({ value: text, ...object, secret: found.secret });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

async function set(session: Session): Promise<void> {
  expectPositional(session.args, "config set", 1, 2);
  const opened = open(session);
  const [name = "", given] = session.args.positional;
  const value = given ?? readFileSync(0, "utf8").replace(/\r?\n$/, "");
  await assign(
    opened,
    name,
    value,
    session.args.flag("secret"),
    session.args.flag("path"),
    session.args.text("type"),
  );
  opened.config.save();
}

async function assign(
  o: Opened,
  name: string,
  value: string,
  secret: boolean,
  usePath: boolean,
  type?: string,
): Promise<void> {
  const { key, path } = locate(o.config, name, usePath);
  const node = secret ? { secure: (await o.crypter()).encrypt(value) } : plainNode(value, usePath, type);
  o.config.set(key, path, node);
}

/** Text, unless --path (as in Pulumi) or --type says that it is a number or a boolean. */
function plainNode(value: string, usePath: boolean, type: string | undefined): ConfigNode {
  if (type !== undefined && !["string", "int", "float", "bool"].includes(type)) {
    throw new UserError(`invalid value for --type: ${type} (string, int, float or bool)`);
  }
  const number = type === "int" || type === "float" || (usePath && /^(0|-?[1-9]\d*)$/.test(value));
  if (type !== "string" && number) {
    if (Number.isNaN(Number(value))) throw new UserError(`invalid value for --type=${type}: ${value}`);
    return Number(value);
  }
  const boolean =
    type === "bool" || (usePath && type === undefined && (value === "true" || value === "false"));
  if (boolean && value !== "true" && value !== "false")
    throw new UserError(`invalid value for --type=bool: ${value}`);
  return boolean ? value === "true" : value;
}

async function setAll(session: Session): Promise<void> {
  expectPositional(session.args, "config set-all", 0);
  if (session.args.has("json"))
    throw new UserError("`pulumi config set-all --json` is not supported by this engine");
  const opened = open(session);
  for (const [flag, secret] of [
    ["plaintext", false],
    ["secret", true],
  ] as const) {
    for (const pair of session.args.list(flag)) {
      const at = pair.indexOf("=");
      if (at < 0) throw new UserError("config value must be in the form [key]=[value]");
      await assign(opened, pair.slice(0, at), pair.slice(at + 1), secret, session.args.flag("path"));
    }
  }
  opened.config.save();
}

async function remove(session: Session): Promise<void> {
  expectPositional(session.args, "config rm", 1);
  drop(session, session.args.positional);
}

async function removeAll(session: Session): Promise<void> {
  expectPositional(session.args, "config rm-all", 1, Infinity);
  drop(session, session.args.positional);
}

function drop(session: Session, names: string[]): void {
  const { config } = open(session);
  for (const name of names) {
    const { key, path } = locate(config, name, session.args.flag("path"));
    config.remove(key, path);
  }
  config.save();
}
