import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "../../shared/provider";

const firstDelay = 100;
const backoff = 1.5;
const longestDelay = 5000;

/**
 * Attempts until one succeeds or more than `limit` have failed (-1: no limit), waiting 0.1 s after the first
 * and half as long again after each, 5 s at most: about 16 s for the default limit of 10. As `retry.Until`
 * of Pulumi's Go SDK, which the real plugin dials with.
 */
export async function dialWithRetry<T>(
  label: string,
  limit: number,
  context: Context,
  attempt: () => Promise<T>,
): Promise<T> {
  let delay = firstDelay;
  for (let failed = 0; ; failed++) {
    try {
      return await attempt();
    } catch (error) {
      if (limit > -1 && failed + 1 > limit)
        throw new Error(`after ${failed} failed attempts: ${(error as Error).message}`, { cause: error });
    }
    await context.status("info", `${label} ${failed + 1}/${limit === -1 ? "inf" : limit} failed: retrying`);
    try {
      await sleep(delay, undefined, { signal: context.signal });
    } catch {
      throw new Error("context canceled");
    }
    delay = Math.min(delay * backoff, longestDelay);
  }
}
