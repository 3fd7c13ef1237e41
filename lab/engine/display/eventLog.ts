import * as grpc from "@grpc/grpc-js";
import { EventsClient } from "@pulumi/pulumi/proto/events_grpc_pb";
import { EventRequest } from "@pulumi/pulumi/proto/events_pb";
import { closeSync, openSync, writeSync } from "node:fs";
import type { EngineEvent } from "../core/events";
import { UserError } from "../errors";
import { jsonBytes } from "../store/json";

export interface EventLog {
  event(event: EngineEvent): void;
  close(): Promise<void>;
}

const lineEnd = Buffer.from("\n");

/** One event a line in a file, or, for `tcp://…`, one message each to the SDK that listens there. */
export async function openEventLog(target: string): Promise<EventLog> {
  if (target.startsWith("tcp://")) return openStream(target.slice("tcp://".length));
  let fd: number;
  try {
    fd = openSync(target, "a");
  } catch (error) {
    throw new UserError(`could not create event log: ${(error as Error).message}`);
  }
  return {
    event: (event) => void writeSync(fd, Buffer.concat([jsonBytes(event), lineEnd])),
    close: async () => closeSync(fd),
  };
}

function openStream(address: string): EventLog {
  const client = new EventsClient(address, grpc.credentials.createInsecure(), {
    "grpc.enable_http_proxy": 0,
  });
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const stream = client.streamEvents(() => finish());
  stream.on("error", () => finish());
  return {
    event: (event) => {
      const request = new EventRequest();
      request.setEvent(JSON.stringify(event));
      stream.write(request);
    },
    close: async () => {
      stream.end();
      await finished;
      client.close();
    },
  };
}
