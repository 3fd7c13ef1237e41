import { EngineService as EngineDefinition } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import { Bail, messageOf, UserError } from "../errors";
import { EngineService } from "../rpc/engineService";
import { Monitor } from "../rpc/monitor";
import { PluginHost } from "../rpc/pluginHost";
import { likelyPlugins } from "../rpc/likelyPlugins";
import { programFolder, startProgram, type Ending, type RunningProgram } from "../rpc/program";
import { RpcServer } from "../rpc/server";
import type { ConfigValue } from "../store/stackConfig";
import type { Project } from "../store/project";
import type { Sealer } from "../store/serialize";
import type { StateSink } from "../store/stateWriter";
import type { RunContext, RunOptions } from "./context";
import { Defaults } from "./defaults";
import { runDeletes } from "./deletes";
import { Events, type Op } from "./events";
import { Executor } from "./executor";
import { Generator } from "./generator";
import { ProviderRegistry } from "./registry";
import { runRefresh } from "./refresh";
import { Snapshot } from "./snapshot";
import type { Operation, Resource } from "./state";
import { Targets, type TargetOptions } from "./targets";
import { urnMatcher } from "./urn";

export interface RunRequest extends RunOptions, TargetOptions {
  kind: "update" | "refresh" | "destroy";
  project: Project;
  stack: string;
  config: Map<string, ConfigValue>;
  replace: string[];
  /** A refresh leaves creations that nobody saw the end of as they are. */
  keepPendingCreates?: boolean;
  /** Refresh first, then go on with what it found. */
  refreshFirst: boolean;
  debug: boolean;
  prev: Resource[];
  pending: Operation[];
  sealer: Sealer;
  salt: string | undefined;
  /** Absent in a preview. */
  save?: StateSink;
  events: Events;
  /** Starts the program by another way than Node, given the two addresses. */
  startProgram?: (monitor: string, engine: string) => RunningProgram;
}

export interface RunResult {
  result: "succeeded" | "failed" | "canceled";
  changes: Partial<Record<Op, number>>;
  /** The live resources as the run leaves them; outputs of a preview may be unknown. */
  resources: Resource[];
  durationSeconds: number;
}

/** What can be done to a run from outside. */
export interface Interrupt {
  onInterrupt(gently: () => void, atOnce: () => void): void;
}

export async function runOperation(request: RunRequest, interrupt: Interrupt): Promise<RunResult> {
  if (request.kind !== "update") refuseUnknownTargets(request);
  const started = Date.now();
  const { events } = request;
  const server = new RpcServer();
  const service = new EngineService(events, request.debug);
  const print = (severity: "info" | "info#err", line: string): void => {
    if (line.trim()) events.diagnostic(severity, line);
  };
  const host = new PluginHost(() => server.address, request.project.root, print);
  const context = makeContext(request, host, server);
  const { executor, snapshot } = context;
  interrupt.onInterrupt(
    // Plugins are not told: what runs is to finish, so that its result is known.
    () => executor.stop("interrupted"),
    () => {
      host.kill();
      snapshot.flush();
    },
  );
  server.add(EngineDefinition, service.handlers());
  let after: Resource[];
  try {
    if (request.pending.length > 0 && !request.dryRun && request.kind !== "refresh") {
      events.diagnostic("warning", pendingWarning(request.pending));
    }
    for (const named of request.kind === "update" ? request.replace : [])
      refuseUnknownReplace(named, context);
    if (executor.errored) executor.stop("failed");
    else if (request.kind === "update") await runProgram(request, context, server, service, host);
    else await runWithoutProgram(request, context, server);
    const missing = request.kind === "update" && !executor.errored ? context.targets.missing() : [];
    for (const target of missing) executor.fail("", targetNotFound(target));
    if (request.kind === "refresh" && !executor.errored && !request.keepPendingCreates)
      snapshot.dropInterrupted();
    await snapshot.commit();
    after = snapshot.resources();
  } finally {
    await host.close();
    context.registry.close();
    server.close();
    snapshot.flush();
  }
  const result = executor.interrupted ? "canceled" : executor.errored ? "failed" : "succeeded";
  if (result !== "succeeded")
    events.diagnostic("error", `${request.dryRun ? "preview" : "update"} ${result}`);
  const durationSeconds = Math.round((Date.now() - started) / 1000);
  events.emit({
    summaryEvent: {
      maybeCorrupt: false,
      durationSeconds,
      resourceChanges: executor.counts,
      PolicyPacks: {},
      isPreview: request.dryRun,
      result,
    },
  });
  return { result, changes: executor.counts, resources: after, durationSeconds };
}

const targetNotFound = (target: string): string =>
  `Target '${target}' could not be found in the stack.` +
  (target.includes("$") ? "" : " Did you forget to escape $ in your shell?");

/** `--replace` is about what there is: a URN that the state does not hold is a mistake. */
function refuseUnknownReplace(named: string, c: RunContext): void {
  if (named.includes("*") || c.prev.some((r) => r.urn === named)) return;
  c.executor.fail("", targetNotFound(named));
}

/** Without the program, targets can only be what the state holds. */
function refuseUnknownTargets(request: RunRequest): void {
  const known = new Set(request.prev.map((r) => r.urn));
  for (const target of [...request.targets, ...request.excludes]) {
    if (!target.includes("*") && !known.has(target))
      throw new UserError(`no resource named '${target}' found`);
  }
}

async function runWithoutProgram(request: RunRequest, c: RunContext, server: RpcServer): Promise<void> {
  await server.listen();
  try {
    if (request.kind === "refresh" || request.refreshFirst) await runRefresh(c);
    if (request.kind === "destroy" && !c.executor.isStopped) await runDeletes(c);
  } catch (error) {
    if (!(error instanceof Bail)) c.executor.fail("", messageOf(error));
  }
}

function makeContext(request: RunRequest, host: PluginHost, server: RpcServer): RunContext {
  const { events, prev } = request;
  const snapshot = new Snapshot(
    [...prev],
    request.pending.filter((o) => o.type === "creating"),
    request.sealer,
    request.salt,
    request.save,
    request.targets.length + request.excludes.length > 0,
  );
  const replaced = request.replace.map(urnMatcher);
  const folders = { root: request.project.root, program: programFolder(request.project).folder };
  return {
    place: { stack: request.stack, project: request.project.name },
    options: request,
    events,
    executor: new Executor(events, snapshot, request),
    snapshot,
    registry: new ProviderRegistry(
      host,
      () => server.address,
      folders,
      () => prev,
    ),
    targets: new Targets(request),
    replaceNamed: (urn) => replaced.some((matches) => matches(urn)),
    prev,
    olds: new Map(prev.filter((r) => !r.delete).map((r) => [r.urn, r])),
    news: new Map(),
    decisions: new Map(),
    deletes: new Set(),
    dependentKeys: new Map(),
    deletedEarly: new Set(),
  };
}

async function runProgram(
  request: RunRequest,
  c: RunContext,
  server: RpcServer,
  service: EngineService,
  host: PluginHost,
): Promise<void> {
  const config = new Map([...request.config].map(([k, v]) => [k, v.value]));
  const secretKeys = [...request.config].filter(([, v]) => v.secret).map(([k]) => k);
  const generator = new Generator(c);
  const defaults = new Defaults(generator, config, new Set(secretKeys));
  const { root } = request.project;
  const monitor = new Monitor(c, generator, defaults, { config, secretKeys, root });
  server.add(ResourceMonitorService, monitor.handlers());
  await server.listen();
  if (request.refreshFirst) {
    await runRefresh(c);
    if (c.executor.isStopped) return;
    const left = new Set(c.snapshot.resources());
    c.olds = new Map(c.prev.filter((r) => !r.delete && left.has(r)).map((r) => [r.urn, r]));
  }
  const start = request.startProgram;
  const program = start
    ? start(server.address, server.address)
    : startProgram({
        project: request.project,
        stack: request.stack,
        config,
        secretKeys,
        dryRun: request.dryRun,
        parallel: request.parallel,
        monitor: server.address,
        engine: server.address,
        print: (severity, line) => line.trim() && c.events.diagnostic(severity, line),
      });
  for (const { name, version } of likelyPlugins(request)) host.startEarly(name, version);
  try {
    const stopped = new Promise<"stopped">((resolve) => c.executor.onStop(() => resolve("stopped")));
    const first = await Promise.race([
      program.ended,
      monitor.signalled.then(() => "signalled" as const),
      stopped,
    ]);
    if (first === "stopped") {
      await monitor.quiet();
      return;
    }
    await monitor.quiet();
    if (first !== "signalled" && !first.ok) {
      reportEnding(first, c, service);
      return;
    }
    if (!c.executor.isStopped) await runDeletes(c);
    await monitor.finishStackOutputs();
    monitor.letGo();
    if (first === "signalled") {
      const ending = await program.ended;
      if (!ending.ok) reportEnding(ending, c, service);
    }
  } catch (error) {
    if (!(error instanceof Bail)) c.executor.fail("", messageOf(error));
  } finally {
    if (c.executor.errored) await monitor.finishStackOutputs();
    monitor.letGo();
    program.stop();
    await program.ended;
  }
}

function reportEnding(ending: Ending, c: RunContext, service: EngineService): void {
  if (ending.ok) return;
  // It ends badly because a resource did, and that has been told.
  const told = c.executor.errored && service.errors > 0;
  c.executor.fail("", told ? "" : ending.message);
}

function pendingWarning(pending: Operation[]): string {
  const lines = pending.map((o) => `  * ${o.resource.urn}, interrupted while ${o.type}\n`).join("");
  return (
    `Attempting to deploy or update resources with ${pending.length} pending operations from previous deployment.\n` +
    lines +
    "These resources are in an unknown state because the Pulumi CLI was interrupted while " +
    "waiting for changes to these resources to complete. You should confirm whether or not the " +
    "operations listed completed successfully by checking the state of the appropriate provider. " +
    "For example, if you are using AWS, you can confirm using the AWS Console.\n\n" +
    "Once you have confirmed the status of the interrupted operations, you can repair your stack " +
    "using `pulumi refresh` which will refresh the state from the provider you are using and " +
    "clear the pending operations if there are any.\n\n" +
    "Note that `pulumi refresh` will need to be run interactively to clear pending CREATE operations."
  );
}
