/** Stand-in commands in a container: the node's own, over the guest's files and state. */
import { aptCommands } from "../../machine/commands/apt";
import { aptStateCommands } from "../../machine/commands/aptState";
import { downloadCommands } from "../../machine/commands/download";
import { dpkgCommands } from "../../machine/commands/dpkg";
import { journalCommands } from "../../machine/commands/journalctl";
import { labNvidia } from "../../machine/commands/nvidia/tools";
import { systemctlCommands } from "../../machine/commands/systemctl";
import { sites } from "../../machine/download/catalogue";
import { commandsOf } from "../../machine/packages";
import { archives } from "../../machine/packages/archives";
import type { Command, CommandTable, Host } from "../../types";
import { guestCatalogue } from "./catalogue";
import { ip } from "./network";

/** Milliseconds after its start that a guest's init and network take. */
export const BOOT = 400;

/** Programs that act on the machine, or need what no container has. */
const absent = [
  "modprobe",
  "rmmod",
  "insmod",
  "mkfs",
  "mkfs.ext4",
  "losetup",
  "swapon",
  "swapoff",
  "iptables",
  "nft",
];

const refused: Command = (_host, { name, args }) => ({
  code: 1,
  stderr: `${name}: the lab does not simulate this command in a container (${[name, ...args].join(" ")})\n`,
});

/** What every guest has, whatever is installed. */
export const always: CommandTable = {
  ...aptCommands,
  ...aptStateCommands,
  ...dpkgCommands,
  ...journalCommands,
  ...systemctlCommands,
  ip: { run: refused },
  getent: { run: refused },
  "lab-nvidia": { run: labNvidia },
  ...Object.fromEntries(absent.map((name) => [name, { run: refused }])),
};

/** getent hosts NAME, from the lab's network; other databases are the guest's own files. */
const getent: Command = (host, { args }) => {
  const [database = "", name = "", ...more] = args;
  if (["hosts", "ahosts", "ahostsv4"].includes(database)) {
    const known = archives.some((one) => one.host === name) || Object.hasOwn(sites, name);
    if (more.length > 0 || name === "")
      return refused(host, { name: "getent", args, cwd: "/", stdin: async () => Buffer.alloc(0) });
    if (name === "localhost") return { code: 0, stdout: "::1             localhost\n" };
    return known ? { code: 0, stdout: `203.0.113.10    ${name}\n` } : { code: 2 };
  }
  return { exec: ["grep", "-m1", `^${name}:`, `/etc/${database}`] };
};

/** systemctl, of an init that takes its time to start. */
function systemctl(since: number): Command {
  const run = systemctlCommands["systemctl"]?.run ?? refused;
  return (guest, call) => {
    const verb = call.args.find((word) => !word.startsWith("-"));
    if (verb === "is-system-running" && Date.now() - since < BOOT && !call.args.includes("--wait"))
      return { code: 1, stdout: "starting\n" };
    return run(guest, { ...call, args: call.args.filter((word) => word !== "--wait") });
  };
}

export interface GuestSystem {
  /** The node, for what a container shares with it: NVIDIA's driver, the network. */
  node: Host;
  /** The guest in the place of a host: its files, its installed packages, its units. */
  host: Host;
  ctid: number;
  /** Milliseconds since the epoch. */
  since: number;
  /** Called after each command: what the daemon wrote becomes the guest's. */
  settle: () => Promise<void>;
  /** Commands that only this kind of guest has. */
  more: CommandTable;
}

/** The commands of one running guest. */
export function guestCommands({ node, host, ctid, since, settle, more }: GuestSystem): CommandTable {
  const own: CommandTable = {
    ...commandsOf(guestCatalogue),
    ...always,
    systemctl: { run: systemctl(since) },
    getent: { run: getent },
    ip: { run: ip(node, ctid, since + BOOT) },
    ...more,
  };
  const shared = new Set(["lab-nvidia", ...Object.keys(downloadCommands)]);
  return Object.fromEntries(
    Object.entries(own).map(([name, command]) => [
      name,
      {
        ...command,
        run: async (_host: Host, call) => {
          try {
            return await command.run(shared.has(name) ? node : host, call);
          } finally {
            await settle();
          }
        },
      },
    ]),
  );
}
