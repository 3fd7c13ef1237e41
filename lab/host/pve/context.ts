/** Who calls a method, and where its output goes. */
import type { Host } from "../types";
import type { Parameters, Values } from "./schema/types";

export interface Context {
  host: Host;
  /** `root@pam`, or `root@pam!token` for a token. */
  user: string;
  /** What the user may do. */
  permissions: Permissions;
  /** Whether it is the command line on the node, whose workers run in the foreground. */
  cli: boolean;
  /** A line for standard output of a command. */
  print: (line: string) => void;
  /** A line for standard error of a command. */
  warn: (line: string) => void;
  /**
   * Runs a task: on the command line to its end, printing its log; for the API in the background.
   * Answers its UPID.
   */
  fork: (type: string, id: string, work: Work) => Promise<string>;
}

/** The body of a task; `log` takes the lines of its log, `warn` what makes it end with `WARNINGS: 1`, a success. */
export type Work = (log: (line: string) => void, warn: (message: string) => void) => Promise<void> | void;

/** One method of the API. Commands are thin names for methods. */
export interface Method {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below /api2/json, with {names} of parameters. */
  path: string;
  parameters: Parameters;
  /** Throws PermissionError; root@pam and its full tokens are never asked. Absent: every user. */
  permission?: (check: Permissions, values: Values) => void;
  /** Answers without a ticket or token. */
  open?: true;
  run: (context: Context, values: Values) => Promise<unknown>;
}

/** What the caller may do. */
export interface Permissions {
  has: (path: string, privilege: string) => boolean;
  /** Throws PermissionError when none of the privileges is held. */
  require: (path: string, privileges: string[]) => void;
}
