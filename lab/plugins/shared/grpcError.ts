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
 * Most letters of an error's text on its way, which is a header of HTTP/2 with most signs as %XX. Between two Node.js
 * processes one of about 100 KB never arrives, and the call hangs.
 */
const LONGEST = 60_000;

/** Without halves of signs, which cannot be encoded. */
const wellFormed = (text: string) => Buffer.from(text).toString();

/** A text that arrives: of a longer one, such as that of a command with a large script, the middle is left out. */
function carried(message: string): string {
  const text = wellFormed(message);
  if (encodeURI(text).length <= LONGEST) return text;
  const head = text.slice(0, 2000);
  for (let length = LONGEST / 2; ; length /= 2) {
    const short = wellFormed(`${head}\n[… the middle is left out …]\n${text.slice(-length)}`);
    if (encodeURI(short).length <= LONGEST) return short;
  }
}

/**
 * The error as gRPC sends it: `UNKNOWN` unless it has a code. A partly made resource travels in the
 * details, as `pulumirpc.ErrorResourceInitFailed` inside `google.rpc.Status`.
 */
export function toServiceError(error: unknown): Partial<ServiceError> {
  const message = carried(error instanceof Error ? error.message : String(error));
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
