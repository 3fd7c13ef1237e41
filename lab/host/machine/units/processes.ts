/** Long-running processes of services that only a unit file describes. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import type { Host } from "../../types";
import { insideRoot, rootEnvironment } from "../environment";
import { log } from "./journal";
import { setState, stateOf } from "./state";

const processes = new WeakMap<Host, Map<string, ChildProcess>>();

function of(host: Host): Map<string, ChildProcess> {
  let found = processes.get(host);
  if (found === undefined) processes.set(host, (found = new Map<string, ChildProcess>()));
  return found;
}

/** A container that has ended has no journal any more. */
function tell(host: Host, entry: Parameters<typeof log>[1]): void {
  if (existsSync(host.root)) log(host, entry);
}

/** Whether any process of a group is left. */
function groupLives(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Starts the main process of a service; gives its number. Its end changes the service's state. */
export function runDetached(
  host: Host,
  unit: string,
  argv: string[],
  variables: Record<string, string>,
  { cwd, prefix }: { cwd: string; prefix: string[] },
): number | undefined {
  const [program, args] =
    host.enter?.([...prefix, ...argv], cwd) ?? insideRoot(host.root, cwd, [...prefix, ...argv]);
  const child = spawn(program, args, {
    env: { ...rootEnvironment(), ...variables },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  if (child.pid === undefined) return undefined;
  const identifier = argv[0]?.split("/").at(-1) ?? unit;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      for (const message of text.split("\n"))
        if (message !== "") tell(host, { identifier, pid: child.pid ?? 0, unit, message });
    });
  }
  child.on("error", () => undefined);
  child.on("exit", (code) => {
    if (of(host).get(unit) !== child) return;
    of(host).delete(unit);
    if (stateOf(host, unit).active !== "active") return;
    const good = code === 0;
    if (!good) {
      tell(host, {
        identifier: "systemd",
        pid: 1,
        unit,
        message: `${unit}: Main process exited, code=exited, status=${code ?? 9}/n/a`,
        priority: 5,
      });
      tell(host, {
        identifier: "systemd",
        pid: 1,
        unit,
        message: `${unit}: Failed with result 'exit-code'.`,
        priority: 4,
      });
    }
    setState(host, unit, {
      active: good ? "inactive" : "failed",
      sub: good ? "dead" : "failed",
      result: good ? "success" : "exit-code",
      status: code ?? 9,
      pid: 0,
    });
  });
  of(host).set(unit, child);
  return child.pid;
}

/** Ends a service's process and everything it started: SIGTERM, and SIGKILL after a while. */
export async function stopDetached(host: Host, unit: string): Promise<void> {
  const child = of(host).get(unit);
  if (child?.pid === undefined) return;
  of(host).delete(unit);
  const { pid } = child;
  for (const [signal, wait] of [
    ["SIGTERM", 2000],
    ["SIGKILL", 2000],
  ] as const) {
    try {
      process.kill(-pid, signal);
    } catch {
      return;
    }
    for (const end = Date.now() + wait; groupLives(pid) && Date.now() < end;)
      await new Promise((resolve) => setTimeout(resolve, 10));
    if (!groupLives(pid)) return;
  }
}
