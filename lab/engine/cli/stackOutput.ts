import { isStack } from "../core/urn";
import { isObject, mapProps, SECRET_SIG, SIG, type Props, type Value } from "../core/values";
import { UserError } from "../errors";
import type { UpdateRecord } from "../store/backend";
import { showSecrets, type StoredResource } from "../store/serialize";
import { expectPositional } from "./args";
import type { Command } from "./command";
import { print, printJson, table } from "./print";
import type { Session } from "./session";

export const commands: Command[] = [
  {
    name: "stack output",
    flags: { flags: { json: "boolean", "show-secrets": "boolean", shell: "boolean" }, short: { j: "json" } },
    run: output,
  },
  {
    name: "stack history",
    flags: {
      flags: {
        json: "boolean",
        "show-secrets": "boolean",
        "page-size": "string",
        page: "string",
      },
      short: { j: "json" },
    },
    run: history,
  },
];

async function output(session: Session): Promise<void> {
  expectPositional(session.args, "stack output", 0, 1);
  const stack = session.stack;
  let deployment = session.backend.read(stack);
  if (deployment && session.args.flag("show-secrets")) {
    deployment = showSecrets(deployment, await session.crypter(stack, session.config(stack), deployment));
  }
  const outputs = openOutputs(deployment?.resources ?? []);
  if (session.args.flag("json") && session.args.flag("shell"))
    throw new UserError("only one of --json and --shell may be set");
  const [name] = session.args.positional;
  if (name !== undefined) {
    if (!(name in outputs)) throw new UserError(`current stack does not have output property '${name}'`);
    const value = outputs[name] ?? null;
    return session.args.flag("json") ? printJson(value) : print(cell(value));
  }
  if (session.args.flag("json")) return printJson(outputs);
  if (session.args.flag("shell")) {
    for (const [k, v] of Object.entries(outputs)) print(`${k}='${cell(v).replace(/'/g, "'\\''")}'`);
    return;
  }
  print(outputsText(outputs));
}

const cell = (value: Value): string => (typeof value === "string" ? value : JSON.stringify(value));

/** The table that `stack` and `stack output` show. */
export function outputsText(outputs: Props): string {
  const rows = Object.entries(outputs).map(([k, v]) => [k, cell(v)]);
  const body = rows.length
    ? table(["OUTPUT", "VALUE"], rows, "    ")
    : "    No output values currently in this stack";
  return `Current stack outputs (${rows.length}):\n${body}`;
}

/** Secrets that are still closed show as `[secret]`. */
export function openOutputs(resources: StoredResource[]): Props {
  const stack = resources.find((r) => isStack(r.urn));
  const opened = mapProps((stack?.["outputs"] ?? {}) as Props, (e) => {
    if (!isObject(e) || e[SIG] !== SECRET_SIG) return undefined;
    return typeof e["plaintext"] === "string" ? (JSON.parse(e["plaintext"]) as Props[string]) : "[secret]";
  });
  return Object.fromEntries(Object.entries(opened).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function history(session: Session): Promise<void> {
  expectPositional(session.args, "stack history", 0);
  const size = Number(session.args.text("page-size") ?? 0);
  const page = Number(session.args.text("page") ?? 1);
  const all = session.backend.history(session.stack);
  const paged = size > 0 ? all.slice((page - 1) * size, page * size) : all;
  const shown = session.args.flag("show-secrets") ? await opened(session, paged) : paged.map(closed);
  if (session.args.flag("json")) {
    const dated = shown.map((u) => ({
      ...u,
      startTime: new Date(u.startTime * 1000).toISOString(),
      endTime: new Date(u.endTime * 1000).toISOString(),
    }));
    return printJson(dated);
  }
  for (const u of shown)
    print(`Version: ${u.version}\nUpdateKind: ${u.kind}\nStatus: ${u.result}\nMessage: ${u.message}\n`);
}

const closed = (u: UpdateRecord): UpdateRecord => withConfig(u, () => "[secret]");

async function opened(session: Session, updates: UpdateRecord[]): Promise<UpdateRecord[]> {
  if (!updates.some((u) => Object.values(u.config).some((v) => v.secret))) return updates;
  const { stack } = session;
  const crypter = await session.crypter(stack, session.config(stack), session.backend.read(stack));
  return updates.map((u) => withConfig(u, (text) => crypter.decrypt(text)));
}

function withConfig(u: UpdateRecord, change: (value: string) => string): UpdateRecord {
  const config = Object.entries(u.config).map(([key, v]) => [
    key,
    v.secret ? { ...v, value: change(v.value) } : v,
  ]);
  return { ...u, config: Object.fromEntries(config) as UpdateRecord["config"] };
}
