/** Programs in a running container, entered as lxc-attach does. */
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { inRoot } from "../../machine/confined";
import type { Host } from "../../types";

/** A container's first process. */
export interface Inside {
  /** As the node counts. */
  pid: number;
  /** Whether it has a user namespace of its own. */
  mapped: boolean;
}

export interface Attach {
  /** Working folder; `/` where the guest does not have it, as lxc-attach does. */
  cwd?: string;
  /** Whether the environment of the caller is kept; true by default, as with `pct exec`. */
  keepEnvironment?: boolean;
}

/** util-linux of the machine; without this option programs start in the guest's root folder. */
const knowsWorkingFolder =
  spawnSync("nsenter", ["--help"], { encoding: "utf8" }).stdout?.includes("--wdns") ?? false;

/** How lxc-attach clears the environment. */
const CLEAR = ["-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=linux"];

/** Where the daemon sees the root file system of a guest, by its first process. */
export const rootOf = (node: Host, pid: number): string => join(node.root, `proc/${pid}/root`);

/** The command line that runs a program in a container, to be run on the node. */
export function intoGuest(node: Host, inside: Inside, argv: string[], options: Attach = {}): string[] {
  const mapped = inside.mapped ? ["--user", "--setuid", "0", "--setgid", "0"] : [];
  const { cwd = "/root" } = options;
  const there =
    statSync(inRoot(rootOf(node, inside.pid), cwd), { throwIfNoEntry: false })?.isDirectory() === true;
  const folder = there && knowsWorkingFolder ? [`--wdns=${cwd}`] : [];
  return [
    // Outside: the guest need not have env.
    ...["env", ...(options.keepEnvironment === false ? CLEAR : []), "container=lxc"],
    ...[
      "nsenter",
      "--target",
      String(inside.pid),
      ...mapped,
      "--mount",
      "--uts",
      "--ipc",
      "--pid",
      ...folder,
    ],
    ...["--", ...argv],
  ];
}
