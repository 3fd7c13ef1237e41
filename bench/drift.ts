import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { reportSchema, REPORT_VARIABLE } from "../components/drift/report";
import { Session } from "../components/host/session";
import * as control from "../lab/host/control";
import { LabStack } from "../tests/helpers/lab";
import { Project } from "../tests/helpers/project";
import { median } from "./stack";

export interface DriftFigures {
  /** Steps that were looked at. */
  looked: number;
  /** One look at all of them, with its connection: the median, and what the lab's host has used for it. */
  lookMilliseconds: number;
  lookCpuMilliseconds: number;
  /** `pct list` over a connection of its own, in the same run. */
  listMilliseconds: number;
  listCpuMilliseconds: number;
  /** An `up` without a change: as it is, and without a look. */
  upSeconds: number;
  upWithoutLookSeconds: number;
}

/** Most containers beside those of the dev estate: together with it, some 150 steps are looked at. */
const MORE = 19;

type Entry = Record<string, unknown>;

/** The dev estate with more containers, which are like its gateway. */
function grow(project: Project, more: number): void {
  const file = project.path("environments", "dev", "phoenix_lxc_configs.json");
  const document = JSON.parse(readFileSync(file, "utf8")) as { lxc_configs: Record<string, Entry> };
  const gateway = document.lxc_configs["910"]!;
  for (let index = 0; index < more; index++) {
    const own = 20 + index;
    document.lxc_configs[String(900 + own)] = {
      ...gateway,
      name: `bench-${own}`,
      network_config: { ...(gateway.network_config as Entry), ip: `10.0.1.${own}/24` },
      mac_address: `52:54:00:D0:10:${own}`,
    };
  }
  writeFileSync(file, JSON.stringify(document));
}

/** CPU of everything in the lab's host up to now, in milliseconds: a tick of /proc is 10. */
function cpuBelow(first: number): number {
  const found = new Map<string, { parent: string; ticks: number }>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const fields = readFileSync(`/proc/${name}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      const ticks = fields.slice(11, 15).reduce((sum, one) => sum + Number(one), 0);
      found.set(name, { parent: fields[1]!, ticks });
    } catch {
      // It has ended meanwhile.
    }
  }
  const whole = (name: string): number =>
    [...found].reduce(
      (sum, [own, { parent }]) => sum + (parent === name ? whole(own) : 0),
      found.get(name)?.ticks ?? 0,
    );
  return whole(String(first)) * 10;
}

/** A grown dev estate on a lab of its own, converged. */
class Estate {
  private readonly stack = new LabStack(new Project(), "dev");
  private first = 0;

  async start(more: number): Promise<void> {
    const { project } = this.stack;
    grow(project, more);
    mkdirSync(project.path("bench"), { recursive: true });
    await this.stack.start();
    const { pid } = await control.status(project.path(".lab", "dev"));
    this.first = pid!;
    await this.stack.done("up", "--yes");
  }

  stop = (): Promise<void> => this.stack.stop();

  /** `pct list` over a connection of its own. */
  async list() {
    const { ssh } = this.stack.info();
    const login = {
      ...{ address: ssh.host, port: ssh.port, user: ssh.user, hostKey: ssh.hostKey },
      privateKey: readFileSync(ssh.privateKeyFile, "utf8"),
    };
    const [began, cpu] = [performance.now(), cpuBelow(this.first)];
    const session = await Session.open(login, 10);
    await session.run("pct list", "", {}, 20);
    session.close();
    return { milliseconds: performance.now() - began, cpu: cpuBelow(this.first) - cpu };
  }

  /** A preview: the look, as the program itself measures it. */
  async look() {
    const { project } = this.stack;
    const report = project.path("bench", "report.json");
    const cpu = cpuBelow(this.first);
    const run = project.start(
      project.path("lab", "bin", "pulumi"),
      ["preview", "--stack", "dev", "--non-interactive"],
      { ...this.stack.variables(), [REPORT_VARIABLE]: report },
    );
    run.child.stdin.end();
    const { code, stdout } = await run.finished;
    if (code !== 0) throw new Error(stdout);
    const { looked, milliseconds, drifted, failed } = reportSchema.parse(
      JSON.parse(readFileSync(report, "utf8")),
    );
    const wrong = Object.keys({ ...drifted, ...failed });
    if (wrong.length > 0) throw new Error(`not as it was left: ${wrong.join(", ")}`);
    return { looked, milliseconds, cpu: cpuBelow(this.first) - cpu };
  }

  /** Seconds of an `up` without a change. */
  async up(...flags: string[]): Promise<number> {
    const began = performance.now();
    await this.stack.done("up", "--yes", "--expect-no-changes", ...flags);
    return (performance.now() - began) / 1000;
  }
}

/** Measures the look at an estate; undefined where there can be no lab. */
export async function measureDrift(quick: boolean): Promise<DriftFigures | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const estate = new Estate();
  const times = quick ? 3 : 5;
  try {
    await estate.start(quick ? 0 : MORE);
    const lists = await inTurn(times, () => estate.list());
    const looks = await inTurn(times, () => estate.look());
    return {
      looked: looks[0]!.looked,
      lookMilliseconds: median(looks.map(({ milliseconds }) => milliseconds)),
      lookCpuMilliseconds: median(looks.map(({ cpu }) => cpu)),
      listMilliseconds: median(lists.map(({ milliseconds }) => milliseconds)),
      listCpuMilliseconds: median(lists.map(({ cpu }) => cpu)),
      upSeconds: median(await inTurn(times, () => estate.up())),
      upWithoutLookSeconds: median(await inTurn(times, () => estate.up("--no-drift"))),
    };
  } finally {
    await estate.stop();
  }
}

async function inTurn<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const found: T[] = [];
  for (let i = 0; i < count; i++) found.push(await work());
  return found;
}

/** The figures for people. */
export function driftText(figures: DriftFigures): string {
  const { looked, lookMilliseconds: look, listMilliseconds: list } = figures;
  const { lookCpuMilliseconds: lookCpu, listCpuMilliseconds: listCpu } = figures;
  const { upSeconds: up, upWithoutLookSeconds: without } = figures;
  return [
    `one look at ${looked} steps: ${(look / 1000).toFixed(2)} s, CPU of the host ${(lookCpu / 1000).toFixed(2)} s; ` +
      `pct list over a new SSH connection: ${list.toFixed(0)} ms, CPU ${listCpu.toFixed(0)} ms; ` +
      `ratio ${(look / list).toFixed(1)}, of CPU ${(lookCpu / listCpu).toFixed(1)}`,
    `an up without a change: ${up.toFixed(2)} s, without the look ${without.toFixed(2)} s, ratio ${(up / without).toFixed(2)}`,
    "",
  ].join("\n");
}
