/** Exit code for arguments that make no sense, as the original command line used it. */
export const BAD_ARGUMENTS = 2;

/**
 * A mistake of the user's, or a refusal that says what to do instead.
 * It is printed as it is, without a stack trace; every other error is a bug of Phoenix.
 */
export class UserError extends Error {
  constructor(
    message: string,
    readonly exitCode: number = 1,
  ) {
    super(message);
  }
}
