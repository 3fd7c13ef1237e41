/** apt-get (and apt, whose commands are the same here): option words, what it says, and the order of the work. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import type { Answer, Call, Command, CommandTable, Host } from "../../types";
import { inRoot } from "../confined";
import { installed, records, setRecord, unmarked } from "../packages/installed";
import { archiveLine, update } from "../packages/lists";
import { findPackage } from "../packages/ofHost";
import {
  candidate,
  PlanError,
  planInstall,
  planRemove,
  planUpgrade,
  type Plan,
  unneeded,
  upgradable,
} from "../packages/plan";
import { readSources, SourcesError } from "../packages/repositories";
import { configure, ConfigureError, remove, unpack } from "../packages/transaction";
import { resolves } from "../network/names";

const lists = "Reading package lists...\nBuilding dependency tree...\nReading state information...\n";

interface Options {
  yes: boolean;
  quiet: number;
  simulate: boolean;
  purge: boolean;
  autoRemove: boolean;
  downloadOnly: boolean;
  reinstall: boolean;
  onlyUpgrade: boolean;
  noRemove: boolean;
  recommends: boolean;
  /** `--error-on=any`: what is a warning of an update otherwise fails it. */
  strict: boolean;
}

/** Splits options from words. @returns the refusal when there is an option that the lab does not know */
function parse(call: Call): { options: Options; words: string[] } | Answer {
  const options: Options = {
    yes: false,
    quiet: 0,
    simulate: false,
    purge: false,
    autoRemove: false,
    downloadOnly: false,
    reinstall: false,
    onlyUpgrade: false,
    noRemove: false,
    recommends: true,
    strict: false,
  };
  const words: string[] = [];
  const refuse = (word: string): Answer => ({
    code: 100,
    stderr: `E: ${call.name}: the lab does not simulate ${word}\n`,
  });
  const silent = [
    "--no-install-suggests",
    "--allow-downgrades",
    "--allow-change-held-packages",
    "--fix-missing",
    "-m",
    "--allow-releaseinfo-change",
    "-f",
    "--fix-broken",
  ];
  const queue = [...call.args];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === "-o" || word === "--option" || /^-o./.test(word)) {
      const setting = /^-o./.test(word) ? word.slice(2) : (queue.shift() ?? "");
      const [key = "", value] = setting.split(/=(.*)/s);
      if (value === undefined)
        return { code: 100, stderr: "E: Option -o: Configuration item specification must have an =<val>.\n" };
      if (
        !/^(DPkg::(Lock::Timeout|Options|Use-Pty|Progress-Fancy)|Acquire::(Retries|http::Timeout|https::Timeout|ForceIPv4|Check-Valid-Until)|APT::(Get::Assume-Yes|Install-Recommends|Color|Quiet|Sandbox::User))$/i.test(
          key.replace(/::$/, ""),
        )
      )
        return refuse(`-o ${key}`);
      if (/^DPkg::Options(::)?$/i.test(key) && !/^--force-conf(def|old|new|miss)$/.test(value))
        return refuse(`-o ${setting}`);
      if (/^APT::Install-Recommends$/i.test(key))
        options.recommends = !/^(no|false|without|off|disable|0)$/i.test(value);
    } else if (["-y", "--yes", "--assume-yes"].includes(word)) options.yes = true;
    else if (/^-q+$|^--quiet$|^-q=\d$|^-qqy$|^-qy$|^-yq+$/.test(word)) {
      options.quiet += (word.match(/q/g) ?? []).length;
      if (/^-.*y/.test(word) && !word.startsWith("--")) options.yes = true;
      // apt-get(8): -qq implies -y.
      if (options.quiet > 1) options.yes = true;
    } else if (["-s", "--simulate", "--dry-run", "--just-print", "--no-act", "--recon"].includes(word))
      options.simulate = true;
    else if (["-d", "--download-only"].includes(word)) options.downloadOnly = true;
    else if (word === "--purge") options.purge = true;
    else if (["--auto-remove", "--autoremove"].includes(word)) options.autoRemove = true;
    else if (word === "--reinstall") options.reinstall = true;
    else if (word === "--no-remove") options.noRemove = true;
    else if (word === "--no-install-recommends") options.recommends = false;
    else if (word === "--install-recommends") options.recommends = true;
    else if (word === "--error-on=any" || word === "-eany") options.strict = true;
    else if (word === "--only-upgrade") options.onlyUpgrade = true;
    else if (silent.includes(word)) continue;
    else if (word.startsWith("-")) return refuse(word);
    else words.push(word);
  }
  return { options, words };
}

const apt: Command = async (host, call) => {
  const parsed = parse(call);
  if ("code" in parsed || "exec" in parsed) return parsed;
  const { options, words } = parsed;
  try {
    readSources(host.root);
    if (words[0] === "update") return await update(host, options.strict);
    if (["clean", "autoclean", "auto-clean"].includes(words[0] ?? "")) return { code: 0 };
    return await act(host, call.name, words, options);
  } catch (error) {
    if (!(error instanceof SourcesError)) throw error;
    return {
      code: 100,
      stdout: words[0] === "update" ? "" : "Reading package lists...\n",
      stderr: `E: ${error.message}\nE: The list of sources could not be read.\n`,
    };
  }
};

/** What works on packages that are known. */
async function act(host: Host, name: string, words: string[], options: Options): Promise<Answer> {
  const [verb = "", ...names] = words;
  const interrupted = Object.values(records(host)).some(({ unpacked }) => unpacked === true);
  try {
    if (verb === "check") return interrupted ? broken : { code: 0, stdout: lists };
    const plan = planFor(host, verb, names, options);
    if (plan === undefined) {
      return {
        code: 100,
        stderr: `E: ${verb === "" ? `${name}: the lab does not simulate no command` : `Invalid operation ${verb}`}\n`,
      };
    }
    if (interrupted) return broken;
    return await carryOut(host, plan.plan, plan.notes, options, verb);
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    const all = error.message.split("\n");
    const isError = (line: string) => /^[EW]: /.test(line);
    const print = (some: string[]) => some.map((line) => `${line}\n`).join("");
    return {
      code: 100,
      stdout: lists + print(all.filter((line) => !isError(line))),
      stderr: print(all.filter(isError)),
    };
  }
}

const broken: Answer = {
  code: 100,
  stderr: "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem. \n",
};

function planFor(
  host: Host,
  verb: string,
  names: string[],
  options: Options,
): { plan: Plan; notes: string[] } | undefined {
  switch (verb) {
    case "install": {
      const plan = planInstall(host, names, options);
      const notes = plan.asked
        .filter((name) => !plan.install.includes(name) && !plan.upgrade.includes(name))
        .map((name) => `${name} is already the newest version (${installed(host, name)?.version ?? ""}).`);
      for (const name of plan.asked) {
        const record = records(host)[name];
        if (record?.auto !== true || options.simulate) continue;
        setRecord(host, name, unmarked(record, "auto"));
        notes.push(`${name} set to manually installed.`);
      }
      return { plan, notes };
    }
    case "remove":
    case "purge": {
      const found = planRemove(host, names, verb === "purge" || options.purge);
      if (options.autoRemove) found.plan.remove.push(...unneeded(host, found.plan.remove));
      return found;
    }
    case "autoremove":
    case "auto-remove":
      return { plan: { install: [], asked: [], upgrade: [], remove: unneeded(host), kept: [] }, notes: [] };
    case "upgrade":
    case "dist-upgrade":
    case "full-upgrade":
      return { plan: planUpgrade(host, verb !== "upgrade"), notes: [] };
    default:
      return undefined;
  }
}

function summary(host: Host, plan: Plan, notes: string[], purge: boolean): string {
  const section = (head: string, names: string[], mark = "") =>
    names.length === 0
      ? []
      : [
          head,
          `  ${[...names]
            .sort()
            .map((name) => name + mark)
            .join(" ")}`,
        ];
  const extra = plan.install.filter((name) => !plan.asked.includes(name));
  const waiting = upgradable(host).filter((name) => !plan.upgrade.includes(name)).length;
  const orphans = unneeded(host, plan.remove).filter((name) => !plan.remove.includes(name));
  return [
    ...notes,
    ...(orphans.length === 0
      ? []
      : [
          ...section(
            `The following package${orphans.length === 1 ? " was" : "s were"} automatically installed and ${orphans.length === 1 ? "is" : "are"} no longer required:`,
            orphans,
          ),
          `Use 'apt autoremove' to remove ${orphans.length === 1 ? "it" : "them"}.`,
        ]),
    ...(plan.asked.length > 0 ? section("The following additional packages will be installed:", extra) : []),
    ...section("Recommended packages:", plan.recommended ?? []),
    ...section("The following packages will be REMOVED:", plan.remove, purge ? "*" : ""),
    ...section("The following NEW packages will be installed:", plan.install),
    ...section("The following packages have been kept back:", plan.kept),
    ...section("The following packages will be upgraded:", plan.upgrade),
    `${plan.upgrade.length} upgraded, ${plan.install.length} newly installed, ${plan.remove.length} to remove and ${waiting} not upgraded.`,
    "",
  ].join("\n");
}

async function carryOut(
  host: Host,
  plan: Plan,
  notes: string[],
  options: Options,
  verb: string,
): Promise<Answer> {
  const purge = verb === "purge" || options.purge;
  const head = lists + summary(host, plan, notes, purge);
  const fetched = [...plan.install, ...plan.upgrade];
  if (options.simulate) {
    const line = (word: string) => (name: string) => `${word} ${name} (${candidate(host, name) ?? ""})\n`;
    return {
      code: 0,
      stdout:
        head +
        plan.remove.map((name) => `${purge ? "Purg" : "Remv"} ${name}\n`).join("") +
        fetched.map(line("Inst")).join("") +
        fetched.map(line("Conf")).join(""),
    };
  }
  if (options.noRemove && plan.remove.length > 0) {
    return { code: 100, stdout: head, stderr: "E: Packages need to be removed but remove is disabled.\n" };
  }
  const extra = plan.install.length + plan.upgrade.length + plan.remove.length - plan.asked.length;
  if ((extra > 0 || plan.remove.length > 0) && !options.yes) {
    return { code: 1, stdout: `${head}Do you want to continue? [Y/n] Abort.\n` };
  }
  if (fetched.length > 0 && !resolves(host, "deb.debian.org")) {
    const server = (name: string) => archiveLine(host, name).split(" ")[0] ?? "";
    const lines = fetched.map(
      (name) =>
        `E: Failed to fetch ${server(name)}/pool/${name}_${candidate(host, name) ?? ""}_amd64.deb  Could not resolve '${new URL(server(name)).hostname}'\n`,
    );
    return {
      code: 100,
      stdout: head,
      stderr: `${lines.join("")}E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n`,
    };
  }
  if (options.downloadOnly)
    return { code: 0, stdout: `${head}Download complete and in download only mode\n` };
  let out = head;
  try {
    for (const name of plan.remove) out += await remove(host, name, purge);
    if (fetched.length > 0) await host.latency("apt-get install");
    for (const [index, name] of fetched.entries()) {
      out += `Get:${index + 1} ${archiveLine(host, name)} amd64 ${name} amd64 ${candidate(host, name) ?? ""}\n`;
    }
    for (const name of fetched) {
      const before = installed(host, name)?.version;
      const version = candidate(host, name) ?? "";
      out += before === undefined ? `Selecting previously unselected package ${name}.\n` : "";
      out += `Unpacking ${name} (${version})${before === undefined ? "" : ` over (${before})`} ...\n`;
      unpack(host, name, version, !plan.asked.includes(name));
    }
    for (const name of fetched) out += await configure(host, name);
    if (
      fetched.some(
        (name) => name.startsWith("proxmox-kernel-") && findPackage(host, name)?.files !== undefined,
      )
    ) {
      out += "Processing triggers for initramfs-tools ...\n";
      flagReboot(host, fetched);
    }
    return { code: 0, stdout: out };
  } catch (error) {
    if (!(error instanceof ConfigureError)) throw error;
    const name = /Setting up (\S+)/.exec(error.message)?.[1] ?? "";
    return {
      code: 100,
      stdout: out + error.message,
      stderr:
        `dpkg: error processing package ${name} (--configure):\n installed ${name} package post-installation script subprocess returned error exit status 1\n` +
        `Errors were encountered while processing:\n ${name}\nE: Sub-process /usr/bin/dpkg returned an error code (1)\n`,
    };
  }
}

/** Kernel packages of Debian and Proxmox ask for a reboot this way when the notifier is there. */
function flagReboot(host: Host, names: string[]): void {
  const folder = inRoot(host.root, "/run");
  if (!existsSync(folder)) mkdirSync(folder);
  writeFileSync(`${folder}/reboot-required`, "*** System restart required ***\n");
  writeFileSync(
    `${folder}/reboot-required.pkgs`,
    names
      .filter((name) => /kernel/.test(name))
      .map((name) => `${name}\n`)
      .join(""),
  );
}

export const aptCommands: CommandTable = { "apt-get": { run: apt }, apt: { run: apt } };
