/** modprobe, rmmod, insmod, lsmod, modinfo and depmod, with kmod's words. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Answer, Command, Host } from "../../../types";
import { runningKernel } from "../../kernel/running";
import type { PackageCommand } from "../../packages/types";
import { holders, isLoaded, kernelName, loadedModules } from "./loaded";
import { blacklisted, findModule, load, type Module, ModuleError, readModule, unload, uses } from "./modules";

const refuse = (name: string, word: string): Answer => ({
  code: 1,
  stderr: `${name}: the lab does not simulate ${word}\n`,
});

const modprobe: Command = async (host, { args }) => {
  const known = ["-r", "--remove", "-q", "--quiet", "-b", "--use-blacklist", "-a", "--all", "-v"];
  const unknown = args.find((word) => word.startsWith("-") && !known.includes(word));
  if (unknown !== undefined) return refuse("modprobe", unknown);
  const asked = (...words: string[]) => words.some((word) => args.includes(word));
  const names = args.filter((word) => !word.startsWith("-"));
  const quiet = asked("-q", "--quiet");
  if (names.length === 0) return { code: 1, stderr: "modprobe: ERROR: missing parameters. See -h.\n" };
  const options = names.slice(1).find((word) => word.includes("="));
  if (options !== undefined) return refuse("modprobe", `the parameter ${options}`);
  const kernel = runningKernel(host);
  for (const name of asked("-r", "--remove", "-a", "--all") ? names : names.slice(0, 1)) {
    const module = findModule(host, kernel, name);
    if (module === undefined && !isLoaded(host, name)) {
      if (quiet) return { code: 1 };
      return {
        code: 1,
        stderr: `modprobe: FATAL: Module ${name} not found in directory /lib/modules/${kernel}\n`,
      };
    }
    const failed = asked("-r", "--remove")
      ? remove(host, name)
      : await insert(host, module, asked("-b", "--use-blacklist"));
    if (failed !== undefined) return { code: 1, stderr: quiet ? "" : `modprobe: ${failed}\n` };
  }
  return { code: 0 };
};

async function insert(host: Host, module: Module | undefined, obey: boolean): Promise<string | undefined> {
  if (module === undefined || (obey && blacklisted(host).has(module.name))) return undefined;
  await host.latency("modprobe");
  try {
    await load(host, module);
  } catch (error) {
    if (error instanceof ModuleError) return `ERROR: ${error.message}`;
    throw error;
  }
  return undefined;
}

/** modprobe -r also takes what only this module needed. */
function remove(host: Host, name: string): string | undefined {
  if (!isLoaded(host, name)) return undefined;
  if (holders(host, name).length > 0 || uses(host, name) > 0)
    return `FATAL: Module ${kernelName(name)} is in use.`;
  const family = loadedModules(host).filter((other) => holders(host, other).includes(kernelName(name)));
  unload(host, name);
  for (const other of family)
    if (holders(host, other).length === 0 && uses(host, other) === 0) unload(host, other);
  return undefined;
}

const rmmod: Command = (host, { args }) => {
  const unknown = args.find((word) => word.startsWith("-"));
  if (unknown !== undefined) return refuse("rmmod", unknown);
  let stderr = args.length === 0 ? "rmmod: ERROR: missing module name.\n" : "";
  for (const name of args) {
    const own = kernelName(name);
    const by = isLoaded(host, name) ? holders(host, name) : [];
    if (!isLoaded(host, name)) stderr += `rmmod: ERROR: Module ${own} is not currently loaded\n`;
    else if (by.length > 0) stderr += `rmmod: ERROR: Module ${own} is in use by: ${by.join(" ")}\n`;
    else if (uses(host, name) > 0) stderr += `rmmod: ERROR: Module ${own} is in use\n`;
    else unload(host, name);
  }
  return { code: stderr === "" ? 0 : 1, stderr };
};

const insmod: Command = async (host, { args, cwd }) => {
  const [file = ""] = args;
  const path = file.startsWith("/") ? file : join(cwd, file);
  if (args.length !== 1) return refuse("insmod", args.slice(1).join(" ") || "no file");
  if (!existsSync(join(host.root, path))) {
    return { code: 1, stderr: `insmod: ERROR: could not load module ${file}: No such file or directory\n` };
  }
  const module = readModule(host, path);
  if (isLoaded(host, module.name)) {
    return { code: 1, stderr: `insmod: ERROR: could not insert module ${file}: File exists\n` };
  }
  const failed = await insert(host, module, false);
  const why = failed?.split(": ").at(-1);
  return why === undefined
    ? { code: 0 }
    : { code: 1, stderr: `insmod: ERROR: could not insert module ${file}: ${why}\n` };
};

const lsmod: Command = (host) => {
  const rows = loadedModules(host).map((name) => {
    const by = holders(host, name);
    return `${name.padEnd(22)} 16384  ${by.length + uses(host, name)}${by.length > 0 ? ` ${by.join(",")}` : ""}\n`;
  });
  return { code: 0, stdout: `Module                  Size  Used by\n${rows.join("")}` };
};

const modinfo: Command = async (host, { args }) => {
  const field = args[0] === "-F" ? args[1] : undefined;
  const [name = ""] = field === undefined ? args : args.slice(2);
  if (name.startsWith("-")) return refuse("modinfo", name);
  const kernel = runningKernel(host);
  const module = findModule(host, kernel, name);
  if (module === undefined) return { code: 1, stderr: `modinfo: ERROR: Module ${name} not found.\n` };
  const fields: Record<string, string> = {
    filename: module.file ?? `/lib/modules/${kernel}/kernel/${module.name}.ko`,
    ...(module.version === undefined ? {} : { version: module.version }),
    name: module.name,
    depends: module.depends.join(","),
    vermagic: `${module.vermagic ?? kernel} SMP preempt mod_unload modversions `,
  };
  if (field !== undefined)
    return { code: 0, stdout: fields[field] === undefined ? "" : `${fields[field]}\n` };
  const lines = Object.entries(fields).map(([key, value]) => `${`${key}:`.padEnd(16)}${value}\n`);
  return { code: 0, stdout: lines.join("") };
};

const depmod: Command = async (host, { args }) => {
  const [kernel] = args.filter((word) => !["-a", "--all"].includes(word));
  if (kernel?.startsWith("-")) return refuse("depmod", kernel);
  const folder = `/lib/modules/${kernel ?? runningKernel(host)}`;
  await host.latency("depmod");
  return existsSync(join(host.root, "usr", folder))
    ? { code: 0 }
    : { code: 1, stderr: `depmod: ERROR: could not open directory ${folder}: No such file or directory\n` };
};

const inSbin = (run: Command): PackageCommand => ({ run, folder: "/usr/sbin" });

export const kmodCommands: Record<string, PackageCommand> = {
  modprobe: inSbin(modprobe),
  rmmod: inSbin(rmmod),
  insmod: inSbin(insmod),
  lsmod: inSbin(lsmod),
  modinfo: inSbin(modinfo),
  depmod: inSbin(depmod),
};
