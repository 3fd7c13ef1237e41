/** `systemctl status` and `systemctl show`. */
import type { Answer, Host } from "../../types";
import { setting, unitName } from "../units/files";
import { entries, shortLine } from "../units/journal";
import { isEnabled } from "../units/links";
import { description } from "../units/manager";
import { load, stateOf } from "../units/state";

const stamp = (ms: number) => {
  const iso = new Date(ms).toISOString();
  const day = new Date(ms).toLocaleDateString("en-US", { weekday: "short", timeZone: "UTC" });
  return `${day} ${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
};

function ago(ms: number): string {
  const seconds = Math.max(0, Math.floor((Date.now() - ms) / 1000));
  if (seconds < 60) return `${seconds}s ago`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}min ${seconds % 60}s ago`
    : `${Math.floor(minutes / 60)}h ${minutes % 60}min ago`;
}

/** What `show` knows of a unit, in systemd's names. */
export function properties(host: Host, word: string): Record<string, string> {
  const unit = load(host, unitName(word));
  const name = unit?.name ?? unitName(word);
  const state = stateOf(host, name);
  const type = setting(unit?.file, "Service", "Type").at(-1) ?? unit?.definition?.type ?? "simple";
  return {
    Id: name,
    Names: name,
    Description: unit === undefined ? name : description(unit),
    LoadState: unit === undefined ? "not-found" : unit.file.masked ? "masked" : "loaded",
    ActiveState: state.active,
    SubState: state.sub,
    FragmentPath: unit?.file.path ?? "",
    UnitFileState: unit === undefined ? "" : isEnabled(host, name),
    NeedDaemonReload: unit?.outdated === true ? "yes" : "no",
    Type: name.endsWith(".service") ? type : "",
    MainPID: String(state.pid),
    Result: state.result,
    ExecMainStatus: String(state.status),
    ExecMainPID: String(state.pid),
    NRestarts: "0",
    ActiveEnterTimestamp: state.active === "active" ? stamp(state.since) : "",
    ActiveEnterTimestampMonotonic: state.active === "active" ? String(state.since * 1000) : "0",
    RemainAfterExit: /^(yes|true|on|1)$/i.test(
      setting(unit?.file, "Service", "RemainAfterExit").at(-1) ?? "no",
    )
      ? "yes"
      : "no",
    DropInPaths: (unit?.file.dropIns ?? []).join(" "),
    After: setting(unit?.file, "Unit", "After").join(" "),
    Before: setting(unit?.file, "Unit", "Before").join(" "),
  };
}

export function show(host: Host, names: string[], wanted: string | undefined, valueOnly: boolean): Answer {
  const asked = wanted?.split(",");
  const all = (names.length > 0 ? names : [""]).map((name) => properties(host, name));
  const unknown = asked?.find((key) => !Object.hasOwn(all[0] ?? {}, key));
  if (unknown !== undefined) {
    return { code: 1, stderr: `systemctl show: the lab does not simulate property ${unknown}\n` };
  }
  const blocks = all.map((found) =>
    (asked ?? Object.keys(found))
      .map((key) => (valueOnly ? `${found[key] ?? ""}\n` : `${key}=${found[key] ?? ""}\n`))
      .join(""),
  );
  return { code: 0, stdout: blocks.join("\n") };
}

export function status(host: Host, names: string[], lines: number): Answer {
  let [code, stdout, stderr] = [0, "", ""];
  for (const word of names) {
    const unit = load(host, unitName(word));
    if (unit === undefined) {
      [code, stderr] = [4, `${stderr}Unit ${unitName(word)} could not be found.\n`];
      continue;
    }
    const { name, file } = unit;
    const state = stateOf(host, name);
    if (state.active !== "active") code = 3;
    const dot = { active: "●", failed: "×", inactive: "○", activating: "●" }[state.active];
    const since = state.since > 0 ? ` since ${stamp(state.since)}; ${ago(state.since)}` : "";
    const result = state.active === "failed" ? ` (Result: ${state.result})` : ` (${state.sub})`;
    const text = [
      `${dot} ${name} - ${description(unit)}`,
      `     Loaded: ${file.masked ? `masked (Reason: Unit ${name} is masked.)` : `loaded (${file.path}; ${isEnabled(host, name)}; preset: enabled)`}`,
      ...(file.dropIns.length > 0 ? [`    Drop-In: ${file.dropIns.join(", ")}`] : []),
      `     Active: ${state.active}${state.active === "inactive" ? " (dead)" : result}${since}`,
      ...(state.pid > 0 ? [`   Main PID: ${state.pid} (${name.replace(/\.service$/, "")})`] : []),
      ...(state.active === "failed"
        ? [`    Process: (code=exited, status=${state.status}${state.status === 1 ? "/FAILURE" : ""})`]
        : []),
    ];
    const journal = entries(host)
      .filter((entry) => entry.unit === name)
      .slice(-lines)
      .map((entry) => shortLine(host, entry));
    const warning = unit.outdated
      ? `Warning: The unit file, source configuration file or drop-ins of ${name} changed on disk. Run 'systemctl daemon-reload' to reload units.\n`
      : "";
    stderr += warning;
    stdout +=
      [...text, ...(journal.length > 0 ? ["", ...journal] : []), ""].join("\n") +
      (names.length > 1 ? "\n" : "");
  }
  return { code, stdout, stderr };
}
