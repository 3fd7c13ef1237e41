import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { median } from "./stack";

/** What the lab's host is allowed to take. */
export const LAB_LIMITS = { startSeconds: 2, statusMilliseconds: 60, sideBySide: 1.5 };

export interface LabFigures {
  /** From `lab start` until SSH and API answer, whole processes, disks and keys there: the median. */
  startSeconds: number;
  /** The very first start of a folder, which makes keys and a certificate. */
  firstStartSeconds: number;
  /** `pct status` over SSH, a new connection of OpenSSH's client each: the median. */
  statusMilliseconds: number;
  /** A connection that does nothing (`true`): the median. */
  connectMilliseconds: number;
  /** Eight commands that each wait a second and ask for a status, at once, in times of one. */
  sideBySide: number;
}

const executable = join(__dirname, "..", "lab", "bin", "lab");

interface Info {
  ssh: { port: number; privateKeyFile: string; hostKey: string };
}

/** A lab of its own in a temporary folder. */
class BenchLab {
  readonly folder = mkdtempSync(join(tmpdir(), "phoenix-bench-lab-"));

  /** @throws Error with what was said, unless it ends with 0 */
  run(command: string, ...args: string[]): string {
    const ran = spawnSync(executable, [command, "--dir", this.folder, ...args], { encoding: "utf8" });
    if (ran.status !== 0)
      throw new Error(`lab ${command} ${args.join(" ")} ended with ${ran.status}\n${ran.stderr}`);
    return ran.stdout;
  }

  #info: Info["ssh"] | undefined;

  start(): number {
    return seconds(() => this.run("start"));
  }

  /** Milliseconds of a command over a connection of its own. */
  async ssh(command: string): Promise<number> {
    const known = join(this.folder, "known_hosts");
    if (this.#info === undefined) {
      this.#info = (JSON.parse(this.run("info", "--json")) as Info).ssh;
      writeFileSync(known, `[127.0.0.1]:${this.#info.port} ${this.#info.hostKey}\n`);
    }
    const { port, privateKeyFile } = this.#info;
    const options = ["BatchMode=yes", `UserKnownHostsFile=${known}`].flatMap((one) => ["-o", one]);
    const args = [
      "-F",
      "/dev/null",
      "-i",
      privateKeyFile,
      "-p",
      String(port),
      ...options,
      "root@127.0.0.1",
      command,
    ];
    const began = performance.now();
    const child = spawn("ssh", args, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (data: Buffer) => (said += data.toString()));
    const code = await new Promise((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(`ssh ${command} ended with ${String(code)}\n${said}`);
    return performance.now() - began;
  }

  remove(): void {
    this.run("stop");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function seconds(work: () => void): number {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1000;
}

async function repeat(count: number, work: () => Promise<number>): Promise<number> {
  const found: number[] = [];
  for (let i = 0; i < count; i++) found.push(await work());
  return median(found);
}

const EIGHT = 8;

/** Measures a lab's host; undefined where it cannot run or there is no `ssh`. */
export async function measureLab(quick: boolean): Promise<LabFigures | undefined> {
  if (process.getuid?.() !== 0 && spawnSync("sudo", ["-n", "true"]).status !== 0) return undefined;
  if (spawnSync("ssh", ["-V"]).error !== undefined) return undefined;
  const lab = new BenchLab();
  try {
    const firstStartSeconds = lab.start();
    const starts = Array.from({ length: quick ? 3 : 5 }, () => {
      lab.run("stop");
      return lab.start();
    });
    const template = "ubuntu-24.04-standard_24.04-2_amd64.tar.zst";
    lab.run(
      "exec",
      "--",
      "bash",
      "-c",
      `zpool create tank nvme0n1 && pvesm add zfspool tank --pool tank &&
      pveam download local ${template} && pct create 100 local:vztmpl/${template} --rootfs tank:1`,
    );
    const times = quick ? 10 : 30;
    const statusMilliseconds = await repeat(times, () => lab.ssh("pct status 100"));
    const connectMilliseconds = await repeat(times, () => lab.ssh("true"));
    const waiting = "sleep 1; pct status 100";
    const one = await lab.ssh(waiting);
    const eight = await Promise.all(Array.from({ length: EIGHT }, () => lab.ssh(waiting)));
    return {
      startSeconds: median(starts),
      firstStartSeconds,
      statusMilliseconds,
      connectMilliseconds,
      sideBySide: Math.max(...eight) / one,
    };
  } finally {
    lab.remove();
  }
}

/** The figures for people, and the names of those that are over their limit. */
export function labText(figures: LabFigures): { text: string; over: string[] } {
  const { startSeconds, firstStartSeconds, statusMilliseconds, connectMilliseconds, sideBySide } = figures;
  const text = [
    `lab start to ready: ${startSeconds.toFixed(2)} s (first ${firstStartSeconds.toFixed(2)} s), at most ${LAB_LIMITS.startSeconds} s`,
    `pct status over a new SSH connection: ${statusMilliseconds.toFixed(0)} ms (true: ${connectMilliseconds.toFixed(0)} ms), at most ${LAB_LIMITS.statusMilliseconds} ms`,
    `${EIGHT} commands side by side: ${sideBySide.toFixed(2)} of one, at most ${LAB_LIMITS.sideBySide.toFixed(1)}`,
  ];
  const limits = Object.keys(LAB_LIMITS) as (keyof typeof LAB_LIMITS)[];
  return { text: `${text.join("\n")}\n`, over: limits.filter((name) => figures[name] > LAB_LIMITS[name]) };
}
