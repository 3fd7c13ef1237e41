/** `lab fault …`: orders, lists and clears faults. */
import type { Command } from "commander";
import * as control from "../control";
import { Mistake } from "../machine/mistake";
import { lockFile } from "./lock";
import { failures } from "./messages";
import { describe, type Fault, type When } from "./types";

interface Options {
  dir: string;
  json?: boolean;
  match?: string;
  nth?: number;
  times?: number;
  afterBytes?: number;
  afterMs?: number;
  for?: number;
  only?: string;
  slow?: number;
  fail?: string;
  exit?: number;
  stderr?: string;
  status?: number;
  reason?: string;
  hang?: boolean;
  free?: number;
}

const number =
  (name: string, whole = true) =>
  (text: string) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= 0) || (whole && !Number.isInteger(value)))
      throw new Mistake(`--${name} takes a ${whole ? "whole " : ""}number from 0 on, not ${text}`);
    return value;
  };

function pattern(text: string | undefined): string | undefined {
  try {
    if (text !== undefined) new RegExp(text);
    return text;
  } catch (error) {
    throw new Mistake(`${text} is no regular expression: ${(error as Error).message}`);
  }
}

/** The parts of an order that were given. */
function given<T extends object>(parts: T): T {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as T;
}

const when = ({ nth, times }: Options, match?: string): When => given({ match: pattern(match), nth, times });

const milliseconds = (seconds: number | undefined) => (seconds === undefined ? undefined : seconds * 1000);

function commandFault(match: string, options: Options): Fault {
  const { fail, stderr } = options;
  const known = fail === undefined ? undefined : failures[fail];
  if (fail !== undefined && known === undefined)
    throw new Mistake(`there is no message ${fail}; lab fault messages lists them`);
  const exit = options.exit ?? known?.exit ?? (stderr === undefined ? undefined : 1);
  const slowMs = milliseconds(options.slow);
  if (exit === undefined && slowMs === undefined)
    throw new Mistake("a command is to be slow (--slow) or to fail (--fail, --exit, --stderr)");
  const text = stderr === undefined ? known?.stderr : stderr.replace(/\n?$/, "\n");
  return given({ kind: "command" as const, ...when(options, match), slowMs, exit, stderr: text });
}

function apiFault(match: string | undefined, options: Options): Fault {
  const { status, reason, hang } = options;
  const slowMs = milliseconds(options.slow);
  if (status === undefined && hang === undefined && slowMs === undefined)
    throw new Mistake("a request is to be slow (--slow), answered (--status) or left unanswered (--hang)");
  if (status !== undefined && !(status >= 100 && status <= 599))
    throw new Mistake(`--status takes an HTTP status, not ${status}`);
  return given({ kind: "api" as const, ...when(options, match), slowMs, status, reason, hang });
}

/** Adds the commands; `withOptions` gives one the options that every command has. */
export function addFaultCommands(
  lab: Command,
  withOptions: (command: Command) => Command,
  print: (options: Options, value: unknown, text: string) => void,
): void {
  const fault = lab.command("fault").description("make the host fail on order");
  const add = fault.command("add").description("order a fault");
  const order = async (options: Options, wanted: Fault) => {
    const entry = await control.addFault(options.dir, wanted);
    print(options, entry, `ordered: ${describe(entry)}`);
  };
  const kind = (words: string, text: string) => withOptions(add.command(words).description(text));
  const counted = (command: Command) =>
    command
      .option("--nth <n>", "strike at the nth match from now (default 1)", number("nth"))
      .option("--times <n>", "strike so often in a row (default 1; 0: until cleared)", number("times"));

  counted(kind("drop", "cut the SSH connection of a command, in its place or in the middle of it"))
    .option("--match <pattern>", "only commands that match this regular expression")
    .option("--after-bytes <n>", "once the command has put out so much", number("after-bytes"))
    .option("--after-ms <n>", "once the command has run so long", number("after-ms"))
    .action((options: Options) => {
      const { afterBytes, afterMs } = options;
      return order(options, given({ kind: "drop", ...when(options, options.match), afterBytes, afterMs }));
    });
  kind("refuse", "refuse connections")
    .option("--for <seconds>", "0: until cleared", number("for", false), 0)
    .option("--only <way>", "ssh or api")
    .action((options: Options) => {
      const { only } = options;
      if (only !== undefined && only !== "ssh" && only !== "api")
        throw new Mistake(`--only takes ssh or api, not ${only}`);
      return order(options, {
        kind: "refuse",
        seconds: options.for ?? 0,
        ...(only === undefined ? {} : { only }),
      });
    });
  kind("lock <what>", "hold a lock: of dpkg, of a container (by number), or a flock on any file")
    .option("--for <seconds>", "0: until cleared", number("for", false), 0)
    .action((what: string, options: Options) =>
      order(options, { kind: "lock", file: lockFile(what), seconds: options.for ?? 0 }),
    );
  counted(kind("command <pattern>", "make a command slow or fail, by its name and arguments"))
    .option("--slow <seconds>", "wait so long before it runs or fails", number("slow", false))
    .option("--fail <message>", "fail as a real one does; lab fault messages lists them")
    .option("--exit <code>", "fail with this exit code", number("exit"))
    .option("--stderr <text>", "what it says when it fails")
    .action((match: string, options: Options) => order(options, commandFault(match, options)));
  counted(
    kind(
      "kill <pattern>",
      "kill what works on an operation, such as '^qm snapshot 100', in the middle of it",
    ),
  ).action((match: string, options: Options) => order(options, { kind: "kill", ...when(options, match) }));
  counted(
    kind("api [pattern]", "answer a request with an error, late, or never; a pattern matches `POST /path`"),
  )
    .option("--slow <seconds>", "wait so long before it is answered", number("slow", false))
    .option("--status <code>", "answer this: 500, 503, 595, 596, 599 …", number("status"))
    .option("--reason <text>", "the reason phrase, where Proxmox VE puts its message")
    .option("--hang", "never answer")
    .action((match: string | undefined, options: Options) => order(options, apiFault(match, options)));
  kind("fill <what>", "leave no space in a folder of the host; / is the root disk")
    .option("--free <KiB>", "leave so much", number("free"), 0)
    .action((folder: string, options: Options) => {
      if (!folder.startsWith("/")) throw new Mistake(`fill takes an absolute path, not ${folder}`);
      return order(options, { kind: "fill", folder, freeKib: options.free ?? 0 });
    });
  kind("reboot", "end everything that runs, be away for a while, and boot")
    .option("--for <seconds>", "how long the host is away", number("for", false), 1)
    .action((options: Options) => order(options, { kind: "reboot", seconds: options.for ?? 1 }));
  kind("disk <device>", "lose a disk, by its kernel name").action((device: string, options: Options) =>
    order(options, { kind: "disk", device }),
  );
  kind("gpu <pci>", "lose a graphics card, by its PCI address").action((pci: string, options: Options) =>
    order(options, { kind: "gpu", pci }),
  );
  kind("iommu", "switch the IOMMU off, as without VT-d").action((options: Options) =>
    order(options, { kind: "iommu" }),
  );
  kind("group <pci>", "put the board's USB controller into the IOMMU group of a graphics card").action(
    (pci: string, options: Options) => order(options, { kind: "group", pci }),
  );

  withOptions(fault.command("list").description("show the faults that are ordered")).action(
    async (options: Options) => {
      const found = await control.faults(options.dir);
      print(options, found, found.length === 0 ? "no faults" : found.map(describe).join("\n"));
    },
  );
  withOptions(fault.command("clear [id...]").description("clear faults by number, or all")).action(
    async (ids: string[], options: Options) => {
      const gone = await control.clearFaults(options.dir, ids.map(number("id")));
      print(
        options,
        gone,
        gone.length === 0 ? "no faults" : gone.map((one) => `cleared: ${describe(one)}`).join("\n"),
      );
    },
  );
  withOptions(fault.command("messages").description("list what a command can say when it fails")).action(
    (options: Options) => {
      const lines = Object.entries(failures).map(
        ([name, { exit, stderr, source }]) =>
          `${name}: exit code ${exit}; ${source}\n  ${stderr.trim().replaceAll("\n", "\n  ")}`,
      );
      print(options, failures, lines.join("\n"));
    },
  );
}
