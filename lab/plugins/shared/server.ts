import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { handleUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { EngineLink } from "./engineClient";
import { CodedError, toServiceError } from "./grpcError";
import { rootOf } from "./objectDiff";
import type { CheckResult, Context, DiffResult, Provider, Resource } from "./provider";
import { fromStruct, toStruct } from "./wire";

type Operation<In, Out> = (request: In, signal: AbortSignal) => Promise<Out> | Out;

/** Operations under way, so that `Cancel` and a timeout reach them. */
class Running {
  readonly #controllers = new Set<AbortController>();
  #cancelled = false;

  async run<T>(seconds: number, operation: (signal: AbortSignal) => Promise<T> | T): Promise<T> {
    const controller = new AbortController();
    if (this.#cancelled) controller.abort();
    this.#controllers.add(controller);
    const timer = seconds > 0 ? setTimeout(() => controller.abort(), Math.floor(seconds) * 1000) : undefined;
    try {
      return await operation(controller.signal);
    } finally {
      clearTimeout(timer);
      this.#controllers.delete(controller);
    }
  }

  cancel(): void {
    this.#cancelled = true;
    for (const controller of this.#controllers) controller.abort();
  }
}

/** Builds the gRPC service of a provider. */
export function providerService(provider: Provider, engine: EngineLink): UntypedServiceImplementation {
  const running = new Running();
  const unary =
    <In, Out>(
      operation: Operation<In, Out>,
      timeout: (request: In) => number = () => 0,
    ): handleUnaryCall<In, Out> =>
    (call, callback) => {
      running
        .run(timeout(call.request), (signal) => operation(call.request, signal))
        .then((response) => callback(null, response))
        .catch((error: unknown) => callback(toServiceError(error)));
    };
  const unimplemented = (method: string) =>
    unary<unknown, never>(() => {
      throw new CodedError(status.UNIMPLEMENTED, `method ${method} not implemented`);
    });
  const context = (urn: string, signal: AbortSignal): Context => ({
    urn,
    signal,
    log: (severity, message) => engine.log(severity, urn, message, false),
    status: (severity, message) => engine.log(severity, urn, message, true),
  });
  const resource = (urn: string): Resource => {
    const type = typeOf(urn);
    const found = provider.resources[type];
    if (!found) throw new CodedError(status.NOT_FOUND, `Resource '${type}' not found`);
    return found;
  };

  return {
    handshake: unimplemented("Handshake"),
    parameterize: unimplemented("Parameterize"),
    call: unimplemented("Call"),
    construct: unimplemented("Construct"),
    getMapping: unimplemented("GetMapping"),
    getMappings: unimplemented("GetMappings"),
    attach: unimplemented("Attach"),
    list: (call: { emit(event: "error", error: object): void }) =>
      call.emit("error", { code: status.UNIMPLEMENTED, details: "method List not implemented" }),
    getPluginInfo: unary(() => {
      const info = new PluginInfo();
      info.setVersion(provider.version);
      return info;
    }),
    getSchema: unary(() => {
      const response = new rpc.GetSchemaResponse();
      response.setSchema(JSON.stringify(provider.schema()));
      return response;
    }),
    checkConfig: provider.checkConfig
      ? unary((request: rpc.CheckRequest) => checked(provider.checkConfig!(fromStruct(request.getNews()))))
      : unimplemented("CheckConfig"),
    diffConfig: provider.diffConfig
      ? unary((request: rpc.DiffRequest) => differs(provider.diffConfig!(diffRequest(request)), false))
      : unimplemented("DiffConfig"),
    configure: unary((request: rpc.ConfigureRequest) => {
      provider.configure(fromStruct(request.getArgs()));
      const response = new rpc.ConfigureResponse();
      response.setSupportspreview(true);
      response.setAcceptsecrets(provider.features.acceptSecrets);
      response.setAcceptresources(provider.features.acceptResources);
      response.setAcceptoutputs(provider.features.acceptOutputs);
      response.setSupportsAutonamingConfiguration(provider.features.supportsAutonamingConfiguration);
      return response;
    }),
    invoke: unary(async (request: rpc.InvokeRequest, signal) => {
      const run = provider.functions[request.getTok()];
      if (!run) throw new CodedError(status.NOT_FOUND, `Invoke '${request.getTok()}' not found`);
      const answer = await run(fromStruct(request.getArgs()), context("", signal));
      const response = new rpc.InvokeResponse();
      if ("failures" in answer) response.setFailuresList(answer.failures.map(failure));
      else response.setReturn(toStruct(answer.result));
      return response;
    }),
    check: unary(async (request: rpc.CheckRequest, signal) => {
      const urn = request.getUrn();
      const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      return checked(await resource(urn).check({ name: nameOf(urn), olds, news }, context(urn, signal)));
    }),
    diff: unary(async (request: rpc.DiffRequest, signal) => {
      const urn = request.getUrn();
      return differs(await resource(urn).diff(diffRequest(request), context(urn, signal)), true);
    }),
    create: unary(
      async (request: rpc.CreateRequest, signal) => {
        const urn = request.getUrn();
        const [inputs, timeout, preview] = [
          fromStruct(request.getProperties()),
          request.getTimeout(),
          request.getPreview(),
        ];
        const made = await resource(urn).create(
          { name: nameOf(urn), inputs, timeout, preview },
          context(urn, signal),
        );
        const response = new rpc.CreateResponse();
        response.setId(made.id);
        response.setProperties(toStruct(made.state));
        return response;
      },
      (request) => request.getTimeout(),
    ),
    read: unary(async (request: rpc.ReadRequest, signal) => {
      const urn = request.getUrn();
      const [state, inputs] = [fromStruct(request.getProperties()), fromStruct(request.getInputs())];
      const read = await resource(urn).read({ id: request.getId(), state, inputs }, context(urn, signal));
      const response = new rpc.ReadResponse();
      response.setId(read.id);
      if (read.id !== "") {
        response.setProperties(toStruct(read.state));
        response.setInputs(toStruct(read.inputs));
      }
      return response;
    }),
    update: unary(
      async (request: rpc.UpdateRequest, signal) => {
        const urn = request.getUrn();
        const updated = await resource(urn).update(
          {
            id: request.getId(),
            state: fromStruct(request.getOlds()),
            oldInputs: fromStruct(request.getOldInputs()),
            inputs: fromStruct(request.getNews()),
            preview: request.getPreview(),
            timeout: request.getTimeout(),
            ignoreChanges: request.getIgnorechangesList(),
          },
          context(urn, signal),
        );
        const response = new rpc.UpdateResponse();
        response.setProperties(toStruct(updated.state));
        return response;
      },
      (request) => request.getTimeout(),
    ),
    delete: unary(
      async (request: rpc.DeleteRequest, signal) => {
        const urn = request.getUrn();
        const [id, state, timeout] = [
          request.getId(),
          fromStruct(request.getProperties()),
          request.getTimeout(),
        ];
        await resource(urn).delete({ id, state, timeout }, context(urn, signal));
        return new Empty();
      },
      (request) => request.getTimeout(),
    ),
    cancel: unary(() => {
      running.cancel();
      return new Empty();
    }),
  };
}

/** Serves a provider on a free port of 127.0.0.1. Ends with the port. */
export async function serve(
  provider: Provider,
  engine: EngineLink,
): Promise<{ port: number; server: Server }> {
  const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(ResourceProviderService, providerService(provider, engine));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, server };
}

/** Resource type of a URN: the last of its types, which are separated by `$` from the outermost parent's on. */
function typeOf(urn: string): string {
  const qualified = urn.split("::")[2] ?? "";
  return qualified.slice(qualified.lastIndexOf("$") + 1);
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

function failure(failed: { property: string; reason: string }): rpc.CheckFailure {
  const message = new rpc.CheckFailure();
  message.setProperty(failed.property);
  message.setReason(failed.reason);
  return message;
}

function checked(result: CheckResult): rpc.CheckResponse {
  const response = new rpc.CheckResponse();
  response.setInputs(toStruct(result.inputs));
  response.setFailuresList((result.failures ?? []).map(failure));
  return response;
}

function diffRequest(request: rpc.DiffRequest) {
  return {
    id: request.getId(),
    state: fromStruct(request.getOlds()),
    oldInputs: fromStruct(request.getOldInputs()),
    inputs: fromStruct(request.getNews()),
    ignoreChanges: request.getIgnorechangesList(),
  };
}

function differs(result: DiffResult, detailed: boolean): rpc.DiffResponse {
  const response = new rpc.DiffResponse();
  if (!detailed) return response;
  const { Kind } = rpc.PropertyDiff;
  const paths = Object.keys(result.detailed).sort();
  const roots = (of: string[]): string[] => [...new Set(of.map(rootOf))];
  const { DIFF_SOME, DIFF_NONE } = rpc.DiffResponse.DiffChanges;
  response.setChanges(result.changes ? DIFF_SOME : DIFF_NONE);
  response.setDiffsList(roots(paths));
  response.setReplacesList(roots(paths.filter((path) => result.detailed[path]?.endsWith("_REPLACE"))));
  response.setStablesList(result.stables ?? []);
  response.setDeletebeforereplace(result.deleteBeforeReplace ?? false);
  response.setHasdetaileddiff(true);
  for (const path of paths) {
    const entry = new rpc.PropertyDiff();
    entry.setKind(Kind[result.detailed[path]!]);
    response.getDetaileddiffMap().set(path, entry);
  }
  return response;
}
