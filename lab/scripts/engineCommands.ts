/** The lab's `pulumi` and its plugins, from their own tables. */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import type { Command } from "../engine/cli/command";
import { commandProvider } from "../plugins/command/provider";
import { proxmoxveProvider } from "../plugins/proxmoxve/provider";

const folder = resolve(__dirname, "..", "engine", "cli");
const load = createRequire(__filename);

/** One line for each command with its flags. */
export function engineLines(): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => (load(join(folder, name)) as { commands?: Command[] }).commands ?? [])
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, flags }) => {
      const given = Object.keys(flags.flags)
        .sort()
        .map((flag) => `\`--${flag}\``);
      return `- \`pulumi ${name}\`${given.length === 0 ? "" : `: ${given.join(", ")}`}`;
    });
}

/** One line for each plugin with its resources and functions. */
export function pluginLines(): string[] {
  return [commandProvider, proxmoxveProvider()].map(({ name, version, resources, functions }) => {
    const all = [...Object.keys(resources), ...Object.keys(functions ?? {})].sort();
    return `- ${name} ${version}: ${all.map((one) => `\`${one}\``).join(", ")}`;
  });
}
