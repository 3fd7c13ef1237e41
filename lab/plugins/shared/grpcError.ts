import { Metadata, status } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { InitFailed } from "./provider";
import { toStruct } from "./wire";

/** An error with a gRPC code of its own, such as `NOT_FOUND`. */
export class CodedError extends Error {
  constructor(
    readonly code: status,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The error as gRPC sends it: `UNKNOWN` unless it has a code. A partly made resource travels in the
 * details, as `pulumirpc.ErrorResourceInitFailed` inside `google.rpc.Status`.
 */
export function toServiceError(error: unknown): Partial<ServiceError> {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof CodedError ? error.code : status.UNKNOWN;
  if (!(error instanceof InitFailed)) return { code, details: message };
  const failed = new ErrorResourceInitFailed();
  failed.setId(error.id);
  failed.setProperties(toStruct(error.state));
  failed.setInputs(toStruct(error.inputs));
  failed.setReasonsList(error.reasons);
  const detail = new Any();
  detail.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const wrapped = new Status();
  wrapped.setCode(code);
  wrapped.setMessage(message);
  wrapped.addDetails(detail);
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(wrapped.serializeBinary()));
  return { code, details: message, metadata };
}
