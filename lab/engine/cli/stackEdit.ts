import { existsSync, renameSync } from "node:fs";
import { UserError } from "../errors";
import { takeLock } from "../store/lock";
import { renameInDeployment } from "../store/rename";
import { selectedStack, selectStack, shortStackName } from "../store/workspace";
import { expectPositional } from "./args";
import type { Command } from "./command";
import { print, printJson, table, warn } from "./print";
import type { Session } from "./session";

export const commands: Command[] = [
  { name: "stack rename", flags: { flags: {} }, run: rename },
  {
    name: "stack tag",
    flags: { flags: { json: "boolean" }, short: { j: "json" } },
    run: tag,
  },
];

/** Moves state, history, backups, tags, configuration and selection; the name in every URN changes with them. */
async function rename(session: Session): Promise<void> {
  expectPositional(session.args, "stack rename", 1);
  const { backend, project, stack } = session;
  const to = shortStackName(session.args.positional[0] ?? "");
  if (backend.exists(to)) throw new UserError(`a stack named ${to} already exists`);
  const [from, next] = [session.config(stack).path, session.config(to).path];
  if (from !== next && existsSync(next))
    throw new UserError(`cannot rename stack '${stack}' to '${to}': ${next} already exists`);
  const lock = takeLock(backend, stack, warn);
  try {
    const deployment = backend.read(stack);
    if (deployment) {
      if (deployment.pending_operations?.length)
        throw new UserError(`cannot rename stack '${stack}': it has pending operations`);
      // What stands on the old name's URNs in the new file is rewritten before the old one goes.
      backend.rename(stack, to, renameInDeployment(deployment, project.name, stack, to));
    } else backend.rename(stack, to, undefined);
  } finally {
    lock.release();
  }
  if (from !== next && existsSync(from)) renameSync(from, next);
  if (selectedStack(project) === stack) selectStack(project, to);
  print(`Renamed ${stack} to ${to}`);
}

async function tag(session: Session): Promise<void> {
  const [verb, name, value] = session.args.positional;
  const { backend, stack } = session;
  const tags = backend.tags(stack);
  const counts: Record<string, number> = { ls: 1, get: 2, set: 3, rm: 2 };
  const count = counts[verb ?? ""];
  if (!verb || count === undefined)
    throw new UserError(`unknown command "${verb ?? ""}" for "pulumi stack tag": ls, get, set or rm`);
  if (session.args.has("json") && verb !== "ls")
    throw new UserError(`unknown flag: --json (for \`pulumi stack tag ${verb}\`)`);
  if (session.args.positional.length !== count) {
    throw new UserError(
      `\`pulumi stack tag ${verb}\` takes ${count - 1} argument(s), got ${session.args.positional.length - 1}`,
    );
  }
  if (verb === "ls") return listTags(tags, session.args.flag("json"));
  const key = name ?? "";
  if (verb === "set") return backend.saveTags(stack, { ...tags, [key]: value ?? "" });
  if (verb === "rm")
    return backend.saveTags(stack, Object.fromEntries(Object.entries(tags).filter(([k]) => k !== key)));
  const found = tags[key];
  if (found === undefined) throw new UserError(`stack tag '${key}' not found for stack '${stack}'`);
  print(found);
}

function listTags(tags: Record<string, string>, json: boolean): void {
  const sorted = Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1));
  if (json) return printJson(Object.fromEntries(sorted));
  print(table(["NAME", "VALUE"], sorted));
}
