/** locale and locale-gen of a container: what /etc/locale.gen asks for, once it was made. */
import { existsSync, readFileSync } from "node:fs";
import { inRoot } from "../../machine/confined";
import type { Command, Host } from "../../types";

/** Locales that were made, as `locale -a` names them. */
const made = (host: Host): string[] => host.store.get<string[]>("locales", []);

/** `en_US.UTF-8` → `en_US.utf8` (localedef's normalised codeset). */
const normalised = (name: string) => name.replace(/\.UTF-8$/, ".utf8");

const locale: Command = (host, { args }) => {
  if (args.join(" ") !== "-a")
    return { code: 1, stderr: `locale: the lab does not simulate ${args.join(" ") || "this"}\n` };
  const names = ["C", "C.utf8", "POSIX", ...made(host)];
  return { code: 0, stdout: names.map((name) => `${name}\n`).join("") };
};

const localeGen: Command = async (host, { args }) => {
  if (args.length > 0)
    return { code: 1, stderr: `locale-gen: the lab does not simulate ${args.join(" ")}\n` };
  const file = inRoot(host.root, "/etc/locale.gen");
  const wanted = (existsSync(file) ? readFileSync(file, "utf8") : "")
    .split("\n")
    .filter((line) => /^[a-z]{2}_[A-Z]{2}\.UTF-8 UTF-8\s*$/.test(line))
    .map((line) => line.split(" ")[0] ?? "");
  await host.latency("locale-gen");
  host.store.set("locales", wanted.map(normalised));
  const lines = wanted.map((name) => `  ${name}... done\n`);
  return {
    code: 0,
    stdout: `Generating locales (this might take a while)...\n${lines.join("")}Generation complete.\n`,
  };
};

export const localeCommands = {
  locale: { run: locale },
  "locale-gen": { run: localeGen, folder: "/usr/sbin" as const },
};
