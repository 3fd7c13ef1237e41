/** The environment of root's processes on the host. */
import { existsSync } from "node:fs";

/** Debian's PATH for root. */
export const rootPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// The installer of Proxmox VE sets en_US.UTF-8; without its data every Perl script would warn.
const haveEnglish = ["/usr/lib/locale/locale-archive", "/usr/lib/locale/en_US.utf8"].some((path) =>
  existsSync(path),
);

/** What a login of root gets; nothing of the daemon's own environment. */
export function rootEnvironment(): Record<string, string> {
  return {
    HOME: "/root",
    LANG: haveEnglish ? "en_US.UTF-8" : "C.UTF-8",
    LOGNAME: "root",
    PATH: rootPath,
    SHELL: "/bin/bash",
    USER: "root",
  };
}

/**
 * For programs that the daemon runs with its own pipes, which are sockets: on one, Debian's bash takes itself for
 * rshd's and reads root's .bashrc, unless it is a shell below another. Outside of the host that is this machine's.
 */
export const innerEnvironment = (): Record<string, string> => ({ ...rootEnvironment(), SHLVL: "1" });

/** Command line that runs a program inside a root file system, in a working folder of it. */
export function insideRoot(root: string, cwd: string, argv: string[]): [string, string[]] {
  return ["/usr/bin/unshare", [`--root=${root}`, `--wd=${cwd}`, "--", ...argv]];
}
