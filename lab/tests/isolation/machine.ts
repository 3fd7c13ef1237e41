/** What of this machine a lab could have left changed, seen from outside. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * Every file below folders that a host's scripts write to: kind, mode, owner, size, link target, and the time of
 * its last change of whatever kind (ctime), which no program can set back; contents too where they are small.
 * Left out are the hidden folders of root's home that hold caches and tools of whoever works on this machine.
 */
export function files(): Map<string, string> {
  const find = (folders: string[], ...tests: string[]) => {
    const format = "%p\\t%y %m %U:%G %s %C@ %l\\n";
    const { stdout, status, stderr } = spawnSync("find", [...folders, "-xdev", ...tests, "-printf", format], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    if (status !== 0) throw new Error(stderr);
    return stdout.trimEnd().split("\n");
  };
  const home = [
    "(",
    "-path",
    "/root/.*",
    "-type",
    "d",
    "!",
    "-path",
    "/root/.ssh",
    "!",
    "-path",
    "/root/.pulumi",
  ];
  const lines = [
    ...find(["/etc", "/var/lib", "/home"], "!", "-type", "d"),
    ...find(["/root"], ...home, "-prune", "-false", ")", "-o", "!", "-type", "d"),
  ];
  const found = new Map(lines.map((line) => line.split("\t") as [string, string]));
  const sums = spawnSync("sh", ["-c", "find /etc /home -xdev -type f -exec sha1sum {} +"], {
    encoding: "utf8",
  });
  for (const line of sums.stdout.trimEnd().split("\n")) {
    const [sum = "", ...path] = line.split("  ");
    const name = path.join("  ");
    found.set(name, `${found.get(name) ?? ""} ${sum}`);
  }
  return found;
}

/** Paths that are new, gone or different. */
export function differences(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .sort();
}

/** What each process of the machine says in a file below /proc/PID, as far as it can be read. */
function processes(read: (pid: string) => string): [pid: string, text: string][] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid): [string, string][] => {
      try {
        return [[pid, read(pid)]];
      } catch {
        return [];
      }
    });
}

/** Processes whose command line or working folder names a folder. */
export function processesOf(folder: string): string[] {
  const said = (pid: string) =>
    `${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")} ${readlinkSync(`/proc/${pid}/cwd`)}`;
  return processes(said).flatMap(([pid, text]) => (text.includes(folder) ? [`${pid} ${text}`] : []));
}

/** Processes that see a mount below a folder, in whatever mount namespace they are. */
export function mountsOf(folder: string): string[] {
  return processes((pid) => readFileSync(`/proc/${pid}/mountinfo`, "utf8")).flatMap(([pid, text]) =>
    text.includes(folder) ? [pid] : [],
  );
}

/** The network namespace of a process. */
export const networkOf = (pid: string): string => readlinkSync(`/proc/${pid}/ns/net`);
