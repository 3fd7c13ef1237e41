import { readFileSync, rmSync } from "node:fs";
import { isStack } from "../core/urn";
import { isObject, mapProps, SECRET_SIG, SIG, type Props } from "../core/values";
import { UserError } from "../errors";
import type { Command } from "../main";
import { emptyDeployment, type UpdateRecord } from "../store/backend";
import { writeAtomically } from "../store/files";
import { takeLock } from "../store/lock";
import {
  hideSecrets,
  showSecrets,
  verifyIntegrity,
  type Deployment,
  type StoredResource,
} from "../store/serialize";
import { saltOf } from "../store/serialize";
import { selectedStack, selectStack, shortStackName } from "../store/workspace";
import { expectPositional } from "./args";
import { requireYes } from "./misc";
import type { Session } from "./session";

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const stdin = (): string => readFileSync(0, "utf8");

export const commands: Command[] = [
  {
    name: "stack",
    flags: { flags: { "show-urns": "boolean", "show-ids": "boolean", "show-name": "boolean" } },
    run: show,
  },
  {
    name: "stack init",
    flags: { flags: { "secrets-provider": "string", "no-select": "boolean" } },
    run: init,
  },
  {
    name: "stack select",
    flags: { flags: { create: "boolean", "secrets-provider": "string" }, short: { c: "create" } },
    run: select,
  },
  {
    name: "stack ls",
    flags: { flags: { json: "boolean" }, short: { j: "json" } },
    run: list,
  },
  {
    name: "stack rm",
    flags: {
      flags: { yes: "boolean", force: "boolean", "preserve-config": "boolean", "remove-backups": "boolean" },
      short: { y: "yes", f: "force" },
    },
    run: remove,
  },
  { name: "stack export", flags: { flags: { file: "string", "show-secrets": "boolean" } }, run: exportState },
  {
    name: "stack import",
    flags: {
      flags: { file: "string", force: "boolean", "disable-integrity-checking": "boolean" },
      short: { f: "force" },
    },
    run: importState,
  },
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

async function show(session: Session): Promise<void> {
  const [word] = session.args.positional;
  if (word !== undefined) throw new UserError(`unknown command "${word}" for "pulumi stack"`);
  const stack = session.stack;
  if (session.args.flag("show-name")) return print(stack);
  const resources = session.backend.read(stack)?.resources ?? [];
  print(
    `Current stack is ${stack}:\n    Managed by the file backend ${session.backend.url}\nCurrent stack resources (${resources.length}):`,
  );
  for (const r of resources)
    print(
      [
        `    ${r.type}  ${r.urn.split("::").at(-1)}`,
        ...(session.args.flag("show-urns") ? [`        URN: ${r.urn}`] : []),
        ...(session.args.flag("show-ids") && typeof r["id"] === "string" ? [`        ID: ${r["id"]}`] : []),
      ].join("\n"),
    );
}

async function init(session: Session): Promise<void> {
  expectPositional(session.args, "stack init", 0, 1);
  const named = session.args.positional[0] ?? session.args.text("stack");
  if (!named) throw new UserError("missing stack name");
  refuseOtherSecretsProvider(session);
  const stack = shortStackName(named);
  if (session.backend.exists(stack)) {
    throw new UserError(`stack 'organization/${session.project.name}/${stack}' already exists`);
  }
  // Verified, or made, before anything is written.
  await session.crypter(stack, session.config(stack), undefined);
  session.backend.create(stack);
  if (!session.args.flag("no-select")) selectStack(session.project, stack);
  print(`Created stack '${stack}'`);
}

function refuseOtherSecretsProvider(session: Session): void {
  const provider = session.args.text("secrets-provider") ?? "passphrase";
  if (provider !== "passphrase" && provider !== "default") {
    throw new UserError(`unknown secrets provider type '${provider}': this engine supports passphrase only`);
  }
}

async function select(session: Session): Promise<void> {
  expectPositional(session.args, "stack select", 0, 1);
  const named = session.args.positional[0] ?? session.args.text("stack");
  if (!named) throw new UserError("no stack was named: this engine does not ask");
  refuseOtherSecretsProvider(session);
  const stack = shortStackName(named);
  if (!session.backend.exists(stack)) {
    if (!session.args.flag("create")) throw new UserError(`no stack named '${stack}' found`);
    await session.crypter(stack, session.config(stack), undefined);
    session.backend.create(stack);
  }
  selectStack(session.project, stack);
}

async function list(session: Session): Promise<void> {
  expectPositional(session.args, "stack ls", 0);
  const selected = selectedStack(session.project);
  const rows = session.backend.list().map((name) => {
    const [last] = session.backend.history(name);
    return {
      name,
      current: name === selected,
      ...(last ? { lastUpdate: new Date(last.endTime * 1000).toISOString() } : {}),
      updateInProgress: false,
      resourceCount: session.backend.read(name)?.resources?.length ?? 0,
    };
  });
  if (session.args.flag("json")) return print(JSON.stringify(rows, null, 4));
  print(`${"NAME".padEnd(24)}${"LAST UPDATE".padEnd(28)}RESOURCE COUNT`);
  for (const row of rows) {
    print(
      `${(row.current ? `${row.name}*` : row.name).padEnd(24)}${(row.lastUpdate ?? "n/a").padEnd(28)}${row.resourceCount}`,
    );
  }
}

async function remove(session: Session): Promise<void> {
  expectPositional(session.args, "stack rm", 0, 1);
  const [named] = session.args.positional;
  const stack = named ? shortStackName(named) : session.stack;
  const resources = session.backend.read(stack)?.resources ?? [];
  if (resources.length > 0 && !session.args.flag("force")) {
    throw new UserError(
      `'${stack}' still has resources; removal rejected. Possible actions:\n` +
        "- Make sure that the stack is not managing any resources before destroying it\n" +
        "- Force delete the stack with `pulumi stack rm --force`",
    );
  }
  requireYes(session.args.flag("yes"), "stack rm");
  const lock = takeLock(session.backend, stack, warn);
  try {
    session.backend.remove(stack, session.args.flag("remove-backups"));
  } finally {
    lock.release();
  }
  if (!session.args.flag("preserve-config")) rmSync(session.config(stack).path, { force: true });
  if (selectedStack(session.project) === stack) selectStack(session.project, undefined);
  print(`Stack '${stack}' has been removed!`);
}

async function exportState(session: Session): Promise<void> {
  expectPositional(session.args, "stack export", 0);
  const stack = session.stack;
  let deployment = session.backend.read(stack) ?? emptyDeployment(undefined);
  if (session.args.flag("show-secrets")) {
    deployment = showSecrets(deployment, await session.crypter(stack, session.config(stack), deployment));
  }
  const text = `${JSON.stringify({ version: 3, deployment }, null, 4)}\n`;
  const file = session.args.text("file");
  if (file) writeAtomically(file, text, 0o600);
  else process.stdout.write(text);
}

async function importState(session: Session): Promise<void> {
  expectPositional(session.args, "stack import", 0);
  const stack = session.stack;
  const file = session.args.text("file");
  let parsed: { version?: number; deployment?: Deployment };
  try {
    parsed = JSON.parse(file ? readFileSync(file, "utf8") : stdin()) as typeof parsed;
  } catch (error) {
    throw new UserError(`could not read deployment: ${(error as Error).message}`);
  }
  if (parsed.version !== 3 || !parsed.deployment) {
    throw new UserError(`the deployment's version ${String(parsed.version)} is not supported, only 3 is`);
  }
  const resources = parsed.deployment.resources ?? [];
  const foreign = resources.filter((r) => r.urn.split("::")[0] !== `urn:pulumi:${stack}`);
  if (!session.args.flag("force")) {
    for (const r of foreign.slice(0, 1)) {
      throw new UserError(
        `resource '${r.urn}' is from a different stack (${r.urn.split("::")[0]?.split(":")[2]} != ${stack})`,
      );
    }
    if (!session.args.flag("disable-integrity-checking")) verifyIntegrity(resources);
  }
  const config = session.config(stack);
  let deployment = parsed.deployment;
  if (JSON.stringify(deployment).includes('"plaintext"')) {
    const crypter = await session.crypter(stack, config, session.backend.read(stack));
    deployment = { ...hideSecrets(deployment, crypter), secrets_providers: saltOf(crypter.salt) };
  }
  const lock = takeLock(session.backend, stack, warn);
  try {
    session.backend.write(stack, deployment);
  } finally {
    lock.release();
  }
  print("Import complete.");
}

async function output(session: Session): Promise<void> {
  expectPositional(session.args, "stack output", 0, 1);
  const stack = session.stack;
  let deployment = session.backend.read(stack);
  if (deployment && session.args.flag("show-secrets")) {
    deployment = showSecrets(deployment, await session.crypter(stack, session.config(stack), deployment));
  }
  const outputs = openOutputs(deployment?.resources ?? []);
  const [name] = session.args.positional;
  if (name !== undefined) {
    if (!(name in outputs)) throw new UserError(`current stack does not have output property '${name}'`);
    const value = outputs[name] ?? null;
    return print(session.args.flag("json") || typeof value !== "string" ? JSON.stringify(value) : value);
  }
  if (session.args.flag("json")) return print(JSON.stringify(outputs, null, 2));
  if (session.args.flag("shell")) {
    for (const [k, v] of Object.entries(outputs))
      print(`${k}='${String(typeof v === "string" ? v : JSON.stringify(v)).replace(/'/g, "'\\''")}'`);
    return;
  }
  print(`Current stack outputs (${Object.keys(outputs).length}):`);
  for (const [k, v] of Object.entries(outputs))
    print(`    ${k.padEnd(20)} ${typeof v === "string" ? v : JSON.stringify(v)}`);
}

/** Secrets that are still closed show as `[secret]`. */
function openOutputs(resources: StoredResource[]): Props {
  const stack = resources.find((r) => isStack(r.urn));
  return mapProps((stack?.["outputs"] ?? {}) as Props, (e) => {
    if (!isObject(e) || e[SIG] !== SECRET_SIG) return undefined;
    return typeof e["plaintext"] === "string" ? (JSON.parse(e["plaintext"]) as Props[string]) : "[secret]";
  });
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
    return print(JSON.stringify(dated, null, 4));
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

const warn = (message: string): void => void process.stderr.write(`warning: ${message}\n`);
