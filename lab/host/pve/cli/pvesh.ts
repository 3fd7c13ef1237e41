/** `pvesh`: the API from the node's command line. */
import { callMethod, findMethod } from "../api/dispatch";
import { methodsOf } from "../api/registry";
import type { Method } from "../context";
import { messageOf, ParameterError, PveError, UsageError } from "../errors";
import { parseArguments } from "../schema/command-line";
import { verify } from "../schema/verify";
import { startTask } from "../task/tasks";
import type { Answer, Call, Host } from "../../types";
import { contextOf, type Output, tellWarnings } from "./command";
import { formatOptions, formatResult } from "./format";

const VERBS: Record<string, Method["method"]> = { get: "GET", set: "PUT", create: "POST", delete: "DELETE" };

/** Names directly below a path. */
function children(host: Host, path: string): string[] {
  const depth = path.split("/").filter(Boolean).length;
  const names = methodsOf(host.release)
    .all.map((method) => method.path.split("/").filter(Boolean))
    .filter((parts) => parts.length > depth && findParent(parts.slice(0, depth), path))
    .map((parts) => parts[depth] ?? "");
  return [...new Set(names)].filter((name) => !name.startsWith("{")).sort();
}

function findParent(parts: string[], path: string): boolean {
  const given = path.split("/").filter(Boolean);
  return parts.every((part, n) => part.startsWith("{") || part === given[n]);
}

async function call(host: Host, request: Call, output: Output): Promise<void> {
  const [verb = "", path = "", ...args] = request.args;
  const method = VERBS[verb];
  if (verb === "ls") {
    for (const name of children(host, path)) output.stdout += `Dr---        ${name}\n`;
    return;
  }
  if (method === undefined) throw new PveError(`ERROR: unknown command 'pvesh ${verb}'`);
  if (!path.startsWith("/")) throw new UsageError("not enough arguments");
  const found = findMethod(methodsOf(host.release).all, method, path);
  if (!found) throw new PveError(`No '${verb}' handler defined for '${path}'`);
  const context = contextOf(host, request, output);
  // A task that fails is told about, and its UPID is printed all the same.
  context.fork = async (type, id, work) => {
    const { upid, finished } = startTask(host, type, id, "root@pam", work, (line) => context.print(line));
    await finished.then(
      (warnings) => tellWarnings(context, warnings),
      (error: unknown) => context.warn(messageOf(error)),
    );
    return upid;
  };
  const given = parseArguments({ ...found.method.parameters, ...formatOptions }, [], args);
  const isFormat = (key: string) => key in formatOptions && !(key in found.method.parameters);
  const pick = (format: boolean) =>
    Object.fromEntries(Object.entries(given).filter(([key]) => isFormat(key) === format));
  const format = verify(formatOptions, pick(true), host.release);
  const result = await callMethod(context, found.method, { ...pick(false), ...found.values });
  const text = result === null || result === undefined ? "" : formatResult(result, format);
  if (text !== "") context.print(text);
}

export async function pvesh(host: Host, request: Call): Promise<Answer> {
  const output: Output = { stdout: "", stderr: "" };
  try {
    await call(host, request, output);
    return { code: 0, ...output };
  } catch (error) {
    if (!(error instanceof PveError)) throw error;
    if (error instanceof UsageError) for (const warning of error.warnings) output.stderr += `${warning}\n`;
    output.stderr += `${messageOf(error)}\n`;
    if (error instanceof ParameterError || error instanceof UsageError)
      output.stderr += `\npvesh ${request.args[0] ?? ""} <api_path> [OPTIONS] [FORMAT_OPTIONS]\n`;
    return { code: 255, ...output };
  }
}
