import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { labPassphrase } from "../../cli/backend";
import { connectionVariables } from "../../cli/lab";
import * as control from "../../lab/host/control";
import { defaultMachine, readMachine } from "../../lab/host/machine/machineFile";
import { onHost } from "../../lab/tests/machine/onHost";
import type { Finished, Project } from "./project";

/**
 * One stack of a project on its lab machine, as a user drives it. What a test only needs done, and is not about, is
 * done without a process of its own: each of the command line's costs most of a second.
 */
export class LabStack {
  constructor(
    readonly project: Project,
    readonly name: string,
  ) {}

  get #folder(): string {
    return this.project.path(".lab", this.name);
  }

  /** Runs a command of phoenix on this stack, always with the lab's engine. */
  phoenix(command: string, ...args: string[]): Promise<Finished> {
    return this.project.phoenix(command, "--stack", this.name, "--engine", "lab", ...args);
  }

  /** Runs a command of phoenix, which must succeed; gives its standard output. */
  async done(command: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.phoenix(command, ...args);
    assert.equal(
      code,
      0,
      `phoenix ${command} ${args.join(" ")}\n${stdout.slice(-6000)}\n${stderr.slice(-6000)}`,
    );
    return stdout;
  }

  /**
   * Runs plain `pulumi`, the lab's engine, as its users do: with the variables that lead any stack of the project to
   * this one's lab machine, which runs.
   */
  async pulumi(...args: string[]): Promise<Finished> {
    const executable = this.project.path("lab", "bin", "pulumi");
    const run = this.project.start(executable, [...args, "--non-interactive"], this.variables());
    run.child.stdin.end();
    return run.finished;
  }

  /** How to reach the machine, which was started once. */
  info(): control.LabInfo {
    return control.info(this.#folder);
  }

  /** What leads plain pulumi to the machine, as `phoenix lab env` prints it. */
  variables(): Record<string, string> {
    return {
      ...connectionVariables(this.info()),
      PULUMI_BACKEND_URL: pathToFileURL(this.project.path(".phoenix", "state")).href,
      ...labPassphrase,
    };
  }

  /** Starts the machine; `release` is that of Proxmox VE. */
  async start(release?: 8 | 9): Promise<void> {
    if (release === undefined) return void (await control.start(this.#folder));
    const machine = this.project.path(`${this.name}-machine.json`);
    writeFileSync(machine, JSON.stringify({ ...readMachine(defaultMachine), release }));
    await control.start(this.#folder, { machine });
  }

  /** `phoenix lab COMMAND`, for what is about it. */
  lab(command: string, ...args: string[]): Promise<Finished> {
    return this.project.phoenix("lab", command, "--stack", this.name, ...args);
  }

  /** What a command on the host prints; it must succeed. */
  async host(...command: string[]): Promise<string> {
    const { code, stdout, stderr } = await onHost(this.#folder, command);
    assert.equal(code, 0, `${command.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** What the machine has counted since it was new or `resetStats` was called. */
  stats(): ReturnType<typeof control.stats> {
    return control.stats(this.#folder);
  }

  async resetStats(): Promise<void> {
    await control.stats(this.#folder, { reset: true });
  }

  /** Status by CTID, as `pct list` shows it. */
  async guests(): Promise<Record<string, string>> {
    const [, ...rows] = (await this.host("pct", "list")).trim().split("\n");
    return Object.fromEntries(rows.map((row) => row.trim().split(/\s+/) as [string, string]));
  }

  async stop(): Promise<void> {
    await control.stop(this.#folder);
    this.project.remove();
  }
}
