import type { Context } from "../../shared/provider";
import type { ApiClient } from "./client";
import { httpErrorOf, messageOf, wrap } from "./errors";
import { poll } from "./retry";

interface TaskStatus {
  status: string;
  exitstatus?: string;
}

/** What an operation knows of its limits. */
export interface Limits {
  signal: AbortSignal;
  /** Moment, in milliseconds since the epoch, at which waiting ends. */
  deadline: number;
  /** Shows the user a warning. */
  warn?: (message: string) => Promise<void>;
}

/** Limits of an operation that begins now and may take this many seconds; its warnings are the resource's. */
export function limitsOf(context: Context, seconds: number): Limits {
  const deadline = Date.now() + seconds * 1000;
  return { signal: context.signal, deadline, warn: (message) => context.log("warning", message) };
}

/** A task's UPID names its node: UPID:node:pid:… */
function nodeOf(upid: string): string {
  return upid.split(":")[1] ?? "";
}

/**
 * Waits for a task, looking at once and then each second. A task that ends with warnings has succeeded, and they are
 * shown.
 * @throws An error with the exit status and the task's log.
 */
export async function waitForTask(api: ApiClient, upid: string, limits: Limits): Promise<void> {
  const path = `nodes/${nodeOf(upid)}/tasks/${encodeURIComponent(upid)}`;
  const ended = await poll(limits.signal, limits.deadline, async () => {
    try {
      const status = await api.call<TaskStatus>("GET", `${path}/status`);
      return status.status === "running" ? undefined : status;
    } catch (error) {
      // A task that was made just now may not be known yet.
      if (httpErrorOf(error)?.status === 400) return undefined;
      throw wrap(`error while waiting for task "${upid}" to complete: error retrieving task status`, error);
    }
  });
  if (!ended) throw new Error(`timeout while waiting for task "${upid}" to complete`);
  const exit = ended.exitstatus ?? "";
  if (exit === "OK") return;
  if (exit.startsWith("WARNINGS: ") && !exit.includes("ERROR")) {
    const lines = await api.call<{ t: string }[]>("GET", `${path}/log`).catch(() => []);
    const told = lines.map((line) => line.t).filter((line) => line.includes("WARN:"));
    await limits.warn?.(
      `task "${upid}" completed with warnings (${exit})${told.map((line) => `\n${line}`).join("")}`,
    );
    return;
  }
  const failed = `task "${upid}" failed to complete with exit code: ${exit}`;
  const lines = await api.call<{ t: string }[]>("GET", `${path}/log`).catch((error: unknown) => {
    throw new Error(`${failed} (${messageOf(error)})`, { cause: error });
  });
  const log = lines.map((line) => line.t).filter((line) => !line.includes("WARN:"));
  throw new Error(log.length > 0 ? `${failed}\ntask log:\n  ${log.join("\n  ")}` : failed);
}
