import * as pb from "@pulumi/pulumi/proto/engine_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Events, Severity } from "../core/events";
import type { Handlers } from "./server";

const SEVERITIES: Severity[] = ["debug", "info", "warning", "error"];

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
