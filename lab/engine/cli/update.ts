import { createRequire } from "node:module";
import { createInterface } from "node:readline/promises";
import { takeLock, type Lock } from "../store/lock";
import { EXIT, UserError } from "../errors";
import { Events } from "../core/events";
import { expectPositional, type Arguments, type FlagSet } from "./args";
import type { Command } from "./command";
import { skipsConfirmations } from "./misc";
import type { Kind } from "./operation";
import { print, warn } from "./print";
import type { Session } from "./session";

const SHARED: FlagSet["flags"] = {
  yes: "boolean",
  "skip-preview": "boolean",
  "preview-only": "boolean",
  parallel: "string",
  "continue-on-error": "boolean",
  target: "list",
  "target-dependents": "boolean",
  exclude: "list",
  "exclude-dependents": "boolean",
  replace: "list",
  "target-replace": "list",
  "event-log": "string",
  "expect-no-changes": "boolean",
  message: "string",
  diff: "boolean",
  json: "boolean",
  refresh: "boolean",
  "show-secrets": "boolean",
  "show-sames": "boolean",
  "show-config": "boolean",
  "show-reads": "boolean",
  "show-replacement-steps": "boolean",
  "suppress-outputs": "boolean",
  "suppress-progress": "boolean",
  "suppress-permalink": "string",
  "exec-kind": "string",
  client: "string",
  debug: "boolean",
  "clear-pending-creates": "boolean",
  "skip-pending-creates": "boolean",
};
const SHORT = {
  y: "yes",
  f: "skip-preview",
  p: "parallel",
  t: "target",
  x: "exclude",
  m: "message",
  j: "json",
  r: "refresh",
  d: "debug",
};

/** Flags that a kind of operation does not have are refused by name. */
function flagsWithout(...absent: string[]): FlagSet {
  const flags = Object.fromEntries(Object.entries(SHARED).filter(([name]) => !absent.includes(name)));
  return { flags, short: SHORT };
}

/** Creations that nobody saw the end of: only a refresh settles them. */
const PENDING = ["clear-pending-creates", "skip-pending-creates"];

export const commands: Command[] = [
  {
    name: "up",
    flags: flagsWithout("preview-only", ...PENDING),
    run: (s) => operate(s, "update", false),
  },
  {
    name: "preview",
    flags: flagsWithout("yes", "skip-preview", "preview-only", "continue-on-error", ...PENDING),
    run: (s) => operate(s, "update", true),
  },
  {
    name: "refresh",
    flags: flagsWithout("replace", "target-replace", "refresh", "continue-on-error"),
    run: (s) => operate(s, "refresh", s.args.flag("preview-only")),
  },
  {
    name: "destroy",
    flags: {
      flags: {
        ...flagsWithout("replace", "target-replace", "expect-no-changes", ...PENDING).flags,
        remove: "boolean",
      },
      short: SHORT,
    },
    run: (s) => operate(s, "destroy", s.args.flag("preview-only")),
  },
];

async function operate(session: Session, kind: Kind, previewOnly: boolean): Promise<number> {
  const { args } = session;
  expectPositional(args, kind === "update" ? "up" : kind, 0);
  refuseContradictions(args, kind);
  // Whoever skips the preview has nothing left to say yes to.
  const confirmed = args.flag("yes") || args.flag("skip-preview") || skipsConfirmations();
  const interactive =
    process.stdin.isTTY === true && process.stdout.isTTY === true && !args.flag("non-interactive");
  if (!confirmed && !interactive && !previewOnly) {
    throw new UserError(
      "--yes or --skip-preview or --preview-only must be passed in to proceed when running in non-interactive mode",
      EXIT.configuration,
    );
  }
  const stack = session.stack;
  const { performOperation } = await loadedBesideKey(session, stack);
  if (previewOnly) return performOperation(session, stack, kind, true, new Events());
  // A program that reads events wants those of the run alone.
  if (!args.flag("skip-preview") && !args.flag("json")) {
    const status = await performOperation(session, stack, kind, true, new Events());
    if (status !== 0) return status;
    if (!confirmed && !(await ask(kind, stack)))
      throw new UserError("confirmation declined, not proceeding with the update");
  }
  let lock: Lock | undefined;
  try {
    lock = takeLock(session.backend, stack, warn);
    const status = await performOperation(session, stack, kind, false, new Events());
    if (status === 0 && kind === "destroy" && args.list("target").length === 0) conclude(session, stack);
    return status;
  } finally {
    lock?.release();
  }
}

/** Loads the engine proper while the key is derived from the passphrase: each takes a quarter of a second. */
async function loadedBesideKey(session: Session, stack: string): Promise<typeof import("./operation")> {
  const opening = session
    .crypter(stack, session.config(stack), session.backend.read(stack))
    .catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(`getting stack configuration: get stack secrets manager: ${error.message}`);
    });
  // Noted at once: it may fail while the modules load, with nobody waiting for it yet.
  opening.catch(() => undefined);
  const loaded = createRequire(__filename)("./operation.ts") as typeof import("./operation");
  await opening;
  return loaded;
}

/** After everything has been destroyed: what is left of the stack, or that nothing is. */
function conclude(session: Session, stack: string): void {
  // With --json, standard output is for programs.
  const say = session.args.flag("json") ? (text: string) => void process.stderr.write(`${text}\n`) : print;
  if (!session.args.flag("remove")) {
    return say(
      "The resources in the stack have been deleted, but the history and configuration associated with the stack " +
        `are still maintained. \nIf you want to remove the stack completely, run \`pulumi stack rm ${stack}\`.`,
    );
  }
  session.forget(stack, { backups: false, config: true });
  say("The resources in the stack have been deleted, and the history and configuration removed.");
}

function refuseContradictions(args: Arguments, kind: Kind): void {
  if (args.has("target") && args.has("exclude")) {
    throw new UserError(
      "if any flags in the group [target exclude] are set none of the others can be; [exclude target] were all set",
    );
  }
  if (kind === "update" || !args.flag("preview-only")) return;
  for (const flag of ["skip-preview", "yes"]) {
    if (args.flag(flag)) throw new UserError(`--${flag} and --preview-only cannot be used together`);
  }
}

async function ask(kind: Kind, stack: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (
      (await lines.question(`Do you want to perform this ${kind} of '${stack}'? (yes/no) `)).trim() === "yes"
    );
  } finally {
    lines.close();
  }
}
