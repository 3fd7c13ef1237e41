/** Starts the first process of a lab's host, and waits as long as it gets on until the host answers. */
import { type ChildProcess, spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { cpuTicks, firstProcess, kill } from "./machine/firstProcess";
import { type Layout } from "./machine/layout";
import { defaultMachine, readMachine } from "./machine/machineFile";
import { Mistake } from "./machine/mistake";
import { asRoot } from "./machine/privilege";
import { readSettings } from "./machine/settings";

/** What became of a launch: `running` when somebody else's start of the same lab was quicker. */
export type Launched = "started" | "running";

/** Another program listens on one of the lab's ports. */
export class PortsTaken extends Mistake {}

/** The line that init.sh or the daemon says once. */
interface Said {
  ready?: true;
  /** The lab is started already, by another program. */
  busy?: true;
  error?: string;
  portTaken?: boolean;
}

const checkout = resolve(__dirname, "..", "..");
// By its full name: the daemon starts in the lab's folder. All of it is CommonJS, which is the faster way.
const typescript = join(checkout, "scripts", "typescript.js");

/** How long a start may do nothing at all. How long it takes is the machine's affair: ten at once take minutes. */
const patienceMs = 60_000;
/** CPU time, in ticks of 10 ms, that a start which gets on has used meanwhile, however busy the machine. */
const signOfLifeTicks = 10;

/**
 * Starts the lab.
 * @param answers whether the lab's control socket answers
 * @throws PortsTaken, or a Mistake with the reason
 */
export async function launch(lab: Layout, answers: () => Promise<boolean>): Promise<Launched> {
  for (;;) {
    const child = spawnFirst(lab);
    const said = await firstLine(child, lab.log, patienceMs);
    if (said.ready) return "started";
    const why = `the lab did not start: ${said.error} (see ${lab.log})`;
    if (said.portTaken) throw new PortsTaken(why);
    if (!said.busy) throw new Mistake(why);
    if (await otherStart(lab, answers)) return "running";
  }
}

function spawnFirst(lab: Layout): ChildProcess {
  const log = openSync(lab.log, "a");
  const init = join(__dirname, "machine", "rootfs", "init.sh");
  // Where the daemon's doors open: this process's network, which it sees until it says that it is ready.
  const outside = `/proc/${process.pid}/ns/net`;
  const daemon = [process.execPath, "--require", typescript, join(__dirname, "daemon.ts"), lab.dir, outside];
  const [program, ...args] = asRoot(
    "unshare",
    ...["--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--net", "--"],
    ...["bash", join(__dirname, "isolation", "network.sh"), addresses(lab)],
    ...["bash", init, lab.dir, checkout, ...daemon],
  );
  return spawn(program, args, {
    cwd: checkout,
    detached: true,
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ...cpuLog() },
    stdio: ["ignore", "pipe", log],
  });
}

/** Where scripts/testing/cpu.js writes what the daemon used, when the tests are profiled. */
const cpuLog = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => /^CPU_LOG/.test(name)));

/** The host's own addresses, as words. */
function addresses(lab: Layout): string {
  const machine = readMachine(readSettings(lab)?.machine ?? defaultMachine);
  return machine.bridges.map(({ address }) => address).join(" ");
}

/** What a starting lab says, or why it says nothing; one that does nothing for `patience` ms is ended. */
export function firstLine(child: ChildProcess, log: string, patience: number): Promise<Said> {
  return new Promise((settle) => {
    let said = "";
    const { pid } = child;
    const watch = pid === undefined ? undefined : new Watch(pid, patience);
    const timer = setInterval(() => {
      if (pid === undefined || watch?.getsOn() !== false) return;
      kill(pid, "KILL");
      done({ error: `it did nothing for ${patience / 1000} s` });
    }, patience / 10);
    const done = (answer: Said) => {
      clearInterval(timer);
      child.removeAllListeners("close");
      child.stdout?.destroy();
      child.unref();
      settle(answer);
    };
    child.on("error", (error) => done({ error: error.message }));
    child.on("close", () => done({ error: lastLine(log) }));
    child.stdout?.on("data", (data: Buffer) => {
      said += data.toString("utf8");
      if (said.includes("\n")) done(JSON.parse(said.split("\n")[0] ?? "{}") as Said);
    });
  });
}

/** Whether a process and those below it work: by their CPU time, of which a waiting one uses none. */
class Watch {
  #since = Date.now();
  #ticks: number;

  constructor(
    readonly pid: number,
    readonly patience: number,
  ) {
    this.#ticks = cpuTicks(pid);
  }

  getsOn(): boolean {
    const ticks = cpuTicks(this.pid);
    if (ticks >= this.#ticks + signOfLifeTicks) {
      this.#ticks = ticks;
      this.#since = Date.now();
    }
    return Date.now() < this.#since + this.patience;
  }
}

/**
 * Waits for the start that holds the lab's folder: true once the lab answers; false when it ended, or was ended
 * because it did nothing, so that the folder is free.
 */
async function otherStart(lab: Layout, answers: () => Promise<boolean>): Promise<boolean> {
  let watch: Watch | undefined;
  for (;;) {
    const pid = firstProcess(lab);
    if (pid === undefined) return false;
    if (await answers()) return true;
    watch ??= new Watch(pid, patienceMs);
    if (!watch.getsOn()) kill(pid, "KILL");
    await new Promise((wait) => setTimeout(wait, 100));
  }
}

function lastLine(file: string): string {
  return readFileSync(file, "utf8").trim().split("\n").at(-1) ?? "";
}
