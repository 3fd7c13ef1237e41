/** The command line of `lab`. */
import { resolve } from "node:path";
import { readFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import * as control from "../control";
import { addFaultCommands } from "../faults/cli";
import { describe as describeFault } from "../faults/types";
import { machineNames } from "./machineFile";
import { Mistake } from "./mistake";

interface Options {
  dir: string;
  json?: boolean;
  machine?: string;
  latency?: number;
  reset?: boolean;
  newPorts?: boolean;
}

function print(options: Options, value: unknown, text: string): void {
  process.stdout.write(options.json ? `${JSON.stringify(value, null, 2)}\n` : `${text}\n`);
}

function factor(text: string): number {
  const value = Number(text);
  if (!(value >= 0) || text.trim() === "")
    throw new Mistake(`--latency takes a number from 0 on, not ${text}`);
  return value;
}

function describe({ ssh, api }: control.LabInfo): string {
  return [
    `SSH   ssh -i ${ssh.privateKeyFile} -p ${ssh.port} ${ssh.user}@${ssh.host}`,
    `      host key ${ssh.hostKey}`,
    `API   ${api.endpoint} as ${api.username}, node ${api.node} (password: lab info --json)`,
  ].join("\n");
}

function program(): Command {
  const lab = new Command("lab")
    .description("A Proxmox VE host that stands in for a real one: SSH and HTTPS API on loopback.")
    .exitOverride()
    .showHelpAfterError("(lab --help shows the commands)")
    .addHelpText(
      "after",
      `
Examples:
  lab start                         start the default machine and show how to reach it
  lab exec -- pct list              run a command in the host
  lab stats --reset                 begin counting connections anew
  lab reset --machine fidelity      make the host new, as another machine
  lab fault add drop --nth 3        cut the connection of the third SSH command from now
Machines: ${machineNames().join(", ")}`,
    );
  const withOptions = (command: Command) =>
    command
      .option("--dir <dir>", "the lab's folder", process.env.PHOENIX_LAB_DIR ?? ".lab")
      .option("--json", "print JSON");
  const command = (name: string, text: string) => withOptions(lab.command(name).description(text));
  const machine = ["--machine <name>", "a machine of lab/machines, or the path of a machine file"] as const;
  const latency = [
    "--latency <factor>",
    "real hardware's times, multiplied by this; 0 does not wait",
  ] as const;

  command("start", "start the host; does nothing when it runs")
    .option(...machine)
    .option(...latency, factor)
    .option("--new-ports", "choose other ports than before, where a program has taken them")
    .action(async (options: Options) => {
      const { started, info } = await control.start(options.dir, options);
      print(options, info, `The lab ${started ? "runs" : "was running already"}.\n${describe(info)}`);
    });
  command("stop", "end the host; what is on its disks stays").action(async (options: Options) => {
    const stopped = await control.stop(options.dir);
    print(options, { stopped }, stopped ? "The lab has stopped." : "The lab was not running.");
  });
  command("reset", "make the host new; keys and ports stay, and it runs again if it ran")
    .option(...machine)
    .option(...latency, factor)
    .action(async (options: Options) => {
      const { running } = await control.reset(options.dir, options);
      print(
        options,
        { running },
        running ? "The lab is new and runs." : "The lab is new; lab start starts it.",
      );
    });
  command("status", "say whether the host runs; exit code 3 when it does not").action(
    async (options: Options) => {
      const found = await control.status(options.dir);
      const text = found.running
        ? `running: machine ${found.machine}, process ${found.pid}, folder ${found.dir}`
        : `stopped: folder ${found.dir}`;
      const lines = found.faults.map((entry) => `\nfault ${describeFault(entry)}`);
      print(options, found, text + lines.join(""));
      if (!found.running) process.exitCode = 3;
    },
  );
  command("info", "show how to reach the host").action((options: Options) => {
    const info = control.info(options.dir);
    print(options, info, describe(info));
  });
  command("stats", "count SSH connections, commands and API requests since the last reset")
    .option("--reset", "set the counters to zero")
    .action(async (options: Options) => {
      const found = await control.stats(options.dir, options);
      print(
        options,
        found,
        Object.entries(found)
          .map(([name, value]) => `${name} ${value}`)
          .join("\n"),
      );
    });
  command("exec", "run a command in the host, with its input, output and exit code")
    .argument("<command...>", "program and arguments, after --")
    .action(async (argv: string[], options: Options) => {
      process.exitCode = await control.exec(options.dir, argv);
    });
  addFaultCommands(lab, withOptions, print);
  command("logs", "print the log of the host's daemon").action((options: Options) => {
    const path = join(resolve(options.dir), "log");
    if (!existsSync(path))
      throw new Mistake(`there is no lab in ${resolve(options.dir)}; lab start makes one`);
    process.stdout.write(readFileSync(path, "utf8"));
  });
  return lab;
}

/** Runs the command line; mistakes are one sentence on standard error and exit code 1. */
export async function main(argv: string[]): Promise<void> {
  try {
    await program().parseAsync(argv, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    if (!(error instanceof Mistake)) throw error;
    process.stderr.write(`lab: ${error.message}\n`);
    process.exitCode = 1;
  }
}
