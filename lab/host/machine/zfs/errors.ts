/** A refusal in OpenZFS's own words; `message` is what stands on standard error, without the line's end. */
export class ZfsError extends Error {
  /** Exit code of the command. */
  readonly code: number;

  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}

/** Runs a step and puts what failed in front of its reason: `cannot create 'tank/a': …`. */
export function explain<T>(what: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof ZfsError) throw new ZfsError(`${what}: ${error.message}`, error.code);
    throw error;
  }
}
