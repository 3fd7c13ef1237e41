/** From a verb, a path and values to a method's answer: shared by the API and `pvesh`. */
import { permissionsOf } from "../access/permissions";
import type { Context, Method } from "../context";
import { PveError } from "../errors";
import { verify } from "../schema/verify";
import { startTask } from "../task/tasks";
import type { Host } from "../../types";

/** Values of the {names} in a path, or undefined when it is another path. */
export function matchPath(template: string, path: string): Record<string, string> | undefined {
  const wanted = template.split("/").filter(Boolean);
  const given = path.split("/").filter(Boolean);
  // A volume's name has slashes of its own: at the end of a path it takes the rest.
  if (wanted.at(-1) === "{volume}" && given.length > wanted.length)
    given.push(given.splice(wanted.length - 1).join("/"));
  if (wanted.length !== given.length) return undefined;
  const values: Record<string, string> = {};
  for (const [n, part] of wanted.entries()) {
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    const text = given[n] ?? "";
    if (name === undefined ? part !== text : text === "") return undefined;
    if (name !== undefined) values[name] = text;
  }
  return values;
}

/** The method of a verb and path; fixed parts win over {names}. */
export function findMethod(
  methods: readonly Method[],
  verb: string,
  path: string,
): { method: Method; values: Record<string, string> } | undefined {
  const names = (method: Method) => (method.path.match(/\{/g) ?? []).length;
  const found = methods
    .filter((method) => method.method === verb)
    .map((method) => ({ method, values: matchPath(method.path, path) }))
    .filter(
      (entry): entry is { method: Method; values: Record<string, string> } => entry.values !== undefined,
    );
  return found.sort((a, b) => names(a.method) - names(b.method))[0];
}

/** A caller whose tasks run in the background. */
export function backgroundContext(host: Host, user: string): Context {
  return {
    host,
    user,
    permissions: permissionsOf(host, user),
    cli: false,
    print: () => undefined,
    warn: () => undefined,
    fork: async (type, id, work) => startTask(host, type, id, user, work).upid,
  };
}

/** Verifies values, asks for permission, runs the method. */
export async function callMethod(
  context: Context,
  method: Method,
  given: Record<string, string>,
): Promise<unknown> {
  const { host } = context;
  const values = verify(method.parameters, given, host.release);
  if (values["node"] !== undefined && values["node"] !== host.node && values["node"] !== "localhost")
    throw new PveError(
      `hostname lookup '${values["node"]}' failed - failed to get address info for: ${values["node"]}: Name or service not known`,
    );
  method.permission?.(context.permissions, values);
  return method.run(context, values);
}
