import * as pb from "@pulumi/pulumi/proto/engine_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Events, Severity } from "../core/events";
import type { Handlers } from "./server";

const SEVERITIES: Severity[] = ["debug", "info", "warning", "error"];

const FAILED_RESOURCE = /^Error: resource .+ \[.+\] failed to register\n/;

/** The Engine service: log lines of the program and of plugins, each under its resource. */
export class EngineService {
  private root = "";
  /** Errors that the program reported itself: its exit then needs no further message. */
  errors = 0;

  constructor(
    private readonly events: Events,
    private readonly debug: boolean,
  ) {}

  handlers(): Handlers {
    return {
      log: (request: pb.LogRequest) => {
        const severity = SEVERITIES[request.getSeverity()] ?? "info";
        if (severity === "error") this.errors++;
        // The SDK's echo, with its own stack trace, of a failure that the engine told it of.
        if (severity === "error" && FAILED_RESOURCE.test(request.getMessage())) return new Empty();
        if (severity !== "debug" || this.debug) {
          this.events.diagnostic(severity, request.getMessage(), request.getUrn(), request.getEphemeral());
        }
        return new Empty();
      },
      getRootResource: () => {
        const response = new pb.GetRootResourceResponse();
        response.setUrn(this.root);
        return response;
      },
      setRootResource: (request: pb.SetRootResourceRequest) => {
        this.root = request.getUrn();
        return new pb.SetRootResourceResponse();
      },
      requirePulumiVersion: () => new pb.RequirePulumiVersionResponse(),
    };
  }
}
