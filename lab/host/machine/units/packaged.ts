/** Unit files that come with packages and with the base system. */
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { Host } from "../../types";
import { inRoot } from "../confined";
import type { Unit } from "../packages/types";
import { findUnitFile, folders, unitName } from "./files";
import { disable, enable, isEnabled } from "./links";
import { start, stop } from "./manager";
import { stateOf } from "./state";
import { makeFolder } from "../files";

const library = folders.at(-1) ?? "";

function fileText(name: string, unit: Unit): string {
  const type = unit.type ?? "simple";
  const lines = ["[Unit]", `Description=${unit.description}`, ""];
  if (name.endsWith(".service")) {
    lines.push(
      "[Service]",
      ...(type === "simple" ? [] : [`Type=${type}`]),
      `ExecStart=${unit.execStart ?? "/usr/sbin/" + name.replace(/\.service$/, "")}`,
    );
    if (unit.reloads === true) lines.push("ExecReload=/bin/kill -HUP $MAINPID");
    if (unit.remains === true) lines.push("RemainAfterExit=yes");
    lines.push("");
  }
  if (name.endsWith(".timer")) lines.push("[Timer]", "OnCalendar=daily", "Persistent=true", "");
  const target = name.endsWith(".timer") ? "timers.target" : "multi-user.target";
  lines.push(
    "[Install]",
    ...(name === target ? [] : [`WantedBy=${target}`]),
    ...(unit.aliases ?? []).map((alias) => `Alias=${unitName(alias)}`),
    "",
  );
  return lines.join("\n");
}

/** Writes a unit's file and, as the installer of the package does, enables it. */
export function lay(host: Host, word: string, unit: Unit): void {
  const name = unitName(word);
  const folder = inRoot(host.root, library);
  makeFolder(folder);
  writeFileSync(`${folder}/${name}`, fileText(name, unit));
  for (const alias of unit.aliases ?? []) {
    rmSync(`${folder}/${unitName(alias)}`, { force: true });
    symlinkSync(name, `${folder}/${unitName(alias)}`);
  }
}

/** Puts a package's unit in place, enables and starts it unless the package leaves that to the user. */
export async function install(host: Host, word: string, unit: Unit): Promise<string> {
  const name = unitName(word);
  const fresh = findUnitFile(host.root, name) === undefined;
  lay(host, word, unit);
  if (unit.enabled === false) return "";
  const text = fresh
    ? enable(host, name)
        .lines.map((line) => `${line}\n`)
        .join("")
    : "";
  if (!isEnabled(host, name).startsWith("enabled")) return text;
  // invoke-rc.d: a service that does not start does not fail the installation of most packages, but is told.
  const outcome = await start(host, name);
  return outcome.code === 0 ? text : `${text}${outcome.stderr}`;
}

/** Stops and takes away a package's unit; links of `enable` stay until it is purged. */
export async function remove(host: Host, word: string, purge: boolean): Promise<void> {
  const name = unitName(word);
  if (stateOf(host, name).active === "active") await stop(host, name);
  if (purge) disable(host, name);
  rmSync(inRoot(host.root, `${library}/${name}`), { force: true });
}
