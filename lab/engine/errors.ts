/** A mistake of the user or of the world: shown as one message, never with a stack trace. */
export class UserError extends Error {
  constructor(
    message: string,
    readonly exitCode = 255,
  ) {
    super(message);
  }
}

/** The error has been shown already: only the exit status is left to give. */
export class Bail extends Error {
  constructor(message = "") {
    super(message);
  }
}

export function messageOf(error: unknown): string {
  if (
    error &&
    typeof error === "object" &&
    "details" in error &&
    typeof error.details === "string" &&
    error.details
  ) {
    return error.details;
  }
  return error instanceof Error ? error.message : String(error);
}
