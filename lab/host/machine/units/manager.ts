/** Starts and stops units: hooks of packaged units, or what the unit file says, run for real in the host. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../../types";
import { inRoot } from "../confined";
import { credentials } from "./credentials";
import { execLine, words } from "./execLine";
import { setting, unitName } from "./files";
import { log } from "./journal";
import { isEnabled } from "./links";
import { runDetached, stopDetached } from "./processes";
import { load, type Loaded, setState, stateOf } from "./state";

export interface Outcome {
  code: number;
  stderr: string;
}

const done: Outcome = { code: 0, stderr: "" };
const list = (values: string[]) =>
  values.flatMap((value) => value.split(/\s+/)).filter((word) => word !== "");
const missing = (verb: string, name: string): Outcome => ({
  code: 5,
  stderr: `Failed to ${verb} ${name}: Unit ${name} not found.\n`,
});

export const description = ({ name, file, definition }: Loaded): string =>
  setting(file, "Unit", "Description").at(-1) ?? definition?.description ?? name;

/** A line of systemd itself in the journal. */
const note = (host: Host, unit: string, message: string, priority?: number) =>
  log(host, {
    identifier: "systemd",
    pid: 1,
    unit,
    message,
    ...(priority === undefined ? {} : { priority }),
  });

/** systemctl's own words when a job fails, systemd 257 (src/shared/bus-wait-for-jobs.c). */
function jobFailed(name: string, why: string): Outcome {
  return {
    code: 1,
    stderr: `Job for ${name} failed because ${why}.\nSee "systemctl status ${name}" and "journalctl -xeu ${name}" for details.\n`,
  };
}

/** Starts a unit and what it requires; nothing happens when it is active. */
export async function start(
  host: Host,
  word: string,
  verb = "start",
  chain: string[] = [],
): Promise<Outcome> {
  const unit = load(host, unitName(word));
  if (unit === undefined) return missing(verb, unitName(word));
  const { name, file } = unit;
  if (file.masked) return { code: 1, stderr: `Failed to ${verb} ${name}: Unit ${name} is masked.\n` };
  if (stateOf(host, name).active === "active" || chain.includes(name)) return done;
  for (const [key, needed] of [
    ["Requires", true],
    ["BindsTo", true],
    ["Wants", false],
  ] as const) {
    for (const other of list(setting(file, "Unit", key))) {
      const outcome =
        load(host, other) === undefined
          ? missing(verb, other)
          : await start(host, other, "start", [...chain, name]);
      if (outcome.code === 0 || !needed) continue;
      if (load(host, other) === undefined)
        return { code: 5, stderr: `Failed to ${verb} ${name}: Unit ${other} not found.\n` };
      note(host, name, `Dependency failed for ${name} - ${description(unit)}.`);
      return { code: 1, stderr: `A dependency job for ${name} failed. See 'journalctl -xe' for details.\n` };
    }
  }
  const unmet = unmetCondition(host, unit);
  if (unmet !== undefined) {
    note(host, name, `${description(unit)} was skipped because of an unmet condition check (${unmet}).`);
    return done;
  }
  if (!name.endsWith(".service")) {
    setState(host, name, {
      active: "active",
      sub: name.endsWith(".timer") ? "waiting" : "active",
      result: "success",
    });
    note(
      host,
      name,
      `${name.endsWith(".timer") ? "Started" : "Reached target"} ${name} - ${description(unit)}.`,
    );
    return done;
  }
  await host.latency("systemctl start");
  return unit.definition === undefined ? runFile(host, unit) : runPackaged(host, unit);
}

function unmetCondition(host: Host, { file }: Loaded): string | undefined {
  for (const key of ["ConditionPathExists", "ConditionPathIsDirectory", "ConditionFileNotEmpty"]) {
    for (const value of setting(file, "Unit", key)) {
      const [negated, path] = value.startsWith("!")
        ? [true, value.slice(1)]
        : [false, value.replace(/^\|/, "")];
      if (existsSync(inRoot(host.root, path)) === negated) return `${key}=${value}`;
    }
  }
  return undefined;
}

async function runPackaged(host: Host, unit: Loaded): Promise<Outcome> {
  const { name, definition } = unit;
  if (definition === undefined) return done;
  note(host, name, `Starting ${name} - ${description(unit)}...`);
  const failure = await definition.check?.(host);
  if (failure !== undefined) {
    const stem = name.replace(/\.service$/, "");
    const pid = nextPid();
    for (const message of failure.journal)
      log(host, { identifier: failure.identifier ?? stem, pid, unit: name, message, priority: 3 });
    return failed(host, unit, failure.status ?? 1, "exit-code");
  }
  await definition.started?.(host);
  const exited = definition.type === "oneshot";
  setState(host, name, {
    ...{
      active: exited && definition.remains !== true ? "inactive" : "active",
      sub: exited ? (definition.remains ? "exited" : "dead") : "running",
    },
    ...{ result: "success", status: 0, pid: exited ? 0 : nextPid() },
  });
  note(
    host,
    name,
    exited ? `Finished ${name} - ${description(unit)}.` : `Started ${name} - ${description(unit)}.`,
  );
  return done;
}

let pids = 1200;
const nextPid = () => (pids += 7);

function failed(host: Host, unit: Loaded, status: number, result: string, step = "Main"): Outcome {
  const { name } = unit;
  const special =
    { 203: "/EXEC", 200: "/CHDIR", 217: "/USER" }[status] ?? (status === 1 ? "/FAILURE" : "/n/a");
  if (result === "exit-code")
    note(host, name, `${name}: ${step} process exited, code=exited, status=${status}${special}`, 5);
  if (result === "timeout") note(host, name, `${name}: start operation timed out. Terminating.`, 4);
  note(host, name, `${name}: Failed with result '${result}'.`, 4);
  note(host, name, `Failed to start ${name} - ${description(unit)}.`, 3);
  setState(host, name, { active: "failed", sub: "failed", result, status, pid: 0 });
  return jobFailed(
    name,
    result === "timeout" ? "a timeout was exceeded" : "the control process exited with error code",
  );
}

/** What the service's variables are. */
export function environment(host: Host, { file }: Loaded): Record<string, string> {
  const pairs = setting(file, "Service", "Environment").flatMap(words);
  for (const value of setting(file, "Service", "EnvironmentFile")) {
    const path = inRoot(host.root, value.replace(/^-/, ""));
    if (existsSync(path))
      pairs.push(
        ...readFileSync(path, "utf8")
          .split("\n")
          .filter((line) => /^\s*[A-Za-z_]\w*=/.test(line))
          .map((line) => words(line).join(" ")),
      );
  }
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
}

const workingFolder = ({ file }: Loaded): string =>
  setting(file, "Service", "WorkingDirectory").at(-1)?.replace(/^[-~]/, "") || "/";

/** Runs one line of a unit file; what it prints goes into the journal. */
async function runLine(host: Host, unit: Loaded, line: string): Promise<{ code: number; ignored: boolean }> {
  const variables = environment(host, unit);
  const { argv, ignored } = execLine(line, unit.name, variables);
  const program = argv[0] ?? "";
  const found = program.startsWith("/")
    ? program
    : ["/usr/sbin", "/usr/bin"]
        .map((folder) => join(folder, program))
        .find((path) => existsSync(inRoot(host.root, path)));
  if (found === undefined || !existsSync(inRoot(host.root, found))) {
    note(
      host,
      unit.name,
      `${unit.name}: Unable to locate executable '${program}': No such file or directory`,
      3,
    );
    note(
      host,
      unit.name,
      `${unit.name}: Failed at step EXEC spawning ${program}: No such file or directory`,
      3,
    );
    return { code: 203, ignored };
  }
  const cwd = workingFolder(unit);
  const who = credentials(host, unit);
  if (who === undefined) {
    note(host, unit.name, `${unit.name}: Failed to determine user credentials: No such process`, 3);
    note(host, unit.name, `${unit.name}: Failed at step USER spawning ${found}: No such process`, 3);
    return { code: 217, ignored };
  }
  const pairs = Object.entries({ ...who.variables, ...variables }).map(([key, value]) => `${key}=${value}`);
  const ran = await host.run(["env", ...pairs, ...who.prefix, found, ...argv.slice(1)], { cwd });
  const pid = nextPid();
  const identifier = found.split("/").at(-1) ?? found;
  for (const message of `${ran.stdout}${ran.stderr}`.split("\n")) {
    if (message !== "") log(host, { identifier, pid, unit: unit.name, message });
  }
  return { code: ran.code, ignored };
}

async function runFile(host: Host, unit: Loaded): Promise<Outcome> {
  const { name, file } = unit;
  const service = (key: string) => setting(file, "Service", key);
  const starts = service("ExecStart");
  const oneshot = service("Type").at(-1) === "oneshot";
  if (
    (starts.length === 0 && !(oneshot && service("ExecStop").length > 0)) ||
    (starts.length > 1 && !oneshot)
  ) {
    const why =
      starts.length === 0
        ? "lacks both ExecStart= and ExecStop= setting"
        : "has more than one ExecStart= setting, which is only allowed for Type=oneshot services";
    note(host, name, `${name}: Service ${why}. Refusing.`, 3);
    return {
      code: 1,
      stderr: `Failed to start ${name}: Unit ${name} has a bad unit file setting.\nSee system logs and 'systemctl status ${name}' for details.\n`,
    };
  }
  note(host, name, `Starting ${name} - ${description(unit)}...`);
  for (const line of service("ExecStartPre")) {
    const { code, ignored } = await runLine(host, unit, line);
    if (code !== 0 && !ignored) return failed(host, unit, code, "exit-code", "Control");
  }
  if (!oneshot) {
    const [line = ""] = starts;
    const variables = environment(host, unit);
    const { argv } = execLine(line, name, variables);
    const who = credentials(host, unit);
    const pid =
      who !== undefined && existsSync(inRoot(host.root, argv[0] ?? ""))
        ? runDetached(
            host,
            name,
            argv,
            { ...who.variables, ...variables },
            { cwd: workingFolder(unit), prefix: who.prefix },
          )
        : undefined;
    if (pid === undefined)
      return failed(host, unit, (await runLine(host, unit, line)).code || 203, "exit-code");
    setState(host, name, { active: "active", sub: "running", result: "success", status: 0, pid });
    note(host, name, `Started ${name} - ${description(unit)}.`);
    return done;
  }
  setState(host, name, { active: "activating", sub: "start", result: "success" });
  for (const line of starts) {
    const { code, ignored } = await runLine(host, unit, line);
    if (code !== 0 && !ignored && !list(service("SuccessExitStatus")).includes(String(code)))
      return failed(host, unit, code, "exit-code");
  }
  const remains = /^(yes|true|on|1)$/i.test(service("RemainAfterExit").at(-1) ?? "no");
  setState(host, name, {
    active: remains ? "active" : "inactive",
    sub: remains ? "exited" : "dead",
    result: "success",
    status: 0,
    pid: 0,
  });
  if (!remains) note(host, name, `${name}: Deactivated successfully.`);
  note(host, name, `Finished ${name} - ${description(unit)}.`);
  return done;
}

export async function stop(host: Host, word: string): Promise<Outcome> {
  const unit = load(host, unitName(word));
  if (unit === undefined)
    return { code: 5, stderr: `Failed to stop ${unitName(word)}: Unit ${unitName(word)} not loaded.\n` };
  const { name, definition, file } = unit;
  const before = stateOf(host, name);
  if (before.active === "failed") setState(host, name, { ...before, active: "inactive", sub: "dead" });
  if (before.active !== "active") return done;
  await host.latency("systemctl stop");
  note(host, name, `Stopping ${name} - ${description(unit)}...`);
  await definition?.stopped?.(host);
  if (definition === undefined) {
    for (const line of setting(file, "Service", "ExecStop")) await runLine(host, unit, line);
    await stopDetached(host, name);
  }
  setState(host, name, { active: "inactive", sub: "dead", pid: 0, result: "success" });
  note(host, name, `${name}: Deactivated successfully.`);
  note(host, name, `Stopped ${name} - ${description(unit)}.`);
  return done;
}

export async function restart(host: Host, word: string): Promise<Outcome> {
  if (load(host, unitName(word)) === undefined) return missing("restart", unitName(word));
  await stop(host, word);
  return start(host, word, "restart");
}

export async function reload(host: Host, word: string): Promise<Outcome> {
  const unit = load(host, unitName(word));
  if (unit === undefined) return missing("reload", unitName(word));
  const { name, definition, file } = unit;
  if (definition?.reloads !== true && setting(file, "Service", "ExecReload").length === 0) {
    return {
      code: 1,
      stderr: `Failed to reload ${name}: Job type reload is not applicable for unit ${name}.\n`,
    };
  }
  if (stateOf(host, name).active !== "active") {
    return { code: 1, stderr: `${name} is not active, cannot reload.\n` };
  }
  note(host, name, `Reloading ${name} - ${description(unit)}...`);
  if (definition === undefined) {
    for (const line of setting(file, "Service", "ExecReload")) {
      if (line.includes("$MAINPID")) continue;
      const { code, ignored } = await runLine(host, unit, line);
      if (code !== 0 && !ignored) return jobFailed(name, "the control process exited with error code");
    }
    return done;
  }
  const failure = await definition.check?.(host);
  if (failure !== undefined) {
    for (const message of failure.journal)
      log(host, {
        identifier: failure.identifier ?? name.replace(/\.service$/, ""),
        pid: stateOf(host, name).pid,
        unit: name,
        message,
        priority: 3,
      });
    return jobFailed(name, "the control process exited with error code");
  }
  await definition.started?.(host);
  note(host, name, `Reloaded ${name} - ${description(unit)}.`);
  return done;
}

/** Whether a boot starts the unit. */
export const startsAtBoot = (host: Host, name: string): boolean => isEnabled(host, name) === "enabled";
