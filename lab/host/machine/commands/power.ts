/** reboot, shutdown and what tells when the host was started: uptime, who, last. */
import type { Call, Command, CommandTable } from "../../types";
import { boots, presentBoot } from "../power/boots";
import { cancelPower, requestPower } from "../power/power";

const only =
  (allowed: string[], run: Command): Command =>
  (host, call) => {
    const refused = call.args.find((word) => !allowed.includes(word));
    if (refused !== undefined)
      return { code: 1, stderr: `${call.name}: the lab does not simulate ${refused}\n` };
    return run(host, call);
  };

const force = ["-f", "--force", "--no-wall", "-ff"];

const shutdown: Command = (host, call) => {
  const words = call.args.filter((word) => !word.startsWith("-"));
  const flags = call.args.filter((word) => word.startsWith("-"));
  const refused = flags.find(
    (word) =>
      !["-r", "--reboot", "-h", "-P", "--poweroff", "-H", "--halt", "-c", "--no-wall", "-k"].includes(word),
  );
  if (refused !== undefined || flags.includes("-k"))
    return { code: 1, stderr: `shutdown: the lab does not simulate ${refused ?? "-k"}\n` };
  if (flags.includes("-c")) {
    cancelPower(host);
    return { code: 0 };
  }
  const [when = "+1"] = words;
  const minutes = when === "now" ? 0 : /^\+?(\d+)$/.exec(when)?.[1];
  if (minutes === undefined) return { code: 1, stderr: `Failed to parse time specification: ${when}\n` };
  const reboots = flags.includes("-r") || flags.includes("--reboot");
  const answer = requestPower(
    host,
    reboots ? "reboot" : "poweroff",
    minutes === 0 ? undefined : Number(minutes) * 60_000,
  );
  if (Number(minutes) === 0 || !("code" in answer) || answer.code !== 0) return answer;
  const at = new Date(Date.now() + Number(minutes) * 60_000).toISOString().replace("T", " ").slice(0, 19);
  return {
    code: 0,
    stderr: `${reboots ? "Reboot" : "Shutdown"} scheduled for ${at} UTC, use 'shutdown -c' to cancel.\n`,
  };
};

const iso = (ms: number) => new Date(ms).toISOString().replace("T", " ");

const uptime: Command = (host, call) => {
  const { time } = presentBoot(host);
  const seconds = Math.floor((Date.now() - time) / 1000);
  const [minutes, hours, days] = [
    Math.floor(seconds / 60) % 60,
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 86_400),
  ];
  if (call.args[0] === "-s" || call.args[0] === "--since")
    return { code: 0, stdout: `${iso(time).slice(0, 19)}\n` };
  if (call.args[0] === "-p" || call.args[0] === "--pretty") {
    const part = (count: number, word: string) =>
      count === 0 ? [] : [`${count} ${word}${count === 1 ? "" : "s"}`];
    const parts = [...part(days, "day"), ...part(hours, "hour"), ...part(minutes, "minute")];
    return { code: 0, stdout: `up ${parts.length > 0 ? parts.join(", ") : "0 minutes"}\n` };
  }
  if (call.args.length > 0)
    return { code: 1, stderr: `uptime: the lab does not simulate ${call.args.join(" ")}\n` };
  const up = `${days > 0 ? `${days} day${days === 1 ? "" : "s"}, ` : ""}${hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}` : `${minutes} min`}`;
  return {
    code: 0,
    stdout: ` ${iso(Date.now()).slice(11, 19)} up ${up},  0 users,  load average: 0.00, 0.00, 0.00\n`,
  };
};

const who: Command = (host, { args }: Call) =>
  args.length === 1 && (args[0] === "-b" || args[0] === "--boot")
    ? { code: 0, stdout: `         system boot  ${iso(presentBoot(host).time).slice(0, 16)}\n` }
    : args.length === 0
      ? { code: 0 }
      : { code: 1, stderr: `who: the lab does not simulate ${args.join(" ")}\n` };

const last: Command = (host, { args }) => {
  const rest = args.filter((word) => word !== "-x" && word !== "-F");
  if (rest.length !== 1 || rest[0] !== "reboot")
    return { code: 1, stderr: `last: the lab only simulates reboot, not ${args.join(" ")}\n` };
  const rows = boots(host)
    .reverse()
    .map(
      ({ kernel, time }) =>
        `reboot   system boot  ${kernel.slice(0, 16).padEnd(16)} ${iso(time).slice(0, 16)}\n`,
    );
  return { code: 0, stdout: rows.join("") };
};

export const powerCommands: CommandTable = {
  reboot: { run: only(force, (host) => requestPower(host, "reboot")) },
  poweroff: { run: only(force, (host) => requestPower(host, "poweroff")) },
  halt: { run: only(force, (host) => requestPower(host, "halt")) },
  shutdown: { run: shutdown },
  uptime: { run: uptime },
  who: { run: who },
  last: { run: last },
};
