import * as grpc from "@grpc/grpc-js";
import { ResourceProviderService as Service } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { PropertyDiff } from "../core/events";
import { nameOf, typeOf } from "../core/urn";
import {
  annotateSecrets,
  fromStruct,
  hasUnknowns,
  lowerReferences,
  toStruct,
  unwrapProps,
  type Props,
} from "../core/values";
import { UserError } from "../errors";
import type { Plugin } from "./pluginHost";

export interface DiffResult {
  changes: "unknown" | "none" | "some";
  replaceKeys: string[];
  changedKeys: string[];
  deleteBeforeReplace: boolean;
  detailedDiff: Record<string, PropertyDiff> | null;
}

export interface CheckResult {
  inputs: Props;
  failures: { property: string; reason: string }[];
}

export interface OperationResult {
  id: string;
  outputs: Props;
  /** The resource is there, but not as it should be. */
  initErrors: string[];
}

export const CHANNEL = {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
  "grpc.enable_http_proxy": 0,
};

/** One configured provider: a plugin process and what it said it understands. */
export class Provider {
  private readonly client: grpc.Client;
  private acceptSecrets = false;
  private acceptResources = false;
  private supportsPreview = false;
  private configured = false;
  private deathTold = false;

  constructor(
    readonly pkg: string,
    private readonly plugin: Plugin,
  ) {
    this.client = new grpc.Client(`127.0.0.1:${plugin.port}`, grpc.credentials.createInsecure(), CHANNEL);
  }

  close(): void {
    this.client.close();
  }

  private call<Req, Res>(method: grpc.MethodDefinition<Req, Res>, request: Req): Promise<Res> {
    return new Promise((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = method;
      this.client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        (error, response) => {
          if (!error) return resolve(response as Res);
          if (error.code !== grpc.status.UNAVAILABLE) return reject(error);
          // The exit is reported a moment after the connection breaks.
          setTimeout(() => reject(this.death() ?? error), 50);
        },
      );
    });
  }

  /** One clear message for the first call that fails, silence for the others. */
  private death(): Error | undefined {
    const death = this.plugin.death();
    if (!death) return undefined;
    const told = this.deathTold;
    this.deathTold = true;
    return new UserError(told ? "" : death);
  }

  private async optional<Req, Res>(
    method: grpc.MethodDefinition<Req, Res>,
    request: Req,
  ): Promise<Res | undefined> {
    try {
      return await this.call(method, request);
    } catch (error) {
      if ((error as grpc.ServiceError).code === grpc.status.UNIMPLEMENTED) return undefined;
      throw error;
    }
  }

  async handshake(engineAddress: string, root: string, program: string): Promise<void> {
    const request = new pb.ProviderHandshakeRequest();
    request.setEngineAddress(engineAddress);
    request.setRootDirectory(root);
    request.setProgramDirectory(program);
    const response = await this.optional(Service.handshake, request);
    this.acceptSecrets ||= response?.getAcceptSecrets() ?? false;
    this.acceptResources ||= response?.getAcceptResources() ?? false;
  }

  async version(): Promise<string> {
    const info = await this.optional(Service.getPluginInfo, new Empty());
    return info?.getVersion() ?? "";
  }

  private send(props: Props): ReturnType<typeof toStruct> {
    const opened = this.acceptSecrets ? props : unwrapProps(props);
    return toStruct(this.acceptResources ? opened : lowerReferences(opened));
  }

  private receive(struct: Parameters<typeof fromStruct>[0], inputs: Props): Props {
    const found = fromStruct(struct);
    return this.acceptSecrets ? found : annotateSecrets(found, inputs);
  }

  async checkConfig(urn: string, olds: Props, news: Props): Promise<CheckResult> {
    const request = checkRequest(urn, olds, news, (p) => toStruct(p));
    const response = await this.optional(Service.checkConfig, request);
    if (!response) return { inputs: news, failures: [] };
    return {
      inputs: annotateSecrets(fromStruct(response.getInputs()), news),
      failures: failuresOf(response.getFailuresList()),
    };
  }

  async diffConfig(urn: string, oldInputs: Props, oldOutputs: Props, newInputs: Props): Promise<DiffResult> {
    const request = new pb.DiffRequest();
    request.setUrn(urn);
    request.setName(nameOf(urn));
    request.setType(typeOf(urn));
    request.setOldInputs(toStruct(oldInputs));
    request.setOlds(toStruct(oldOutputs));
    request.setNews(toStruct(newInputs));
    const response = await this.optional(Service.diffConfig, request);
    return response ? diffResult(response) : { ...NO_OPINION };
  }

  /** With unknown inputs (only in a preview) the plugin stays unconfigured and nothing is asked of it. */
  async configure(urn: string, id: string, inputs: Props): Promise<void> {
    if (hasUnknowns(inputs)) return;
    const request = new pb.ConfigureRequest();
    const args = unwrapProps(Object.fromEntries(Object.entries(inputs).filter(([k]) => k !== "__internal")));
    for (const [key, value] of Object.entries(args)) {
      request
        .getVariablesMap()
        .set(`${this.pkg}:config:${key}`, typeof value === "string" ? value : JSON.stringify(value));
    }
    const open = Object.fromEntries(Object.entries(inputs).filter(([k]) => k !== "__internal"));
    request.setArgs(toStruct(open));
    request.setAcceptsecrets(true);
    request.setAcceptresources(true);
    request.setSendsOldInputs(true);
    request.setSendsOldInputsToDelete(true);
    request.setId(id);
    request.setUrn(urn);
    request.setName(nameOf(urn));
    request.setType(typeOf(urn));
    const response = await this.call(Service.configure, request);
    this.acceptSecrets ||= response.getAcceptsecrets();
    this.acceptResources ||= response.getAcceptresources();
    this.supportsPreview = response.getSupportspreview();
    this.configured = true;
  }

  get ready(): boolean {
    return this.configured;
  }

  async check(urn: string, olds: Props, news: Props): Promise<CheckResult> {
    if (!this.configured) return { inputs: news, failures: [] };
    const request = checkRequest(urn, olds, news, (p) => this.send(p));
    const response = await this.call(Service.check, request);
    return {
      inputs: this.receive(response.getInputs(), news),
      failures: failuresOf(response.getFailuresList()),
    };
  }

  async diff(
    urn: string,
    id: string,
    oldInputs: Props,
    oldOutputs: Props,
    newInputs: Props,
    ignoreChanges: string[],
  ): Promise<DiffResult> {
    if (!this.configured) return { ...NO_OPINION };
    const request = new pb.DiffRequest();
    request.setId(id);
    request.setUrn(urn);
    request.setName(nameOf(urn));
    request.setType(typeOf(urn));
    request.setOldInputs(this.send(oldInputs));
    request.setOlds(this.send(oldOutputs));
    request.setNews(this.send(newInputs));
    request.setIgnorechangesList(ignoreChanges);
    const response = await this.optional(Service.diff, request);
    return response ? diffResult(response) : { ...NO_OPINION };
  }

  async create(urn: string, inputs: Props, timeout: number, preview: boolean): Promise<OperationResult> {
    if (preview && !(this.configured && this.supportsPreview))
      return { id: "", outputs: inputs, initErrors: [] };
    const request = new pb.CreateRequest();
    request.setUrn(urn);
    request.setName(nameOf(urn));
    request.setType(typeOf(urn));
    request.setProperties(this.send(inputs));
    request.setTimeout(timeout);
    request.setPreview(preview);
    return this.settle(inputs, undefined, async () => {
      const response = await this.call(Service.create, request);
      const id = response.getId();
      if (!id && !preview)
        throw new UserError(
          `plugin for package '${this.pkg}' returned empty resource.ID from create '${urn}'`,
        );
      return { id, outputs: this.receive(response.getProperties(), inputs), initErrors: [] };
    });
  }

  async update(
    urn: string,
    id: string,
    old: { inputs: Props; outputs: Props },
    inputs: Props,
    ignoreChanges: string[],
    timeout: number,
    preview: boolean,
  ): Promise<OperationResult> {
    if (preview && !(this.configured && this.supportsPreview)) return { id, outputs: inputs, initErrors: [] };
    const request = new pb.UpdateRequest();
    request.setId(id);
    request.setUrn(urn);
    request.setName(nameOf(urn));
    request.setType(typeOf(urn));
    request.setOlds(this.send(old.outputs));
    request.setOldInputs(this.send(old.inputs));
    request.setNews(this.send(inputs));
    request.setIgnorechangesList(ignoreChanges);
    request.setTimeout(timeout);
    request.setPreview(preview);
    return this.settle(inputs, id, async () => {
      const response = await this.call(Service.update, request);
      return { id, outputs: this.receive(response.getProperties(), inputs), initErrors: [] };
    });
  }

  async delete(urn: string, id: string, inputs: Props, outputs: Props, timeout: number): Promise<void> {
    const request = new pb.DeleteRequest();
    request.setId(id);
    request.setUrn(urn);
    request.setName(nameOf(urn));
    request.setType(typeOf(urn));
    request.setProperties(this.send(outputs));
    request.setOldInputs(this.send(inputs));
    request.setTimeout(timeout);
    await this.call(Service.delete, request);
  }

  /** @returns undefined when the resource is gone. */
  async read(
    urn: string,
    id: string,
    inputs: Props | undefined,
    outputs: Props,
  ): Promise<(OperationResult & { inputs: Props | undefined }) | undefined> {
    const request = new pb.ReadRequest();
    request.setId(id);
    request.setUrn(urn);
    request.setName(nameOf(urn));
    request.setType(typeOf(urn));
    request.setProperties(this.send(outputs));
    if (inputs) request.setInputs(this.send(inputs));
    const known = { ...outputs, ...inputs };
    let read: Props | undefined;
    const result = await this.settle(known, id, async () => {
      const response = await this.optional(Service.read, request);
      if (!response) return { id, outputs, initErrors: [] };
      if (response.hasInputs()) read = this.receive(response.getInputs(), known);
      return { id: response.getId(), outputs: this.receive(response.getProperties(), known), initErrors: [] };
    });
    return result.id ? { ...result, inputs: read ?? inputs } : undefined;
  }

  async invoke(
    token: string,
    args: Props,
    preview: boolean,
  ): Promise<{ result: Props; failures: CheckResult["failures"] }> {
    const request = new pb.InvokeRequest();
    request.setTok(token);
    request.setArgs(this.send(args));
    request.setPreview(preview);
    const response = await this.call(Service.invoke, request);
    return { result: fromStruct(response.getReturn()), failures: failuresOf(response.getFailuresList()) };
  }

  /** A resource that was made but did not come up is reported as an error with its state inside. */
  private async settle(
    inputs: Props,
    id: string | undefined,
    run: () => Promise<OperationResult>,
  ): Promise<OperationResult> {
    try {
      return await run();
    } catch (error) {
      const failed = initFailure(error as grpc.ServiceError);
      if (!failed) throw error;
      const outputs = failed.getProperties() ? this.receive(failed.getProperties(), inputs) : inputs;
      return { id: failed.getId() || id || "", outputs, initErrors: failed.getReasonsList() };
    }
  }
}

const NO_OPINION: DiffResult = {
  changes: "unknown",
  replaceKeys: [],
  changedKeys: [],
  deleteBeforeReplace: false,
  detailedDiff: null,
};

function checkRequest(
  urn: string,
  olds: Props,
  news: Props,
  send: (p: Props) => ReturnType<typeof toStruct>,
): pb.CheckRequest {
  const request = new pb.CheckRequest();
  request.setUrn(urn);
  request.setName(nameOf(urn));
  request.setType(typeOf(urn));
  request.setOlds(send(olds));
  request.setNews(send(news));
  return request;
}

function failuresOf(list: pb.CheckFailure[]): CheckResult["failures"] {
  return list.map((f) => ({ property: f.getProperty(), reason: f.getReason() }));
}

const KINDS: PropertyDiff["diffKind"][] = [
  "add",
  "add-replace",
  "delete",
  "delete-replace",
  "update",
  "update-replace",
];

function diffResult(response: pb.DiffResponse): DiffResult {
  const detailed: Record<string, PropertyDiff> = {};
  const replaceKeys = new Set(response.getReplacesList());
  const changedKeys = new Set(response.getDiffsList());
  for (const [path, diff] of response.getDetaileddiffMap().entries()) {
    const diffKind = KINDS[diff.getKind()] ?? "update";
    detailed[path] = { diffKind, inputDiff: diff.getInputdiff() };
    const key = /^[^.[]+/.exec(path)?.[0] ?? path;
    changedKeys.add(key);
    if (diffKind.endsWith("-replace")) replaceKeys.add(key);
  }
  const changes = (["unknown", "none", "some"] as const)[response.getChanges()] ?? "unknown";
  return {
    changes: changes === "none" && replaceKeys.size > 0 ? "some" : changes,
    replaceKeys: [...replaceKeys],
    changedKeys: [...changedKeys],
    deleteBeforeReplace: response.getDeletebeforereplace(),
    detailedDiff: response.getHasdetaileddiff() ? detailed : null,
  };
}

function initFailure(error: grpc.ServiceError): pb.ErrorResourceInitFailed | undefined {
  const [bytes] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (!(bytes instanceof Buffer)) return undefined;
  for (const detail of Status.deserializeBinary(bytes).getDetailsList()) {
    if (detail.getTypeUrl().endsWith("pulumirpc.ErrorResourceInitFailed")) {
      return pb.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
    }
  }
  return undefined;
}
