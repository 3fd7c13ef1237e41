/**
 * What a method of Proxmox VE can fail with. The command line prints the text, the API puts it into the
 * HTTP reason phrase.
 */

/** A failure with Proxmox VE's own text. */
export class PveError extends Error {
  constructor(
    message: string,
    /** HTTP status of the API's answer. */
    readonly status = 500,
  ) {
    super(message);
  }

  /** As the command line prints it: a status other than 500 stands before the text. */
  get text(): string {
    return this.status === 500 ? this.message : `${this.status} ${this.message}`;
  }
}

/** `400 Parameter verification failed.` with a reason per parameter. */
export class ParameterError extends PveError {
  constructor(readonly errors: Record<string, string>) {
    super("Parameter verification failed.", 400);
  }

  override get text(): string {
    const reasons = Object.entries(this.errors).map(([key, reason]) => `${key}: ${reason}`);
    return [`${this.status} ${this.message}`, ...reasons].join("\n");
  }
}

/** `403 Permission check failed (…)`. */
export class PermissionError extends PveError {
  constructor(reason: string) {
    super(`Permission check failed (${reason})`, 403);
  }
}

/** Wrong use of a command: the usage line follows its text. */
export class UsageError extends PveError {
  constructor(
    message: string,
    /** Lines printed before the message, such as `Unknown option: bogus`. */
    readonly warnings: string[] = [],
  ) {
    super(message, 400);
  }
}

/** The text of anything thrown, without a stack. */
export function messageOf(error: unknown): string {
  if (error instanceof PveError) return error.text;
  return error instanceof Error ? error.message : String(error);
}
