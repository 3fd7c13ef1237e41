/** systemctl over the units of the host. Texts of systemd 257. */
import { existsSync, readFileSync } from "node:fs";
import type { Answer, Call, Command, CommandTable, Host } from "../../types";
import { inRoot } from "../confined";
import { findUnitFile, setting, unitFileNames, unitName } from "../units/files";
import { disable, enable, isEnabled, mask, unmask } from "../units/links";
import { description, type Outcome, reload, restart, start, stop } from "../units/manager";
import { known, load, reloadFiles, setState, stateOf } from "../units/state";
import { requestPower } from "../power/power";
import { properties, show, status } from "./systemctlShow";

interface Words {
  verb: string;
  names: string[];
  quiet: boolean;
  now: boolean;
  noBlock: boolean;
  options: Record<string, string>;
}

const flags = new Set([
  "--no-pager",
  "--system",
  "--no-legend",
  "--plain",
  "--full",
  "-l",
  "--all",
  "-a",
  "--no-ask-password",
  "--force",
  "-f",
  "--failed",
  "--no-wall",
  "--value",
  "--no-warn",
]);

function parse(call: Call): Words | Answer {
  const found: Words = { verb: "", names: [], quiet: false, now: false, noBlock: false, options: {} };
  const queue = [...call.args];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const valued =
      /^(--property|-p|--type|-t|--state|--lines|-n|--output|-o)(?:=(.*))?$/.exec(word) ??
      /^(-p|-t|-n|-o)(.+)$/.exec(word);
    if (word === "-q" || word === "--quiet") found.quiet = true;
    else if (word === "--now") found.now = true;
    else if (word === "--no-block") found.noBlock = true;
    else if (valued) {
      const key =
        { "-p": "property", "-t": "type", "-n": "lines", "-o": "output" }[valued[1] ?? ""] ??
        (valued[1] ?? "").replace("--", "");
      const value = valued[2] ?? queue.shift() ?? "";
      found.options[key] = found.options[key] === undefined ? value : `${found.options[key]},${value}`;
    } else if (flags.has(word)) found.options[word.replace(/^-+/, "")] = "yes";
    else if (word.startsWith("-"))
      return { code: 1, stderr: `systemctl: the lab does not simulate ${word}\n` };
    else if (found.verb === "") found.verb = word;
    else found.names.push(word);
  }
  return found;
}

const actions: Record<string, (host: Host, name: string) => Promise<Outcome>> = {
  start,
  stop,
  restart,
  reload,
  "try-restart": async (host, name) =>
    stateOf(host, load(host, unitName(name))?.name ?? unitName(name)).active === "active"
      ? restart(host, name)
      : { code: 0, stderr: "" },
  "reload-or-restart": async (host, name) => {
    const unit = load(host, unitName(name));
    const reloads =
      unit !== undefined &&
      (unit.definition?.reloads === true || setting(unit.file, "Service", "ExecReload").length > 0);
    return reloads && stateOf(host, unit.name).active === "active" ? reload(host, name) : restart(host, name);
  },
};

const systemctl: Command = async (host, call) => {
  const words = parse(call);
  if ("code" in words || "exec" in words) return words;
  const { verb, names, quiet, options } = words;
  const action = Object.hasOwn(actions, verb) ? actions[verb] : undefined;
  if (action !== undefined) {
    if (names.length === 0) return { code: 1, stderr: "Too few arguments.\n" };
    return perform(host, names, action, verb, words.noBlock);
  }
  switch (verb) {
    case "daemon-reload":
    case "daemon-reexec":
      reloadFiles(host);
      return { code: 0 };
    case "is-active":
    case "is-failed":
      return asked(
        names.map((name) => stateOf(host, load(host, unitName(name))?.name ?? unitName(name)).active),
        verb === "is-active" ? "active" : "failed",
        quiet,
        verb === "is-active" ? 3 : 1,
      );
    case "is-enabled":
      return enabled(host, names, quiet);
    case "enable":
    case "disable":
    case "mask":
    case "unmask":
    case "reenable":
      return change(host, verb, names, words.now, quiet);
    case "reset-failed": {
      for (const name of names.length > 0 ? names.map(unitName) : known(host)) {
        if (stateOf(host, name).active === "failed")
          setState(host, name, { active: "inactive", sub: "dead" });
      }
      return { code: 0 };
    }
    case "status":
      return names.length === 0
        ? { code: 1, stderr: "systemctl: the lab does not simulate status without a unit\n" }
        : status(host, names, Number(options["lines"] ?? 10));
    case "show":
      return show(host, names, options["property"], options["value"] !== undefined);
    case "cat":
      return cat(host, names);
    case "list-unit-files":
      return listFiles(host, names, options);
    case "list-units":
    case "":
      return listUnits(host, names, options);
    case "list-timers":
      return listTimers(host);
    case "is-system-running": {
      const failed = known(host).some((name) => stateOf(host, name).active === "failed");
      return { code: failed ? 1 : 0, stdout: failed ? "degraded\n" : "running\n" };
    }
    case "get-default":
      return { code: 0, stdout: "graphical.target\n" };
    case "reboot":
    case "poweroff":
    case "halt":
      return requestPower(host, verb);
    default:
      return { code: 1, stderr: `Unknown command verb '${verb}'.\n` };
  }
};

async function perform(
  host: Host,
  names: string[],
  action: (host: Host, name: string) => Promise<Outcome>,
  verb: string,
  background: boolean,
): Promise<Answer> {
  let [code, stderr] = [0, ""];
  for (const name of names) {
    const unit = load(host, unitName(name));
    if (unit?.outdated === true) {
      stderr += `Warning: The unit file, source configuration file or drop-ins of ${unit.name} changed on disk. Run 'systemctl daemon-reload' to reload units.\n`;
    }
    if (background && unit !== undefined) {
      void action(host, name);
      continue;
    }
    if (verb === "restart") await host.latency("systemctl restart");
    const outcome = await action(host, name);
    stderr += outcome.stderr;
    if (outcome.code !== 0) code = outcome.code;
  }
  return { code, stderr };
}

function asked(words: string[], good: string, quiet: boolean, bad: number): Answer {
  if (words.length === 0) return { code: 1, stderr: "Too few arguments.\n" };
  return {
    code: words.includes(good) ? 0 : bad,
    stdout: quiet ? "" : words.map((word) => `${word}\n`).join(""),
  };
}

function enabled(host: Host, names: string[], quiet: boolean): Answer {
  if (names.length === 0) return { code: 1, stderr: "Too few arguments.\n" };
  const words = names.map((name) => isEnabled(host, name));
  const good = words.some((word) => ["enabled", "static", "alias", "indirect"].includes(word));
  const code = good ? 0 : words.every((word) => word === "not-found") ? 4 : 1;
  return { code, stdout: quiet ? "" : words.map((word) => `${word}\n`).join("") };
}

async function change(
  host: Host,
  verb: string,
  names: string[],
  now: boolean,
  quiet: boolean,
): Promise<Answer> {
  if (names.length === 0) return { code: 1, stderr: "Too few arguments.\n" };
  const how = { enable, disable, mask, unmask, reenable: enable }[verb] ?? enable;
  let [code, stderr] = [0, ""];
  for (const name of names) {
    if (verb === "reenable") disable(host, name);
    const outcome = how(host, name);
    if (!quiet || outcome.code !== 0) stderr += outcome.lines.map((line) => `${line}\n`).join("");
    if (outcome.code !== 0) return { code: outcome.code, stderr };
  }
  // Unlike a script's own change of a file, enabling makes systemd read unit files anew.
  reloadFiles(host);
  if (now && verb !== "unmask" && verb !== "reenable") {
    const done = (await perform(host, names, verb === "enable" ? start : stop, "", false)) as {
      code: number;
      stderr?: string;
    };
    [code, stderr] = [done.code, stderr + (done.stderr ?? "")];
  }
  return { code, stderr };
}

function cat(host: Host, names: string[]): Answer {
  let stdout = "";
  for (const name of names) {
    const file = findUnitFile(host.root, unitName(name));
    if (file === undefined) return { code: 1, stdout, stderr: `No files found for ${unitName(name)}.\n` };
    stdout += [file.path, ...file.dropIns]
      .map(
        (path) =>
          `# ${path}\n${existsSync(inRoot(host.root, path)) ? readFileSync(inRoot(host.root, path), "utf8") : ""}`,
      )
      .join("\n");
  }
  return { code: 0, stdout };
}

const glob = (pattern: string) =>
  new RegExp(`^${pattern.replace(/[.+]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".")}$`);
const matches = (name: string, patterns: string[]) =>
  patterns.length === 0 ||
  patterns.some((pattern) =>
    glob(/\.[a-z]+$/.test(pattern) || pattern.endsWith("*") ? pattern : unitName(pattern)).test(name),
  );

function listFiles(host: Host, patterns: string[], options: Record<string, string>): Answer {
  const rows = unitFileNames(host.root)
    .filter(
      (name) =>
        matches(name, patterns) && (options["type"] === undefined || name.endsWith(`.${options["type"]}`)),
    )
    .map((name) => [name, isEnabled(host, name), "enabled"])
    .filter(([, state]) => options["state"] === undefined || options["state"] === state);
  const width = Math.max(9, ...rows.map(([name]) => name?.length ?? 0));
  const lines = rows.map(([name = "", state = "", preset = ""]) =>
    `${name.padEnd(width)} ${state.padEnd(8)} ${preset}`.trimEnd(),
  );
  if (options["no-legend"] !== undefined)
    return { code: lines.length > 0 ? 0 : 1, stdout: lines.map((line) => `${line}\n`).join("") };
  return {
    code: lines.length > 0 ? 0 : 1,
    stdout: [
      `${"UNIT FILE".padEnd(width)} STATE    PRESET`,
      ...lines,
      "",
      `${rows.length} unit files listed.`,
      "",
    ].join("\n"),
  };
}

function listUnits(host: Host, patterns: string[], options: Record<string, string>): Answer {
  const state = options["failed"] !== undefined ? "failed" : options["state"];
  const rows = [...new Set([...known(host), ...unitFileNames(host.root)])]
    .filter(
      (name) =>
        matches(name, patterns) && (options["type"] === undefined || name.endsWith(`.${options["type"]}`)),
    )
    .filter((name) => {
      const { active, sub } = stateOf(host, name);
      return state === undefined
        ? active !== "inactive" || options["all"] !== undefined || options["a"] !== undefined
        : state === active || state === sub;
    })
    .sort()
    .map((name) => {
      const { active, sub } = stateOf(host, name);
      const unit = load(host, name);
      return [
        name,
        unit === undefined ? "not-found" : "loaded",
        active,
        sub,
        unit === undefined ? name : description(unit),
      ];
    });
  const head = ["UNIT", "LOAD", "ACTIVE", "SUB", "DESCRIPTION"];
  const plain = options["plain"] !== undefined;
  const legend = options["no-legend"] === undefined;
  const all = legend ? [head, ...rows] : rows;
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map(
    (row) =>
      `${plain ? "" : row[2] === "failed" ? "● " : "  "}${row.map((cell, column) => (column === 4 ? cell : cell.padEnd(widths[column] ?? 0))).join(" ")}`,
  );
  return {
    code: 0,
    stdout: [...lines, ...(legend ? ["", `${rows.length} loaded units listed.`] : []), ""].join("\n"),
  };
}

function listTimers(host: Host): Answer {
  const rows = unitFileNames(host.root).filter(
    (name) => name.endsWith(".timer") && stateOf(host, name).active === "active",
  );
  return {
    code: 0,
    stdout: [
      "NEXT LEFT LAST PASSED UNIT ACTIVATES",
      ...rows.map((name) => `- - - - ${name} ${name.replace(/timer$/, "service")}`),
      "",
      `${rows.length} timers listed.`,
      "",
    ].join("\n"),
  };
}

export { properties };
export const systemctlCommands: CommandTable = { systemctl: { run: systemctl } };
