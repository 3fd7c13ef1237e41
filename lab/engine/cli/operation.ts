import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import type { Events, EngineEvent } from "../core/events";
import { runOperation, type Interrupt, type RunRequest, type RunResult } from "../core/run";
import type { Resource } from "../core/state";
import { STACK_TYPE } from "../core/urn";
import { masked, secretTexts, unwrapProps } from "../core/values";
import { EXIT, UserError } from "../errors";
import { Diagnostics, countsText, outputsText } from "../display/summary";
import { openEventLog, type EventLog } from "../display/eventLog";
import { PlainDisplay } from "../display/plain";
import { PreviewJson } from "../display/previewJson";
import { TreeDisplay } from "../display/tree";
import { painter, type Paint } from "../display/words";
import type { UpdateRecord } from "../store/backend";
import { loadResource, Sealer } from "../store/serialize";
import type { Crypter } from "../store/secrets";
import { StateWriter } from "../store/stateWriter";
import type { ConfigValue } from "../store/stackConfig";
import type { Session } from "./session";

export type Kind = RunRequest["kind"];

const HEADINGS: Record<Kind, [string, string]> = {
  update: ["Previewing update", "Updating"],
  refresh: ["Previewing refresh", "Refreshing"],
  destroy: ["Previewing destroy", "Destroying"],
};

/** Loads the stack, runs one operation on it with its displays, records it. @returns the exit status. */
export async function performOperation(
  session: Session,
  stack: string,
  kind: Kind,
  dryRun: boolean,
  events: Events,
): Promise<number> {
  const { args, project, backend } = session;
  const stackConfig = session.config(stack);
  const state = backend.read(stack);
  const crypter = await session.crypter(stack, stackConfig, state);
  const sealer = new Sealer(crypter);
  const config = stackConfig.all(crypter);
  events.hide(stackConfig.secretTexts(crypter));
  const prev = (state?.resources ?? []).map((r) => loadResource(r, sealer));
  for (const { inputs, outputs } of prev) events.hide(secretTexts([inputs, outputs]));
  const request: RunRequest = {
    kind,
    project,
    stack,
    config,
    dryRun,
    parallel: parallelism(args.text("parallel")),
    continueOnError: args.flag("continue-on-error"),
    showSecrets: args.flag("show-secrets"),
    targets: [...args.list("target"), ...args.list("target-replace")],
    targetDependents: args.flag("target-dependents"),
    excludes: args.list("exclude"),
    excludeDependents: args.flag("exclude-dependents"),
    replace: [...args.list("replace"), ...args.list("target-replace")],
    keepPendingCreates: args.flag("skip-pending-creates"),
    refreshFirst: kind !== "refresh" && args.flag("refresh"),
    debug: args.flag("debug"),
    prev,
    pending: (state?.pending_operations ?? []).map((o) => ({
      ...o,
      resource: loadResource(o.resource, sealer),
    })),
    sealer,
    salt: crypter.salt,
    ...(dryRun ? {} : { save: new StateWriter(backend, stack) }),
    events,
  };
  const client = args.text("client");
  if (client && kind === "update") {
    const { startInlineProgram } = createRequire(__filename)(
      "../rpc/inline.ts",
    ) as typeof import("../rpc/inline");
    request.startProgram = (monitor) => startInlineProgram(client, request, monitor);
  }
  const started = Math.floor(Date.now() / 1000);
  const { result, show } = await watched(session, request, events, prev);
  if (!dryRun)
    backend.record(
      stack,
      record(kind, args.text("message") ?? "", args.text("exec-kind"), started, result, config, crypter),
    );
  show(result);
  if (result.result !== "succeeded") return EXIT.error;
  const changed = Object.entries(result.changes).some(
    ([op, count]) => op !== "same" && op !== "read" && (count ?? 0) > 0,
  );
  if (args.flag("expect-no-changes") && changed) {
    const operation = dryRun && kind === "update" ? "preview" : kind;
    process.stderr.write(`error: no changes were expected for ${operation} but changes were proposed\n`);
    return EXIT.noChanges;
  }
  return 0;
}

/** Runs with the displays the flags ask for, and gives what prints the end. */
async function watched(
  session: Session,
  request: RunRequest,
  events: Events,
  prev: Resource[],
): Promise<{ result: RunResult; show: (result: RunResult) => void }> {
  const { args } = session;
  const json = args.flag("json") ? new PreviewJson(plainConfig(request.config)) : undefined;
  // A preview is one document; of what runs, each event is a line, as it happens.
  const streaming = json !== undefined && !request.dryRun;
  const tty = process.stdout.isTTY === true && !args.flag("non-interactive");
  const paint = painter(useColor(args.text("color"), tty));
  const options = {
    diff: args.flag("diff"),
    planning: request.dryRun,
    showSames: args.flag("show-sames"),
    showReplacementSteps: args.flag("show-replacement-steps"),
    paint,
  };
  const write = (text: string): void => void process.stdout.write(text);
  const diagnostics = new Diagnostics();
  const live = tty && !args.flag("diff") && !args.flag("suppress-progress");
  const display = json
    ? undefined
    : live
      ? new TreeDisplay(options, process.stdout)
      : new PlainDisplay(options, write);
  const log = await eventLogOf(args.text("event-log"));
  const listen = (event: EngineEvent): void => {
    if (streaming) write(`${JSON.stringify(event)}\n`);
    else json?.event(event);
    if (!args.flag("suppress-progress") && (args.flag("show-reads") || !isRead(event))) display?.event(event);
    if (!json) diagnostics.event(event);
    log?.event(event);
  };
  events.listen(listen);
  const label = `${request.project.name}-${request.stack}`;
  if (!json) write(`${HEADINGS[request.kind][request.dryRun ? 0 : 1]} (${request.stack}):\n`);
  if (!json && args.flag("show-config")) write(configText(plainConfig(request.config)));
  events.emit({ preludeEvent: { config: plainConfig(request.config) } });
  let result: RunResult;
  try {
    result = await runOperation(request, signals());
  } finally {
    display?.close();
    await log?.close();
  }
  const show = (r: RunResult): void => {
    if (streaming) return;
    if (json) return write(json.text());
    write(`\n${diagnostics.text(`pulumi:pulumi:Stack (${label})`, paint)}`);
    if (!args.flag("suppress-outputs") && request.kind === "update") write(outputs(r, prev, request, paint));
    write(countsText(r.changes, request.dryRun, r.durationSeconds, paint));
    write("\n");
  };
  return { result, show };
}

/** Reads are shown only when asked for, unless they fail. */
function isRead(event: EngineEvent): boolean {
  const op = (event.resourcePreEvent ?? event.resOutputsEvent)?.metadata.op;
  return op === "read" || op === "read-replacement";
}

function configText(config: Record<string, string>): string {
  const lines = Object.entries(config).map(([key, value]) => `    ${key}: ${value}\n`);
  return `Configuration:\n${lines.join("")}`;
}

function outputs(r: RunResult, prev: Resource[], request: RunRequest, paint: Paint): string {
  const of = (list: Resource[]): Resource["outputs"] | undefined => {
    const found = list.find((e) => e.type === STACK_TYPE)?.outputs;
    return found && (request.showSecrets ? unwrapProps(found) : masked(found));
  };
  return outputsText(of(prev), of(r.resources) ?? {}, request.dryRun, paint);
}

async function eventLogOf(target: string | undefined): Promise<EventLog | undefined> {
  return target ? openEventLog(target) : undefined;
}

function plainConfig(config: Map<string, ConfigValue>): Record<string, string> {
  return Object.fromEntries([...config].map(([k, v]) => [k, v.secret ? "[secret]" : v.value]));
}

function parallelism(text: string | undefined): number {
  if (text === undefined) return Math.max(16, availableParallelism() * 4);
  const n = Number(text);
  if (!Number.isInteger(n))
    throw new UserError(`invalid argument "${text}" for "-p, --parallel" flag: must be an integer`);
  return n <= 0 ? 1 : n;
}

function useColor(asked: string | undefined, tty: boolean): boolean {
  if (asked !== undefined && !["always", "never", "raw", "auto"].includes(asked)) {
    throw new UserError(
      `unsupported color option: '${asked}'.  Supported values are: auto, always, never, raw`,
    );
  }
  if (asked === "always") return true;
  if (asked === "never" || asked === "raw" || process.env["NO_COLOR"]) return false;
  return tty;
}

/** The first Ctrl-C lets what runs finish, the second does not. */
function signals(): Interrupt {
  let count = 0;
  let gently: () => void = () => undefined;
  let atOnce: () => void = () => undefined;
  const onSignal = (): void => {
    if (++count === 1) {
      process.stderr.write(
        "^C received; cancelling. If you would like to terminate immediately, press ^C again.\n" +
          "Note that terminating immediately may lead to orphaned resources and other inconsistencies.\n",
      );
      gently();
    } else {
      atOnce();
      process.exit(1);
    }
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    onInterrupt: (first, second) => {
      gently = first;
      atOnce = second;
    },
  };
}

function record(
  kind: Kind,
  message: string,
  execKind: string | undefined,
  startTime: number,
  result: RunResult,
  config: Map<string, ConfigValue>,
  crypter: Crypter,
): UpdateRecord {
  return {
    kind,
    startTime,
    message,
    environment: execKind ? { "exec.kind": execKind } : {},
    config: Object.fromEntries(
      [...config].map(([k, v]) => [
        k,
        { value: v.secret ? crypter.encrypt(v.value) : v.value, secret: v.secret },
      ]),
    ),
    result: result.result === "succeeded" ? "succeeded" : "failed",
    endTime: Math.floor(Date.now() / 1000),
    resourceChanges: result.changes,
  };
}
