import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { stackNotFound, UserError } from "../errors";
import { emptyDeployment } from "../store/backend";
import { writeAtomically } from "../store/files";
import { takeLock } from "../store/lock";
import { hideSecrets, saltOf, showSecrets, verifyIntegrity, type Deployment } from "../store/serialize";
import { selectedStack, selectStack, shortStackName } from "../store/workspace";
import { expectPositional } from "./args";
import type { Command } from "./command";
import { requireYes } from "./misc";
import { ago, print, printJson, table, warn } from "./print";
import type { Session } from "./session";
import { openOutputs, outputsText } from "./stackOutput";

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
];

async function show(session: Session): Promise<void> {
  const [word] = session.args.positional;
  if (word !== undefined) throw new UserError(`unknown command "${word}" for "pulumi stack"`);
  const stack = session.stack;
  if (session.args.flag("show-name")) return print(stack);
  const { resources = [], manifest } = session.backend.read(stack) ?? {};
  print(`Current stack is ${stack}:\n    Managed by ${hostname()}`);
  if (manifest) print(`    Last updated: ${ago(new Date(manifest.time))} (${manifest.time})`);
  print(`Current stack resources (${resources.length}):`);
  const rows = resources.map((r) => [
    r.type,
    [
      r.urn.split("::").slice(3).join("::"),
      ...(session.args.flag("show-urns") ? [`URN: ${r.urn}`] : []),
      ...(session.args.flag("show-ids") && typeof r["id"] === "string" ? [`ID: ${r["id"]}`] : []),
    ].join("  "),
  ]);
  print(rows.length ? table(["TYPE", "NAME"], rows, "    ") : "    No resources currently in this stack");
  const outputs = openOutputs(resources);
  if (Object.keys(outputs).length) print(`\n${outputsText(outputs)}`);
  print("\nUse `pulumi stack select` to change stack; `pulumi stack ls` lists known ones");
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
  await create(session, stack);
  if (!session.args.flag("no-select")) selectStack(session.project, stack);
}

/** Said on standard error, as Pulumi does: it is not what was asked for. */
async function create(session: Session, stack: string): Promise<void> {
  const { salt } = await session.crypter(stack, session.config(stack), undefined);
  session.backend.create(stack, salt);
  process.stderr.write(`Created stack '${stack}'\n`);
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
    if (!session.args.flag("create")) throw stackNotFound(stack);
    await create(session, stack);
  }
  selectStack(session.project, stack);
}

async function list(session: Session): Promise<void> {
  expectPositional(session.args, "stack ls", 0);
  const selected = selectedStack(session.project);
  const rows = session.backend.list().map((name) => {
    const state = session.backend.read(name);
    return {
      name,
      current: name === selected,
      ...(state ? { lastUpdate: new Date(state.manifest.time).toISOString() } : {}),
      resourceCount: state?.resources?.length ?? 0,
    };
  });
  if (session.args.flag("json")) return printJson(rows);
  const cells = rows.map((row) => [
    row.current ? `${row.name}*` : row.name,
    row.lastUpdate ? ago(new Date(row.lastUpdate)) : "n/a",
    String(row.resourceCount),
  ]);
  print(table(["NAME", "LAST UPDATE", "RESOURCE COUNT"], cells));
}

async function remove(session: Session): Promise<void> {
  expectPositional(session.args, "stack rm", 0, 1);
  const [named] = session.args.positional;
  if (named && session.args.has("stack"))
    throw new UserError("only one of --stack or argument stack name may be specified, not both");
  const stack = named ? shortStackName(named) : session.stack;
  const resources = session.backend.read(stack)?.resources ?? [];
  requireYes(session.args.flag("yes"));
  if (resources.length > 0 && !session.args.flag("force")) {
    throw new UserError(
      `'${stack}' still has resources; removal rejected. Possible actions:\n` +
        `- Make sure that '${stack}' is the stack that you want to destroy\n` +
        "- Run `pulumi destroy` to delete the resources, then run `pulumi stack rm`\n" +
        "- Run `pulumi stack rm --force` to override this error",
    );
  }
  const lock = takeLock(session.backend, stack, warn);
  try {
    session.forget(stack, {
      backups: session.args.flag("remove-backups"),
      config: !session.args.flag("preserve-config"),
    });
  } finally {
    lock.release();
  }
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
