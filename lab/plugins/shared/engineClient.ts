import { connectivityState, credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import type { Severity } from "./provider";

const severities: Record<Severity, LogSeverity> = {
  debug: LogSeverity.DEBUG,
  info: LogSeverity.INFO,
  warning: LogSeverity.WARNING,
  error: LogSeverity.ERROR,
};

/** Taken as soon as this loads: a parent that ends while the plugin starts has to be noticed too. */
const parentAtStart = process.ppid;

/** A plugin's way back to the engine that started it. */
export class EngineLink {
  readonly #client: InstanceType<typeof EngineClient> | undefined;

  constructor(readonly address: string | undefined) {
    if (address)
      this.#client = new EngineClient(address, credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
  }

  /** Sends a log message; without an engine, or when it is gone, the message goes to standard error. */
  log(severity: Severity, urn: string, message: string, ephemeral: boolean): Promise<void> {
    const client = this.#client;
    if (!client) {
      process.stderr.write(`${severity}: ${message}\n`);
      return Promise.resolve();
    }
    const request = new LogRequest();
    request.setSeverity(severities[severity]);
    request.setUrn(urn);
    request.setMessage(message);
    request.setEphemeral(ephemeral);
    return new Promise((resolve) => {
      client.log(request, (error) => {
        if (error) process.stderr.write(`${severity}: ${message}\n`);
        resolve();
      });
    });
  }

  /**
   * Calls `gone` once when the engine has ended: its port refuses, or this process has a new parent. Both
   * are looked at because an engine killed outright closes nothing in an orderly way, and one that started
   * the plugin through a wrapper is not its parent.
   */
  watch(gone: () => void): void {
    const check = setInterval(() => {
      if (process.ppid !== parentAtStart) gone();
    }, 250);
    check.unref();
    const client = this.#client;
    if (!client) return;
    const channel = client.getChannel();
    const follow = (state: connectivityState): void => {
      if (state === connectivityState.TRANSIENT_FAILURE) return gone();
      if (state === connectivityState.SHUTDOWN) return;
      channel.watchConnectivityState(state, Infinity, () => follow(channel.getConnectivityState(true)));
    };
    follow(channel.getConnectivityState(true));
  }
}
