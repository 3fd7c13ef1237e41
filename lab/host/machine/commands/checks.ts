/** Commands that check a configuration: visudo -c, logrotate -d, sshd -t and -T. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Answer, Call, Command, CommandTable, Host } from "../../types";
import { inRoot } from "../confined";
import { unitName } from "../units/files";

interface Problem {
  path: string;
  line: number;
  what: string;
  text: string;
  column: number;
}

/** A user list, a host list, and commands with tags: sudoers(5), as far as a line's shape goes. */
function sudoersLine(text: string): string | undefined {
  if (/^(Defaults([!@:>]\S+)?)(\s+\S.*)?$/.test(text))
    return text.trim() === "Defaults" ? "syntax error" : undefined;
  if (/^(User|Runas|Host|Cmnd|Cmd)_Alias\s+[A-Z][A-Z0-9_]*\s*=\s*\S/.test(text)) return undefined;
  const item = String.raw`!?(?:[%+#]{0,2}[A-Za-z0-9_.@\\*-]+|"[^"]+"|ALL)`;
  const list = `${item}(?:\\s*,\\s*${item})*`;
  const runas = String.raw`\(\s*(?:${list})?\s*(?::\s*(?:${list})?)?\s*\)`;
  const command = String.raw`(?:(?:NOPASSWD|PASSWD|NOEXEC|EXEC|SETENV|NOSETENV|LOG_INPUT|LOG_OUTPUT|MAIL|NOMAIL|FOLLOW|NOFOLLOW):\s*)*(?:!?\s*(?:ALL|[A-Z][A-Z0-9_]*|sudoedit(?:\s+\S+)?|list|\/[^,:=]*))`;
  const spec = `${list}\\s*=\\s*(?:${runas}\\s*)?${command}(?:\\s*,\\s*(?:${runas}\\s*)?${command})*`;
  return new RegExp(`^${list}\\s+${spec}(?:\\s*:\\s*${spec})*$`).test(text) ? undefined : "syntax error";
}

/** Files that a sudoers file includes, and the mistakes in all of them. */
function checkSudoers(host: Host, path: string, strict: boolean, checked: string[]): Problem[] {
  checked.push(path);
  const problems: Problem[] = [];
  const lines = readFileSync(inRoot(host.root, path), "utf8").replace(/\\\n/g, " \ue000").split("\n");
  let number = 0;
  for (const raw of lines) {
    number += 1 + (raw.split("\ue000").length - 1);
    const text = raw
      .replaceAll("\u0000", "")
      .replace(/(^|\s)#(?!include)(?!\d).*$/, "")
      .trim();
    const [, verb, target = ""] = /^[@#](include|includedir)\s+"?([^"]+)"?$/.exec(text) ?? [];
    if (text === "" || (text.startsWith("#") && verb === undefined)) continue;
    if (verb === undefined) {
      const what = sudoersLine(text);
      if (what !== undefined)
        problems.push({ path, line: number, what, text: raw, column: Math.max(0, raw.length) });
      continue;
    }
    const full = resolve(dirname(path), target);
    if (verb === "include") {
      if (existsSync(inRoot(host.root, full))) problems.push(...checkSudoers(host, full, strict, checked));
      continue;
    }
    if (!existsSync(inRoot(host.root, full))) continue;
    for (const name of readdirSync(inRoot(host.root, full)).sort()) {
      // sudoers(5): files that end in ~ or contain a dot are skipped.
      if (
        name.includes(".") ||
        name.endsWith("~") ||
        !statSync(inRoot(host.root, `${full}/${name}`)).isFile()
      )
        continue;
      problems.push(...checkSudoers(host, `${full}/${name}`, strict, checked));
    }
  }
  return problems;
}

/** Messages of sudo 1.9.16's visudo. */
const visudo: Command = async (host, call) => {
  let [check, quiet, strict] = [false, false, false];
  let path = "/etc/sudoers";
  let explicit = false;
  const queue = call.args.flatMap((word) =>
    /^-[cqsOP]+f?$/.test(word) && word.length > 2
      ? word
          .slice(1)
          .split("")
          .map((letter) => `-${letter}`)
      : [word],
  );
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const attached = /^(?:-f|--file=)(.+)$/.exec(word)?.[1];
    if (word === "-c" || word === "--check") check = true;
    else if (word === "-q" || word === "--quiet") quiet = true;
    else if (word === "-s" || word === "--strict") strict = true;
    else if (["-O", "-P", "--owner", "--perms"].includes(word)) continue;
    else if (word === "-f" || word === "--file" || attached !== undefined)
      [path, explicit] = [attached ?? queue.shift() ?? "", true];
    else if (word.startsWith("-") && word !== "-")
      return { code: 1, stderr: `visudo: the lab does not simulate ${word}\n` };
    else [path, explicit] = [word, true];
  }
  if (!check) return { code: 1, stderr: "visudo: the lab does not simulate editing\n" };
  const stdin = path === "-";
  const full = stdin ? "/run/phoenix-lab/visudo" : resolve(call.cwd, path);
  if (stdin) await host.run(["tee", full], { input: (await call.stdin()).toString() });
  const shown = stdin ? "stdin" : full;
  if (!existsSync(inRoot(host.root, full)))
    return { code: 1, stderr: `visudo: unable to open ${full}: No such file or directory\n` };
  const { mode, uid } = statSync(inRoot(host.root, full));
  if (!explicit && uid !== 0)
    return { code: 1, stderr: `${full}: wrong owner (uid, gid) should be (0, 0)\n` };
  if (!explicit && (mode & 0o777) !== 0o440)
    return { code: 1, stderr: `${full}: bad permissions, should be mode 0440\n` };
  const checked: string[] = [];
  const problems = checkSudoers(host, full, strict, checked);
  if (problems.length > 0) {
    const lines = problems.map(
      ({ path: where, line, what, text }) =>
        `${where === full ? shown : where}:${line}:${text.length + 1}: ${what}\n${text}\n${" ".repeat(text.length)}^\n`,
    );
    return { code: 1, stderr: quiet ? "" : lines.join("") };
  }
  return {
    code: 0,
    stdout: quiet ? "" : checked.map((each) => `${each === full ? shown : each}: parsed OK\n`).join(""),
  };
};

/** Comes with the package sudo, where the machine has no visudo of its own. */
export const sudoCommands = {
  visudo: { run: visudo, stdin: true, real: true, folder: "/usr/sbin" as const },
  sudo: { real: true, run: withoutQuestion },
};

/** root may do everything, and so may users of the group sudo; who else, sudoers says, which is not evaluated. */
function withoutQuestion(_host: Host, call: Call): Answer {
  const words = call.args.filter((word) => word !== "-n" && word !== "-E" && word !== "-H" && word !== "--");
  if (words[0] === "-V" || words[0] === "--version") return { code: 0, stdout: "Sudo version 1.9.16p2\n" };
  if (words[0] === "-u" && words[1] !== undefined && !words[2]?.startsWith("-"))
    return {
      exec: ["setpriv", "--reuid", words[1], "--init-groups", "--reset-env", "--", ...words.slice(2)],
    };
  if (words[0] === undefined || words[0].startsWith("-"))
    return { code: 1, stderr: `sudo: the lab does not simulate ${call.args.join(" ")}\n` };
  return { exec: words };
}

const directives =
  /^(daily|weekly|monthly|yearly|hourly|rotate|compress|nocompress|delaycompress|nodelaycompress|missingok|nomissingok|notifempty|ifempty|create|nocreate|copytruncate|copy|size|minsize|maxsize|maxage|dateext|dateformat|nodateext|olddir|noolddir|su|sharedscripts|nosharedscripts|include|tabooext|mail|nomail|shred|start|extension|addextension|compresscmd|uncompresscmd|compressext|compressoptions|minage|createolddir|dateyesterday|datehourago|renamecopy|hourly|firstaction|lastaction|prerotate|postrotate|preremove|endscript)$/;

/** Messages of logrotate 3.22; only its check is simulated, nothing is rotated. */
const logrotate: Command = (host, call) => {
  const flags = call.args.filter((word) => word.startsWith("-"));
  const paths = call.args.filter((word) => !word.startsWith("-"));
  const refused = flags.find((word) => !["-d", "--debug", "-v", "--verbose"].includes(word));
  if (refused !== undefined) return { code: 1, stderr: `logrotate: the lab does not simulate ${refused}\n` };
  if (!flags.includes("-d") && !flags.includes("--debug"))
    return { code: 1, stderr: "logrotate: the lab does not simulate rotating; -d checks\n" };
  if (paths.length === 0)
    return {
      code: 1,
      stderr:
        "Usage: logrotate [-dfv?] [-d|--debug] [-f|--force] [-m|--mail=command] [-s|--state=statefile] [OPTION...] <configfile>\n",
    };
  let stderr =
    "warning: logrotate in debug mode does nothing except printing debug messages!  Consider using verbose mode (-v) instead if this is not what you want.\n\n";
  let bad = false;
  for (const path of paths) {
    const file = inRoot(host.root, resolve(call.cwd, path));
    if (!existsSync(file))
      return { code: 1, stderr: `${stderr}error: cannot stat ${path}: No such file or directory\n` };
    if ((statSync(file).mode & 0o022) !== 0) {
      stderr += `error: Ignoring ${path} because it is writable by group or others.\n`;
      bad = true;
      continue;
    }
    stderr += `reading config file ${path}\n`;
    let [inside, script] = [false, false];
    for (const [index, raw] of readFileSync(file, "utf8").split("\n").entries()) {
      const line = raw.trim();
      const [word = ""] = line.split(/[\s=]+/);
      if (script) script = line !== "endscript";
      else if (line === "" || line.startsWith("#")) continue;
      else if (line === "}") inside = false;
      else if (line.endsWith("{") || (/^["'/]/.test(line) && !inside)) inside ||= line.endsWith("{");
      else if (line === "{") inside = true;
      else if (/^(firstaction|lastaction|prerotate|postrotate|preremove)$/.test(word)) script = true;
      else if (!directives.test(word)) {
        stderr += `error: ${path}:${index + 1} unknown option '${word}' -- ignoring line\n`;
        bad = true;
      }
    }
    if (inside || script) {
      stderr += `error: ${path}:unexpected end of file - missing '}'?\n`;
      bad = true;
    }
  }
  return { code: bad ? 1 : 0, stderr };
};

/** The settings of sshd that a set-up asks for; the server itself is the lab's. */
const sshd: Command = (host, call) => {
  const path = inRoot(host.root, "/etc/ssh/sshd_config");
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  const settings: Record<string, string[]> = {};
  for (const [index, raw] of lines.entries()) {
    const [, key = "", value = ""] = /^\s*([A-Za-z0-9]+)\s+(.*?)\s*$/.exec(raw) ?? [];
    if (raw.trim() === "" || raw.trim().startsWith("#")) continue;
    if (value === "")
      return {
        code: 255,
        stderr: `/etc/ssh/sshd_config line ${index + 1}: no argument after keyword "${raw.trim()}"\n/etc/ssh/sshd_config: terminating, 1 bad configuration options\n`,
      };
    (settings[key.toLowerCase()] ??= []).push(value);
  }
  if (call.args.length === 1 && call.args[0] === "-t") return { code: 0 };
  if (call.args[0] !== "-T")
    return {
      code: 1,
      stderr: `sshd: the lab does not simulate ${call.args.join(" ")} (${unitName("ssh")} is the lab's server)\n`,
    };
  const of = (key: string, initial: string) => settings[key] ?? [initial];
  const rows = [
    ...of("port", "22").map((port) => `port ${port}`),
    `permitrootlogin ${of("permitrootlogin", "yes")[0] ?? ""}`,
    `pubkeyauthentication ${of("pubkeyauthentication", "yes")[0] ?? ""}`,
    `passwordauthentication ${of("passwordauthentication", "yes")[0] ?? ""}`,
    "maxstartups 10:30:100",
    "maxsessions 10",
  ];
  return { code: 0, stdout: rows.map((row) => `${row}\n`).join("") };
};

export const checkCommands: CommandTable = { logrotate: { run: logrotate }, sshd: { run: sshd } };
