import { setTimeout as sleep } from "node:timers/promises";
import { httpErrorOf, messageOf } from "./errors";

/** Whether the provider asks again: an answer of 500 or above, or a worker that did not start in time. */
export function isTransient(error: unknown): boolean {
  const http = httpErrorOf(error);
  if (http) return http.status >= 500;
  return /got no worker upid|got timeout/.test(messageOf(error));
}

export interface Attempts {
  retryIf: (error: unknown) => boolean;
  /**
   * Reads an error of a second or third attempt as success of the first. This is how the real provider
   * adopts a foreign guest: "already exists" counts as "already done".
   */
  alreadyDone?: (error: unknown) => boolean;
  /** How often at most; 3 unless told. */
  attempts?: number;
  /** Throws the last error alone. */
  lastOnly?: boolean;
  /** Milliseconds before the second attempt; doubles for the third. */
  baseDelay?: number;
  signal: AbortSignal;
}

/** Up to three attempts, unless told otherwise. All errors are in the one thrown, unless only the last is wanted; undefined when the work had been done already. */
export async function attempt<T>(options: Attempts, operation: () => Promise<T>): Promise<T | undefined> {
  const errors: unknown[] = [];
  for (let delay = options.baseDelay ?? 1000; ; delay *= 2) {
    try {
      return await operation();
    } catch (error) {
      if (errors.length > 0 && options.alreadyDone?.(error)) return undefined;
      errors.push(error);
      if (errors.length === (options.attempts ?? 3) || !options.retryIf(error))
        throw options.lastOnly ? error : allFailed(errors);
    }
    await sleep(delay, undefined, { signal: options.signal });
  }
}

function allFailed(errors: unknown[]): Error {
  const lines = errors.map((error, index) => `#${index + 1}: ${messageOf(error)}`);
  return new Error(`All attempts fail:\n${lines.join("\n")}`, { cause: errors.at(-1) });
}

/**
 * Repeats a look until it finds something or the time is over (then undefined). The real provider looks once a
 * second; this one four times, so that a fast lab is not slowed down by its own provider.
 */
export async function poll<T>(
  signal: AbortSignal,
  deadline: number,
  look: () => Promise<T | undefined>,
  interval = 250,
): Promise<T | undefined> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() + interval > deadline) return undefined;
    await sleep(interval, undefined, { signal });
  }
}
