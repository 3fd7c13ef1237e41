import type { Alias as WireAlias } from "@pulumi/pulumi/proto/alias_pb";
import { CheckFailure, InvokeResponse } from "@pulumi/pulumi/proto/provider_pb";
import * as pb from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Value as WireValue } from "google-protobuf/google/protobuf/struct_pb";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunContext } from "../core/context";
import type { Timeouts } from "../core/state";
import type { Defaults } from "../core/defaults";
import type { Generator } from "../core/generator";
import { bareGoal, type Alias, type Goal } from "../core/goal";
import { readResource } from "../core/reading";
import { packageOf } from "../core/registry";
import { isProviderType } from "../core/urn";
import {
  fromStruct,
  lowerOutputs,
  secretTexts,
  toStruct,
  unwrapProps,
  isUnknown,
  hasUnknowns,
  type Props,
  type Value,
} from "../core/values";
import { UserError } from "../errors";
import type { Handlers } from "./server";

const FEATURES: [string, pb.ResourceMonitorFeature][] = [
  ["secrets", pb.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_SECRETS],
  ["resourceReferences", pb.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES],
  ["outputValues", pb.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES],
  ["aliasSpecs", pb.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS],
  ["deletedWith", pb.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_DELETED_WITH],
  ["replaceWith", pb.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_REPLACE_WITH],
  ["replacementTrigger", pb.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER],
];

export interface ProgramInfo {
  config: Map<string, string>;
  secretKeys: string[];
  /** The project's folder: where the program's files are is told from there. */
  root: string;
}

/** What the program hears and says while it runs: the ResourceMonitor service. */
export class Monitor {
  private readonly outputs = new Map<string, Props>();
  private signal: () => void = () => undefined;
  /** Resolves when the program says that it has registered everything. */
  readonly signalled = new Promise<void>((resolve) => (this.signal = resolve));
  private release: () => void = () => undefined;
  private readonly released = new Promise<void>((resolve) => (this.release = resolve));
  private underway = 0;
  private idle: (() => void)[] = [];
  stackUrn = "";

  constructor(
    private readonly c: RunContext,
    private readonly generator: Generator,
    private readonly defaults: Defaults,
    private readonly info: ProgramInfo,
  ) {}

  handlers(): Handlers {
    return {
      getDeploymentInfo: () => this.deploymentInfo(),
      supportsFeature: (request: pb.SupportsFeatureRequest) => {
        const response = new pb.SupportsFeatureResponse();
        response.setHassupport(FEATURES.some(([name]) => name === request.getId()));
        return response;
      },
      registerResource: (request: pb.RegisterResourceRequest) => this.counted(() => this.register(request)),
      readResource: (request: pb.ReadResourceRequest) => this.counted(() => this.read(request)),
      registerResourceOutputs: (request: pb.RegisterResourceOutputsRequest) => this.registerOutputs(request),
      invoke: (request: pb.ResourceInvokeRequest) => this.counted(() => this.invoke(request)),
      signalAndWaitForShutdown: async () => {
        this.signal();
        await this.released;
        return new Empty();
      },
    };
  }

  /** Lets a program go that waits for the end of the run. */
  letGo(): void {
    this.release();
  }

  /** Resolves once no request of the program is being worked on. */
  async quiet(): Promise<void> {
    while (this.underway > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private async counted<T>(run: () => Promise<T>): Promise<T> {
    this.underway++;
    try {
      return await run();
    } finally {
      this.underway--;
      if (this.underway === 0) for (const wake of this.idle.splice(0)) wake();
    }
  }

  private deploymentInfo(): pb.DeploymentInfo {
    const { place, options } = this.c;
    const info = new pb.DeploymentInfo();
    info.setProject(place.project);
    info.setStack(place.stack);
    info.setOrganization("organization");
    for (const [key, value] of this.info.config) info.getConfigMap().set(key, value);
    info.setConfigsecretkeysList(this.info.secretKeys);
    info.setDryrun(options.dryRun);
    info.setParallel(options.parallel);
    info.setSupportedfeaturesList(FEATURES.map(([, feature]) => feature));
    return info;
  }

  private async register(request: pb.RegisterResourceRequest): Promise<pb.RegisterResourceResponse> {
    refuseUnsupported(request);
    const goal = goalOf(request, this.info.root);
    // In debug mode the SDK tells what it was answered, secrets in clear.
    this.c.events.hide(secretTexts(goal.inputs));
    let abandoned = false;
    if (goal.custom && !goal.provider && !isProviderType(goal.type)) {
      try {
        goal.provider = await this.defaults.reference(
          packageOf(goal.type),
          request.getVersion(),
          request.getPlugindownloadurl(),
        );
      } catch (error) {
        if (this.c.executor.isStopped) throw error;
        abandoned = true;
      }
    }
    if (isProviderType(goal.type)) {
      const version = request.getVersion();
      if (version && goal.inputs["version"] === undefined) goal.inputs["version"] = version;
      goal.inputs["__internal"] ??= request.getPlugindownloadurl()
        ? { pluginDownloadURL: request.getPlugindownloadurl() }
        : {};
    }
    const result = abandoned ? this.generator.abandon(goal) : await this.generator.register(goal);
    if (!goal.custom && goal.type === "pulumi:pulumi:Stack") this.stackUrn = result.urn;
    const response = new pb.RegisterResourceResponse();
    response.setUrn(result.urn);
    response.setResult(result.result === "done" ? pb.Result.SUCCESS : pb.Result.FAIL);
    const resource = result.resource;
    if (resource) {
      this.c.events.hide(secretTexts(resource.outputs));
      response.setId(isUnknown(resource.id) ? "" : (resource.id ?? ""));
      response.setObject(
        toStruct(request.getAcceptsecrets() ? resource.outputs : unwrapProps(resource.outputs)),
      );
      for (const [key, urns] of Object.entries(resource.propertyDependencies ?? {})) {
        const wire = new pb.RegisterResourceResponse.PropertyDependencies();
        wire.setUrnsList(urns);
        response.getPropertydependenciesMap().set(key, wire);
      }
      if (!resource.custom) response.setObject(toStruct(resource.inputs));
    }
    return response;
  }

  private async registerOutputs(request: pb.RegisterResourceOutputsRequest): Promise<Empty> {
    const urn = request.getUrn();
    const resource = this.c.news.get(urn);
    if (!resource && !this.c.executor.failed.has(urn)) {
      throw new UserError(`cannot complete a resource '${urn}' whose registration isn't pending`);
    }
    const outputs = lowerOutputs(fromStruct(request.getOutputs()));
    this.c.events.hide(secretTexts(outputs));
    // The stack's are taken at the end, when it is known whether the run went well.
    if (urn === this.stackUrn) this.outputs.set(urn, outputs);
    else if (resource) await this.setOutputs(urn, outputs);
    return new Empty();
  }

  private async setOutputs(urn: string, outputs: Props): Promise<void> {
    const resource = this.c.news.get(urn);
    if (!resource) return;
    resource.outputs = outputs;
    this.c.snapshot.touch(resource);
    await this.c.snapshot.commit();
  }

  /** After a failure outputs that could not be computed keep their old values. */
  async finishStackOutputs(): Promise<void> {
    const outputs = this.outputs.get(this.stackUrn);
    if (!outputs) return;
    const old = this.c.executor.errored ? (this.c.olds.get(this.stackUrn)?.outputs ?? {}) : {};
    const known = this.c.options.dryRun
      ? outputs
      : Object.fromEntries(Object.entries(outputs).filter(([, v]) => !hasUnknowns(v)));
    await this.setOutputs(this.stackUrn, { ...old, ...known });
  }

  private async read(request: pb.ReadResourceRequest): Promise<pb.ReadResourceResponse> {
    const goal: Goal = {
      ...bareGoal(request.getType(), request.getName()),
      parent: request.getParent(),
      inputs: lowerOutputs(fromStruct(request.getProperties())),
      dependencies: request.getDependenciesList(),
      additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
      provider:
        request.getProvider() ||
        (await this.defaults.reference(
          packageOf(request.getType()),
          request.getVersion(),
          request.getPlugindownloadurl(),
        )),
    };
    const resource = await readResource(this.c, goal, request.getId());
    this.c.events.hide(secretTexts([goal.inputs, resource.outputs]));
    const response = new pb.ReadResourceResponse();
    response.setUrn(resource.urn);
    response.setProperties(toStruct(resource.outputs));
    return response;
  }

  private async invoke(request: pb.ResourceInvokeRequest): Promise<InvokeResponse> {
    const token = request.getTok();
    const args = lowerOutputs(fromStruct(request.getArgs()));
    const response = new InvokeResponse();
    if (token === "pulumi:pulumi:getResource") {
      response.setReturn(toStruct(this.getResource(textOf(unwrapProps(args)["urn"]))));
      return response;
    }
    if (token.startsWith("pulumi:pulumi:"))
      throw new UserError(`the function ${token} is not supported by this engine`);
    const reference =
      request.getProvider() ||
      (await this.defaults.reference(packageOf(token), request.getVersion(), request.getPlugindownloadurl()));
    const provider = await this.c.registry.get(reference);
    // As Pulumi: a provider whose configuration is not known yet answers nothing.
    if (!provider.ready) {
      response.setReturn(toStruct({}));
      return response;
    }
    const { result, failures } = await provider.invoke(token, args, this.c.options.dryRun);
    this.c.events.hide(secretTexts([args, result]));
    response.setReturn(toStruct(result));
    response.setFailuresList(
      failures.map((f) => {
        const failure = new CheckFailure();
        failure.setProperty(f.property);
        failure.setReason(f.reason);
        return failure;
      }),
    );
    return response;
  }

  private getResource(urn: string): Props {
    const resource = this.c.news.get(urn) ?? this.c.olds.get(urn);
    if (!resource) throw new UserError(`unknown resource ${urn}`);
    return { urn, id: resource.id ?? "", state: resource.outputs };
  }
}

/** What would change the meaning of a program if it were passed over. */
function refuseUnsupported(request: pb.RegisterResourceRequest): void {
  const name = `${request.getType()} ${request.getName()}`;
  if (request.getRemote()) throw new UserError(`${name}: remote components are not supported by this engine`);
  if (request.getPackageref())
    throw new UserError(`${name}: parameterized packages are not supported by this engine`);
  if (request.getTransformsList().length)
    throw new UserError(`${name}: transforms are not supported by this engine`);
  if (
    request.hasHooks() &&
    Object.values(request.getHooks()?.toObject() ?? {}).some((list) => Array.isArray(list) && list.length)
  ) {
    throw new UserError(`${name}: resource hooks are not supported by this engine`);
  }
}

function goalOf(request: pb.RegisterResourceRequest, root: string): Goal {
  const timeouts = timeoutsOf(request);
  const properties: Record<string, string[]> = {};
  for (const [key, wire] of request.getPropertydependenciesMap().entries())
    properties[key] = wire.getUrnsList();
  const trigger = request.getReplacementTrigger();
  const position = request.getSourceposition();
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    parent: request.getParent(),
    inputs: withoutNulls(lowerOutputs(fromStruct(request.getObject()))),
    dependencies: [...request.getDependenciesList()].sort(),
    propertyDependencies: properties,
    provider: request.getProvider(),
    ...(request.hasProtect() ? { protect: request.getProtect() === true } : {}),
    ...(request.hasRetainondelete() ? { retainOnDelete: request.getRetainondelete() === true } : {}),
    ...(request.getDeletebeforereplacedefined()
      ? { deleteBeforeReplace: request.getDeletebeforereplace() }
      : {}),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: [
      ...request.getAliasurnsList().map((urn) => ({ urn })),
      ...request.getAliasesList().map(aliasOf),
    ],
    importId: request.getImportid(),
    ...(Object.keys(timeouts).length ? { customTimeouts: timeouts } : {}),
    deletedWith: request.getDeletedwith(),
    replaceWith: request.getReplaceWithList(),
    ...(trigger && trigger.getKindCase() !== WireValue.KindCase.KIND_NOT_SET && !trigger.hasNullValue()
      ? { replacementTrigger: lowerOutputs({ v: trigger.toJavaScript() as Value })["v"] ?? null }
      : {}),
    ...(position?.getUri()
      ? {
          sourcePosition: `${withinProject(position.getUri(), root)}#${position.getLine()},${position.getColumn()}`,
        }
      : {}),
    hideDiffs: request.getHidediffsList(),
  };
}

/** Only those that are given. */
function timeoutsOf(request: pb.RegisterResourceRequest): Timeouts {
  const asked = request.getCustomtimeouts();
  const all = {
    create: secondsOf(asked?.getCreate() ?? ""),
    update: secondsOf(asked?.getUpdate() ?? ""),
    delete: secondsOf(asked?.getDelete() ?? ""),
  };
  return Object.fromEntries(Object.entries(all).filter(([, seconds]) => seconds > 0));
}

/** `project:///index.ts`: the state is to be the same wherever the project lies. */
function withinProject(uri: string, root: string): string {
  return uri.startsWith("file:///") ? `project:///${relative(root, fileURLToPath(uri))}` : uri;
}

function withoutNulls(props: Props): Props {
  return Object.fromEntries(Object.entries(props).filter(([, v]) => v !== null));
}

function aliasOf(wire: WireAlias): Alias {
  if (wire.hasUrn()) return { urn: wire.getUrn() };
  const spec = wire.getSpec();
  return {
    name: spec?.getName() ?? "",
    type: spec?.getType() ?? "",
    stack: spec?.getStack() ?? "",
    project: spec?.getProject() ?? "",
    parent: spec?.getParenturn() ?? "",
    noParent: spec?.getNoparent() ?? false,
  };
}

const textOf = (value: Value | undefined): string => (typeof value === "string" ? value : "");

/** `5m`, `1h30m`, `10s` in seconds. */
function secondsOf(text: string): number {
  if (!text) return 0;
  const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  let total = 0;
  const rest = text.replace(/(\d+(?:\.\d+)?)(ms|h|m|s)/g, (_all, count: string, unit: string) => {
    total += Number(count) * (units[unit] ?? 0);
    return "";
  });
  if (rest) throw new UserError(`unable to parse customTimeout value ${text}`);
  return total;
}
