/** Pulumi's exit statuses, as scripts tell them apart. */
export const EXIT = {
  error: 1,
  /** Nobody could be asked, and neither --yes nor --skip-preview was given. */
  configuration: 2,
  stackNotFound: 6,
  /** --expect-no-changes, and there were changes. */
  noChanges: 7,
  internal: 255,
} as const;

/** A mistake of the user or of the world: shown as one message, never with a stack trace. */
export class UserError extends Error {
  constructor(
    message: string,
    readonly exitCode: number = EXIT.error,
  ) {
    super(message);
  }
}

/** A protected resource was to be deleted. Pulumi goes on behind it, so that one run tells of all of them. */
export class ProtectedError extends UserError {}

/** The error has been shown already: only the exit status is left to give. */
export class Bail extends Error {
  constructor(message = "") {
    super(message);
  }
}

export const stackNotFound = (name: string): UserError =>
  new UserError(`no stack named '${name}' found`, EXIT.stackNotFound);

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
