/** An answer of the API that is no success, in the provider's words. */
export class HttpError extends Error {
  /** @param text Status text, with the details of the body in brackets. */
  constructor(
    readonly status: number,
    readonly text: string,
  ) {
    const answer = `received an HTTP ${status} response - Reason: ${text}`;
    super(prefixOf(status, text) + answer);
  }

  get isMissing(): boolean {
    return isMissing(this.status, this.text);
  }
}

function isMissing(status: number, text: string): boolean {
  const words = ["does not exist", "no such resource", "no such ha", "No such file or directory"];
  return status === 404 || (status === 500 && words.some((word) => text.includes(word)));
}

function prefixOf(status: number, text: string): string {
  if (isMissing(status, text)) return "the requested resource does not exist\n";
  return text.includes("already exists") ? "the requested resource already exists\n" : "";
}

/** The same error behind more words; what caused it stays reachable. */
export function wrap(words: string, error: unknown): Error {
  return new Error(`${words}: ${messageOf(error)}`, { cause: error });
}

/** The API's answer behind an error, if one is. */
export function httpErrorOf(error: unknown): HttpError | undefined {
  if (error instanceof HttpError) return error;
  return error instanceof Error && error.cause !== undefined ? httpErrorOf(error.cause) : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A failed operation as the bridge reports one: Terraform's list of errors. */
export function diagnostic(error: unknown, summary?: string): Error {
  const text = summary === undefined ? messageOf(error) : `${summary}: ${messageOf(error)}`;
  return new Error(`1 error occurred:\n\t* ${text}\n\n`, { cause: error });
}

/** A task of an operation, named in front of its error as Terraform's summary. */
export async function step<T>(summary: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw wrap(summary, error);
  }
}
