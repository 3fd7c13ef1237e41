/** timedatectl, hostnamectl, localectl and chronyc. The host's clock is the machine's: it can be read, not set. */
import {
  existsSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  lstatSync,
} from "node:fs";
import type { Answer, Command, CommandTable, Host } from "../../types";
import { inRoot } from "../confined";
import { runningKernel } from "../kernel/running";
import { stateOf } from "../units/state";
import { start, stop } from "../units/manager";
import { disable, enable } from "../units/links";

const link = (host: Host) => inRoot(host.root, "/etc/localtime", { last: false });

/** Name of the time zone; without a link it is UTC, localtime(5). */
function zone(host: Host): string {
  const path = link(host);
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return "UTC";
  return /zoneinfo\/(.+)$/.exec(readlinkSync(path))?.[1] ?? "UTC";
}

/** The time in a zone, as systemd writes it. */
async function format(host: Host, timeZone: string, withZone: boolean): Promise<string> {
  const { stdout } = await host.run([
    "env",
    "LC_ALL=C",
    `TZ=${timeZone}`,
    "date",
    `+%a %F %T${withZone ? " %Z" : ""}`,
  ]);
  return stdout.trim();
}

const synchronized = (host: Host) => stateOf(host, "chrony.service").active === "active";

const timedatectl: Command = async (host, call) => {
  const flags = call.args.filter((word) => word.startsWith("-"));
  const [verb = "status", ...rest] = call.args.filter((word) => !word.startsWith("-"));
  const refused = flags.find(
    (word) =>
      !["--no-pager", "--no-ask-password", "--value"].includes(word) && !/^(-p|--property=)/.test(word),
  );
  if (refused !== undefined)
    return { code: 1, stderr: `timedatectl: the lab does not simulate ${refused}\n` };
  const name = zone(host);
  if (verb === "set-timezone") {
    const [wanted] = rest;
    if (wanted === undefined) return { code: 1, stderr: "Too few arguments.\n" };
    const file = inRoot(host.root, `/usr/share/zoneinfo/${wanted}`);
    if (
      !/^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/.test(wanted) ||
      !existsSync(file) ||
      !statSync(file).isFile()
    ) {
      // src/timedate/timedatectl.c and timedated.c
      return { code: 1, stderr: `Failed to set time zone: Invalid or not installed time zone '${wanted}'\n` };
    }
    rmSync(link(host), { force: true });
    symlinkSync(`../usr/share/zoneinfo/${wanted}`, link(host));
    const record = inRoot(host.root, "/etc/timezone");
    if (existsSync(record)) writeFileSync(record, `${wanted}\n`);
    return { code: 0 };
  }
  if (verb === "set-ntp") {
    const on = /^(yes|true|on|1)$/.test(rest[0] ?? "");
    if (!on && !/^(no|false|off|0)$/.test(rest[0] ?? ""))
      return { code: 1, stderr: `Failed to parse NTP setting: ${rest[0] ?? ""}\n` };
    if (on) enable(host, "chrony");
    else disable(host, "chrony");
    const outcome = await (on ? start : stop)(host, "chrony");
    return { code: outcome.code, stderr: outcome.stderr };
  }
  if (verb === "list-timezones") {
    const table = inRoot(host.root, "/usr/share/zoneinfo/tzdata.zi");
    const listed = existsSync(table)
      ? readFileSync(table, "utf8")
          .split("\n")
          .flatMap((line) => /^Z (\S+)/.exec(line)?.[1] ?? /^L \S+ (\S+)/.exec(line)?.[1] ?? [])
      : ["UTC"];
    return {
      code: 0,
      stdout: [...listed]
        .sort()
        .map((one) => `${one}\n`)
        .join(""),
    };
  }
  if (verb === "show") {
    const all: Record<string, string> = {
      Timezone: name,
      LocalRTC: "no",
      CanNTP: "yes",
      NTP: synchronized(host) ? "yes" : "no",
      NTPSynchronized: synchronized(host) ? "yes" : "no",
      TimeUSec: await format(host, name, true),
    };
    const asked = call.args.flatMap((word, index) =>
      word === "-p" ? [call.args[index + 1] ?? ""] : (/^(?:-p|--property=)(.+)$/.exec(word)?.[1] ?? []),
    );
    const keys = asked.length > 0 ? asked : Object.keys(all);
    return {
      code: 0,
      stdout: keys
        .map((key) => (flags.includes("--value") ? `${all[key] ?? ""}\n` : `${key}=${all[key] ?? ""}\n`))
        .join(""),
    };
  }
  if (verb !== "status") return { code: 1, stderr: `Unknown command verb '${verb}'.\n` };
  const offset = (await host.run(["env", `TZ=${name}`, "date", "+%Z, %z"])).stdout.trim();
  return {
    code: 0,
    stdout: [
      `               Local time: ${await format(host, name, true)}`,
      `           Universal time: ${await format(host, "UTC", true)}`,
      `                 RTC time: ${await format(host, "UTC", false)}`,
      `                Time zone: ${name} (${offset})`,
      `System clock synchronized: ${synchronized(host) ? "yes" : "no"}`,
      `              NTP service: ${synchronized(host) ? "active" : "inactive"}`,
      "          RTC in local TZ: no",
      "",
    ].join("\n"),
  };
};

const current = async (host: Host) => (await host.run(["cat", "/proc/sys/kernel/hostname"])).stdout.trim();

const hostnamectl: Command = async (host, call) => {
  const flags = call.args.filter((word) => word.startsWith("-"));
  const [verb = "status", ...rest] = call.args.filter((word) => !word.startsWith("-"));
  const refused = flags.find((word) => !["--static", "--transient", "--no-ask-password"].includes(word));
  if (refused !== undefined)
    return { code: 1, stderr: `hostnamectl: the lab does not simulate ${refused}\n` };
  if ((verb === "hostname" || verb === "set-hostname") && rest.length > 0) {
    const [name = ""] = rest;
    if (!/^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/.test(name) || name.includes("..")) {
      return { code: 1, stderr: `Could not set static hostname: Invalid static hostname '${name}'\n` };
    }
    if (!flags.includes("--transient")) writeFileSync(inRoot(host.root, "/etc/hostname"), `${name}\n`);
    // The namespace of the host's own, which the daemon lives in too.
    if (!flags.includes("--static")) writeFileSync("/proc/sys/kernel/hostname", name);
    return { code: 0 };
  }
  if (verb === "hostname") return { code: 0, stdout: `${await current(host)}\n` };
  if (verb !== "status") return { code: 1, stderr: `Unknown command verb '${verb}'.\n` };
  const fixed = readFileSync(inRoot(host.root, "/etc/hostname"), "utf8").trim();
  if (flags.includes("--static")) return { code: 0, stdout: `${fixed}\n` };
  return {
    code: 0,
    stdout: ` Static hostname: ${fixed}\n       Icon name: computer-server\n         Chassis: server\n Operating System: Debian GNU/Linux ${host.release === 9 ? "13 (trixie)" : "12 (bookworm)"}\n          Kernel: Linux ${runningKernel(host)}\n    Architecture: x86-64\n`,
  };
};

const chronyc: Command = (host, call) => {
  const [verb = ""] = call.args.filter((word) => !word.startsWith("-"));
  if (!synchronized(host)) return { code: 1, stdout: "506 Cannot talk to daemon\n" };
  if (verb === "tracking") {
    return {
      code: 0,
      stdout:
        "Reference ID    : C0A80101 (ntp.lab)\nStratum         : 3\nSystem time     : 0.000012345 seconds fast of NTP time\nLeap status     : Normal\n",
    };
  }
  if (verb === "waitsync")
    return { code: 0, stdout: "try: 1, refid: C0A80101, correction: 0.000012345, skew: 0.012\n" };
  if (verb === "makestep" || verb === "reload") return { code: 0, stdout: "200 OK\n" };
  if (verb === "sources") {
    return {
      code: 0,
      stdout:
        "MS Name/IP address         Stratum Poll Reach LastRx Last sample               \n===============================================================================\n^* ntp.lab                       2   6   377    33   +120us[ +130us] +/-   12ms\n",
    };
  }
  return { code: 1, stderr: `chronyc: the lab does not simulate ${call.args.join(" ")}\n` };
};

const localectl: Command = (host, call): Answer => {
  const path = inRoot(host.root, "/etc/locale.conf");
  if (call.args[0] === "set-locale" && call.args.length === 2) {
    const [, value = ""] = call.args;
    const setting = value.includes("=") ? value : `LANG=${value}`;
    if (!/^(LANG|LC_[A-Z]+|LANGUAGE)=[A-Za-z_.@0-9-]+$/.test(setting))
      return { code: 1, stderr: `Failed to issue method call: Invalid Locale data.\n` };
    writeFileSync(path, `${setting}\n`);
    return { code: 0 };
  }
  if (call.args.length === 0 || call.args[0] === "status") {
    return {
      code: 0,
      stdout: `System Locale: ${existsSync(path) ? readFileSync(path, "utf8").trim() : "LANG=en_US.UTF-8"}\n    VC Keymap: (unset)\n   X11 Layout: us\n`,
    };
  }
  return { code: 1, stderr: `localectl: the lab does not simulate ${call.args.join(" ")}\n` };
};

export const timeCommands: CommandTable = {
  timedatectl: { run: timedatectl },
  hostnamectl: { run: hostnamectl },
  localectl: { run: localectl },
};

/** Comes with the package chrony. */
export const chronyCommands = { chronyc: { run: chronyc } };
