import * as grpc from "@grpc/grpc-js";
import { LanguageRuntimeClient } from "@pulumi/pulumi/proto/language_grpc_pb";
import { RunRequest as WireRequest, type RunResponse } from "@pulumi/pulumi/proto/language_pb";
import type { RunRequest } from "../core/run";
import { messageOf } from "../errors";
import { CHANNEL } from "./provider";
import type { Ending, RunningProgram } from "./program";

/** A program that lives in the caller: the Automation API's own LanguageRuntime service runs it. */
export function startInlineProgram(address: string, request: RunRequest, monitor: string): RunningProgram {
  const client = new LanguageRuntimeClient(address, grpc.credentials.createInsecure(), CHANNEL);
  const wire = new WireRequest();
  wire.setProject(request.project.name);
  wire.setStack(request.stack);
  wire.setOrganization("organization");
  wire.setPwd(request.project.root);
  wire.setProgram(".");
  wire.setDryrun(request.dryRun);
  wire.setParallel(request.parallel);
  wire.setMonitorAddress(monitor);
  for (const [key, value] of request.config) wire.getConfigMap().set(key, value.value);
  wire.setConfigsecretkeysList([...request.config].filter(([, v]) => v.secret).map(([k]) => k));
  let call: grpc.ClientUnaryCall | undefined;
  const ended = new Promise<Ending>((resolve) => {
    call = client.run(wire, (error: grpc.ServiceError | null, response: RunResponse) => {
      if (error) resolve({ ok: false, message: messageOf(error) });
      else if (response.getBail()) resolve({ ok: false, message: "" });
      else if (response.getError()) resolve({ ok: false, message: response.getError() });
      else resolve({ ok: true });
    });
  });
  return { ended: ended.finally(() => client.close()), stop: () => call?.cancel() };
}
