/**
 * Writes lab/COVERAGE.md: what the lab's host simulates and what it does not, read from the tables it works by.
 *
 *     npx tsx lab/scripts/coverage.ts
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { format, resolveConfig } from "prettier";
import { engineLines, pluginLines } from "./engineCommands";
import { failures } from "../host/faults/messages";
import { commands as machineCommands } from "../host/machine/commands";
import { refusedCommands } from "../host/machine/commands/refused";
import type { Subcommand as ZfsSubcommand } from "../host/machine/commands/zfs/family";
import * as zfs from "../host/machine/commands/zfs/zfs";
import * as zpool from "../host/machine/commands/zfs/zpool";
import { sites } from "../host/machine/download/catalogue";
import { latencies } from "../host/machine/latency";
import { nodePackages } from "../host/machine/packages";
import { commands as pveCommands } from "../host/pve";
import { methodsOf } from "../host/pve/api/registry";
import type { Subcommand, Tree } from "../host/pve/cli/command";
import { pct } from "../host/pve/cli/pct";
import { pveFirewall } from "../host/pve/cli/pve-firewall";
import { pveam } from "../host/pve/cli/pveam";
import { pveum } from "../host/pve/cli/pveum";
import { pvesm } from "../host/pve/cli/pvesm";
import { qm } from "../host/pve/cli/qm";
import { usage } from "../host/pve/schema/command-line";
import { CATALOGUE } from "../host/pve/templates/catalogue";

export const file = resolve(__dirname, "..", "COVERAGE.md");
const records = resolve(__dirname, "..", "..", "docs", "adr");

const code = (words: string[]): string => words.map((word) => `\`${word}\``).join(", ");
const section = (title: string, ...lines: string[]): string => `## ${title}\n\n${lines.join("\n")}\n`;

/** Names in order; those of a family, such as mp0 to mp255, as Proxmox VE's manual writes them: `mp[n]`. */
function names(all: string[]): string[] {
  const family = (name: string) => name.replace(/\d+$/, "[n]");
  const sizes = new Map<string, number>();
  for (const name of all) sizes.set(family(name), (sizes.get(family(name)) ?? 0) + 1);
  const short = (name: string) => ((sizes.get(family(name)) ?? 0) > 2 ? family(name) : name);
  return [...new Set(all.map(short))].sort();
}

/** A subcommand of Proxmox VE that answers with a refusal by name. */
const isRefused = ({ run }: Subcommand): boolean => /\brefuse|does not simulate/.test(run.toString());

function treeLines(tree: Tree, name: string): string[] {
  return Object.entries(tree).flatMap(([word, entry]) => {
    const full = `${name} ${word}`;
    if (!Array.isArray((entry as Subcommand).positions)) return treeLines(entry as Tree, full);
    const { parameters, positions, rest } = entry as Subcommand;
    if (isRefused(entry as Subcommand)) return [`- \`${full}\`: refused by name`];
    const options = Object.keys(parameters).filter((key) => !positions.includes(key));
    const line = `${usage(full, parameters, positions)}${rest === undefined ? "" : ` [${rest}…]`}`;
    return [
      `- \`${line}\`${options.length === 0 ? "" : `: ${code(names(options).map((one) => `--${one}`))}`}`,
    ];
  });
}

function zfsLines(name: string, table: Record<string, ZfsSubcommand>, refused: string[]): string[] {
  const usages = new Set(Object.values(table).map((one) => one.usage.replace(/\s+/g, " ").trim()));
  return [
    ...[...usages].sort().map((line) => `- \`${name} ${line}\``),
    `- refused by name: ${code([...refused].sort())}`,
  ];
}

function commandLines(): string[] {
  const packaged = Object.entries(nodePackages).flatMap(([name, { commands = {} }]) =>
    Object.entries(commands).map(([command, { run }]) => ({ name, command, simulated: run !== undefined })),
  );
  const ofPackages = new Set(packaged.map(({ command }) => command));
  const own = Object.keys(machineCommands).filter(
    (name) =>
      !ofPackages.has(name) && machineCommands[name] !== refusedCommands[name] && !/^z(fs|pool)$/.test(name),
  );
  const byPackage = new Map<string, string[]>();
  for (const { name, command, simulated } of packaged)
    byPackage.set(name, [...(byPackage.get(name) ?? []), simulated ? command : `${command} (refused)`]);
  return [
    `- on every host: ${code(own.sort())}`,
    ...[...byPackage].map(([name, words]) => `- with package ${name}: ${code(words.sort())}`),
  ];
}

/** Routes by path, with the parameters of each verb; what only one release has is marked. */
function routeLines(): string[] {
  const older = new Set(methodsOf(8).all.map(({ method, path }) => `${method} ${path}`));
  const newer = methodsOf(9).all;
  const only8 = methodsOf(8).all.filter(
    ({ method, path }) => !newer.some((one) => one.method === method && one.path === path),
  );
  const line = (route: string, parameters: string[], mark: string) => {
    const given = names(parameters.filter((name) => !route.includes(`{${name}}`)));
    return `- \`${route}\`${mark}${given.length === 0 ? "" : `: ${code(given)}`}`;
  };
  return [
    line("POST /access/ticket", ["username", "password", "realm"], ""),
    ...[...newer.map((one) => ({ ...one, only: 9 })), ...only8.map((one) => ({ ...one, only: 8 }))]
      .filter(({ path }) => path !== "/access/ticket")
      .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.method < b.method ? -1 : 1))
      .map(({ method, path, parameters, only }) => {
        const both = only === 9 && older.has(`${method} ${path}`);
        return line(`${method} ${path}`, Object.keys(parameters), both ? "" : ` (release ${only} only)`);
      }),
  ];
}

/** The sections "What is not simulated" of the decision records. */
function recorded(): string[] {
  return readdirSync(records)
    .filter((name) => name.endsWith(".md"))
    .sort()
    .flatMap((name) => {
      const text = readFileSync(join(records, name), "utf8");
      const found = /^## What is not simulated\n\n([\s\S]*?)(?=\n## |(?![\s\S]))/m.exec(text)?.[1];
      return found === undefined ? [] : [`${found.trim()} ([${name}](../docs/adr/${name}))`, ""];
    });
}

/** The text of lab/COVERAGE.md. */
export async function coverage(): Promise<string> {
  const { find } = methodsOf(9);
  const packages = Object.entries(nodePackages).map(([name, { from = "debian" }]) => ({
    name,
    from: [from].flat().join(" or "),
  }));
  const origins = [...new Set(packages.map(({ from }) => from))].sort();
  const refusedNames = Object.keys(refusedCommands).filter(
    (name) => machineCommands[name] === refusedCommands[name],
  );
  const text = [
    "# What the lab simulates\n",
    "Made by `npx tsx lab/scripts/coverage.ts` from the tables that the lab works by; do not edit.\n",
    "What is not listed here fails and names itself: an unknown command is not found, or says that the lab does not",
    "simulate it; an unknown option, subcommand or route is refused in the words of the real tool. Every other program",
    "on the host (bash, coreutils, useradd, visudo …) is this machine's own, run for real in the host's root file",
    "system.\n",
    section(
      "Proxmox VE's commands",
      ...[
        ...treeLines(pct(find), "pct"),
        ...treeLines(qm(find), "qm"),
        ...treeLines(pvesm(find), "pvesm"),
        ...treeLines(pveam(find), "pveam"),
        ...treeLines(pveFirewall(), "pve-firewall"),
        ...treeLines(pveum(find), "pveum"),
        "- `pvesh get|set|create|delete|ls|usage`: every route below",
        ...Object.keys(pveCommands)
          .filter((name) => !["pct", "qm", "pvesm", "pveam", "pve-firewall", "pveum", "pvesh"].includes(name))
          .map((name) => `- \`${name}\``),
      ],
    ),
    section("Routes of the API below /api2/json", ...routeLines()),
    section(
      "ZFS",
      "Usage as OpenZFS prints it; of the options in it, what the lab does not do is refused by name.",
      "",
      ...zfsLines("zfs", zfs.subcommands, zfs.known),
      ...zfsLines("zpool", zpool.subcommands, zpool.known),
    ),
    section("Commands of the host", ...commandLines()),
    section(
      "Packages of the repositories",
      ...origins.map(
        (from) =>
          `- ${from}: ${code(
            packages
              .filter((one) => one.from === from)
              .map(({ name }) => name)
              .sort(),
          )}`,
      ),
    ),
    section(
      "What the network serves",
      `- by HTTP: ${code(Object.keys(sites).sort())}`,
      `- templates of \`pveam\`: ${code(CATALOGUE.map((one) => one.file).sort())}`,
    ),
    section(
      "Faults on order",
      "`lab fault add --help` says how. Messages of commands that fail, each with its source in host/faults/messages.ts:",
      "",
      code(Object.keys(failures)),
    ),
    section(
      "Times",
      "Operations that take real hardware's time, with `--latency`:",
      "",
      code(Object.keys(latencies)),
    ),
    section("Pulumi's command line", ...engineLines()),
    section("Plugins", ...pluginLines()),
    section("What is not simulated", `Refused by name: ${code(refusedNames.sort())}`, "", ...recorded()),
  ].join("\n");
  return format(text, { ...(await resolveConfig(file)), parser: "markdown" });
}

if (require.main === module) void coverage().then((text) => writeFileSync(file, text));
