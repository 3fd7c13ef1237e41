/** Where faults strike: what the stand-ins' server, SSH and the API ask before they do something. */
import { setTimeout as sleep } from "node:timers/promises";
import { unlessKilled } from "../machine/workers";
import type { Answer, Host } from "../types";
import type { FaultBook } from "./book";
import { dpkgLock, holderName, holderOf } from "./lock";
import { reasons } from "./messages";

/** What happens to a call of a stand-in instead of what should; undefined lets it be run. */
export async function beforeCommand(
  host: Host,
  book: FaultBook,
  name: string,
  args: string[],
): Promise<Answer | undefined> {
  const fault = book.strike("command", [name, ...args].join(" "));
  if (fault?.slowMs !== undefined) await sleep(fault.slowMs).then(unlessKilled);
  if (fault?.exit !== undefined) return { code: fault.exit, stderr: fault.stderr ?? "" };
  return dpkgLocked(host, name, args);
}

/** Words of apt-get and dpkg that take the lock of dpkg's front ends. */
const locking =
  /^(install|remove|purge|autoremove|upgrade|dist-upgrade|full-upgrade|-i|--install|-r|--remove|-P|--purge|--configure)$/;

/**
 * As apt does (apt-pkg/contrib/fileutl.cc and deb/debsystem.cc): the lock is waited for as long as
 * DPkg::Lock::Timeout says, 0 by default; -1 waits for ever. dpkg does not wait.
 */
async function dpkgLocked(host: Host, name: string, args: string[]): Promise<Answer | undefined> {
  if (!["apt-get", "apt", "dpkg"].includes(name) || !args.some((word) => locking.test(word)))
    return undefined;
  let holder = holderOf(host, dpkgLock);
  if (holder === undefined) return undefined;
  const by = ` It is held by process ${holder} (${holderName})`;
  if (name === "dpkg") {
    return {
      code: 2,
      stderr: `dpkg: error: dpkg frontend lock was locked by another process with pid ${holder}\nNote: removing the lock file is always wrong, can damage the locked area\nand the entire system. See <https://wiki.debian.org/Teams/Dpkg/FAQ#db-lock>.\n`,
    };
  }
  const option = args.join(" ").match(/DPkg::Lock::Timeout=(-?\d+)/i)?.[1];
  const end = option === "-1" ? Infinity : Date.now() + Number(option ?? 0) * 1000;
  const waited =
    option === undefined || option === "0"
      ? ""
      : `Waiting for cache lock: Could not get lock ${dpkgLock}.${by}...\n`;
  while (holder !== undefined && Date.now() < end) {
    await sleep(100);
    holder = holderOf(host, dpkgLock);
  }
  if (holder === undefined) return undefined;
  return {
    code: 100,
    stderr:
      `${waited}E: Could not get lock ${dpkgLock}.${by}\n` +
      "N: Be aware that removing the lock file is not a solution and may break your system.\n" +
      `E: Unable to acquire the dpkg frontend lock (${dpkgLock}), is another process using it?\n`,
  };
}

/** What a request to the API meets: a reply of its own, `hang`, or nothing out of the ordinary. */
export type BeforeRequest = (
  line: string,
) => Promise<"hang" | { status: number; reason: string } | undefined>;

export function beforeRequest(book: FaultBook): BeforeRequest {
  return async (line) => {
    const fault = book.strike("api", line);
    if (fault === undefined) return undefined;
    if (fault.slowMs !== undefined) await sleep(fault.slowMs);
    if (fault.hang === true) return "hang";
    if (fault.status === undefined) return undefined;
    return { status: fault.status, reason: fault.reason ?? reasons[fault.status] ?? "" };
  };
}

/** How an SSH connection breaks under a command: at once, or later in it. */
export interface Drop {
  afterBytes?: number;
  afterMs?: number;
}

export type BeforeSsh = (command: string) => Drop | undefined;

export const beforeSsh =
  (book: FaultBook): BeforeSsh =>
  (command) =>
    book.strike("drop", command);
