import * as grpc from "@grpc/grpc-js";
import { Bail, messageOf } from "../errors";
import { CHANNEL } from "./provider";

export type Handlers = Record<string, (request: never) => unknown>;

/** Wraps a function of a request into a gRPC handler; a stopped run answers as a monitor that shuts down. */
function handler(run: (request: never) => unknown): grpc.handleUnaryCall<unknown, unknown> {
  return (call, reply) => {
    void (async () => {
      try {
        reply(null, await run(call.request as never));
      } catch (error) {
        const stopped = error instanceof Bail;
        reply({
          code: stopped ? grpc.status.UNAVAILABLE : grpc.status.UNKNOWN,
          details: stopped
            ? "resource monitor shut down while waiting on step's done channel"
            : messageOf(error),
        });
      }
    })();
  };
}

/** A gRPC server on a free port of the loopback address. Methods without a handler answer UNIMPLEMENTED by name. */
export class RpcServer {
  private readonly server = new grpc.Server(CHANNEL);
  private bound = "";

  add(service: grpc.ServiceDefinition, handlers: Handlers): void {
    const wrapped = Object.fromEntries(Object.entries(handlers).map(([name, run]) => [name, handler(run)]));
    this.server.addService(service, wrapped);
  }

  async listen(): Promise<void> {
    const port = await new Promise<number>((resolve, reject) => {
      this.server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, found) =>
        error ? reject(error) : resolve(found),
      );
    });
    this.bound = `127.0.0.1:${port}`;
  }

  get address(): string {
    return this.bound;
  }

  close(): void {
    this.server.forceShutdown();
  }
}
