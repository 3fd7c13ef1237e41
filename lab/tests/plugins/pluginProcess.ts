import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import type { sendUnaryData, ServerUnaryCall, ServiceError } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { fromStruct, toStruct } from "../../plugins/shared/wire";
import type { WireMap } from "../../plugins/shared/wire";

export interface LogLine {
  severity: number;
  urn: string;
  message: string;
  ephemeral: boolean;
}

/** An engine's gRPC service, as far as a plugin uses it: it keeps what is logged. */
export class FakeEngine {
  readonly log: LogLine[] = [];
  readonly #server = new Server();
  address = "";

  static async start(): Promise<FakeEngine> {
    const engine = new FakeEngine();
    engine.#server.addService(EngineService, {
      log: (call: ServerUnaryCall<LogRequest, Empty>, callback: sendUnaryData<Empty>) => {
        const { severity, urn, message, ephemeral } = call.request.toObject();
        engine.log.push({ severity, urn, message, ephemeral });
        callback(null, new Empty());
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      engine.#server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    engine.address = `127.0.0.1:${port}`;
    return engine;
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}

/** A plugin started as an engine starts it, and its methods with plain values. */
export class PluginProcess {
  private constructor(
    readonly child: ChildProcess,
    readonly client: InstanceType<typeof ResourceProviderClient>,
    readonly engine: FakeEngine,
  ) {}

  /** @param binary Name in lab/plugins/bin. */
  static async start(binary: string, env: NodeJS.ProcessEnv = {}): Promise<PluginProcess> {
    const engine = await FakeEngine.start();
    const path = join(__dirname, "..", "..", "plugins", "bin", binary);
    const child = spawn(path, [engine.address], {
      env: { ...process.env, SSH_AUTH_SOCK: "", ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    const client = new ResourceProviderClient(`127.0.0.1:${Number(line)}`, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
    });
    return new PluginProcess(child, client, engine);
  }

  async stop(): Promise<void> {
    this.client.close();
    if (this.child.exitCode === null) {
      const exit = once(this.child, "exit");
      this.child.kill("SIGKILL");
      await exit;
    }
    this.engine.stop();
  }

  /** Calls a method of the protocol by its name in the client. */
  call<In, Out>(method: string, request: In): Promise<Out> {
    type Method = (request: In, callback: (error: ServiceError | null, response: Out) => void) => unknown;
    const methods = this.client as unknown as Record<string, Method>;
    return new Promise((resolve, reject) => {
      methods[method]?.(request, (error, response) => (error ? reject(error) : resolve(response)));
    });
  }

  async configure(args: WireMap = {}): Promise<rpc.ConfigureResponse.AsObject> {
    const request = new rpc.ConfigureRequest();
    request.setArgs(toStruct(args));
    request.setAcceptsecrets(true);
    request.setSendsOldInputs(true);
    request.setSendsOldInputsToDelete(true);
    return (await this.call<rpc.ConfigureRequest, rpc.ConfigureResponse>("configure", request)).toObject();
  }

  async check(urn: string, news: WireMap, olds: WireMap = {}) {
    const request = new rpc.CheckRequest();
    request.setUrn(urn);
    request.setOlds(toStruct(olds));
    request.setNews(toStruct(news));
    const response = await this.call<rpc.CheckRequest, rpc.CheckResponse>("check", request);
    const failures = response.getFailuresList().map((failure) => failure.toObject());
    return { inputs: fromStruct(response.getInputs()), failures };
  }

  async diff(
    urn: string,
    olds: { inputs: WireMap; state?: WireMap },
    news: WireMap,
    ignoreChanges: string[] = [],
  ) {
    const request = new rpc.DiffRequest();
    request.setUrn(urn);
    request.setId("id");
    request.setOldInputs(toStruct(olds.inputs));
    request.setOlds(toStruct(olds.state ?? olds.inputs));
    request.setNews(toStruct(news));
    request.setIgnorechangesList(ignoreChanges);
    return diffObject(await this.call<rpc.DiffRequest, rpc.DiffResponse>("diff", request));
  }

  /** @param timeout Seconds; 0 is none. */
  async create(urn: string, inputs: WireMap, preview = false, timeout = 0) {
    const request = new rpc.CreateRequest();
    request.setUrn(urn);
    request.setProperties(toStruct(inputs));
    request.setPreview(preview);
    request.setTimeout(timeout);
    const response = await this.call<rpc.CreateRequest, rpc.CreateResponse>("create", request);
    return { id: response.getId(), state: fromStruct(response.getProperties()) };
  }

  async read(urn: string, id: string, state: WireMap = {}, inputs: WireMap = {}) {
    const request = new rpc.ReadRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setProperties(toStruct(state));
    request.setInputs(toStruct(inputs));
    const response = await this.call<rpc.ReadRequest, rpc.ReadResponse>("read", request);
    return {
      id: response.getId(),
      state: fromStruct(response.getProperties()),
      inputs: fromStruct(response.getInputs()),
    };
  }

  async update(
    urn: string,
    id: string,
    olds: { inputs: WireMap; state: WireMap },
    news: WireMap,
    preview = false,
  ) {
    const request = new rpc.UpdateRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setOlds(toStruct(olds.state));
    request.setOldInputs(toStruct(olds.inputs));
    request.setNews(toStruct(news));
    request.setPreview(preview);
    const response = await this.call<rpc.UpdateRequest, rpc.UpdateResponse>("update", request);
    return fromStruct(response.getProperties());
  }

  async delete(urn: string, id: string, state: WireMap): Promise<void> {
    const request = new rpc.DeleteRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setProperties(toStruct(state));
    await this.call<rpc.DeleteRequest, Empty>("delete", request);
  }

  async invoke(token: string, args: WireMap) {
    const request = new rpc.InvokeRequest();
    request.setTok(token);
    request.setArgs(toStruct(args));
    const response = await this.call<rpc.InvokeRequest, rpc.InvokeResponse>("invoke", request);
    const failures = response.getFailuresList().map((failure) => failure.toObject());
    return { result: fromStruct(response.getReturn()), failures };
  }
}

const kinds = ["ADD", "ADD_REPLACE", "DELETE", "DELETE_REPLACE", "UPDATE", "UPDATE_REPLACE"];

/** A diff as the recordings show it, without what is empty. */
export function diffObject(response: rpc.DiffResponse) {
  const detailed: Record<string, string> = {};
  response.getDetaileddiffMap().forEach((entry: rpc.PropertyDiff, path: string) => {
    detailed[path] = kinds[entry.getKind()] ?? "";
  });
  return {
    changes: ["DIFF_UNKNOWN", "DIFF_NONE", "DIFF_SOME"][response.getChanges()],
    diffs: response.getDiffsList(),
    replaces: response.getReplacesList(),
    stables: response.getStablesList(),
    detailed,
  };
}
