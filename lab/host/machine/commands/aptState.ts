/** apt-cache and apt-mark. */
import type { Command, CommandTable } from "../../types";
import { installed, installedPackages, records, setRecord } from "../packages/installed";
import { archiveLine, available } from "../packages/lists";
import { findPackage } from "../packages/ofHost";
import { candidate } from "../packages/plan";

const aptCache: Command = (host, call) => {
  const [verb = "", ...names] = call.args.filter((word) => !/^-q+$/.test(word));
  if (verb === "policy") {
    const text = names
      .filter(
        (name) =>
          findPackage(host, name) !== undefined &&
          (available(host, name) || records(host)[name] !== undefined),
      )
      .map((name) => {
        const there = installed(host, name)?.version;
        const offered = candidate(host, name);
        const lines = [
          `${name}:`,
          `  Installed: ${there ?? "(none)"}`,
          `  Candidate: ${offered ?? "(none)"}`,
          "  Version table:",
        ];
        const versions = [...new Set([offered, there].filter((one) => one !== undefined))];
        for (const version of versions) {
          lines.push(`${version === there ? " *** " : "     "}${version} 500`);
          if (available(host, name) && version === offered)
            lines.push(`        500 ${archiveLine(host, name)} amd64 Packages`);
          if (version === there) lines.push("        100 /var/lib/dpkg/status");
        }
        return `${lines.join("\n")}\n`;
      });
    return { code: 0, stdout: text.join("") };
  }
  if (verb === "madison") {
    const found = names.filter((name) => available(host, name));
    const missing = names.filter((name) => !available(host, name));
    return {
      code: 0,
      stdout: found
        .map(
          (name) =>
            `${name.padStart(10)} | ${candidate(host, name) ?? ""} | ${archiveLine(host, name)} amd64 Packages\n`,
        )
        .join(""),
      stderr: missing.map((name) => `N: Unable to locate package ${name}\n`).join(""),
    };
  }
  if (verb === "show") {
    const missing = names.filter((name) => !available(host, name) && installed(host, name) === undefined);
    if (missing.length > 0)
      return {
        code: 100,
        stderr: "E: No packages found\n",
      };
    return {
      code: 0,
      stdout: names
        .map((name) => `Package: ${name}\nVersion: ${candidate(host, name) ?? ""}\nArchitecture: amd64\n\n`)
        .join(""),
    };
  }
  return {
    code: 100,
    stderr: `E: apt-cache: the lab does not simulate ${verb === "" ? "no command" : verb}\n`,
  };
};

const aptMark: Command = (host, call) => {
  const [verb = "", ...names] = call.args;
  const of = (test: (name: string) => boolean) =>
    Object.keys(installedPackages(host))
      .filter((name) => test(name) && (names.length === 0 || names.includes(name)))
      .sort()
      .map((name) => `${name}\n`)
      .join("");
  if (verb === "showmanual") return { code: 0, stdout: of((name) => records(host)[name]?.auto !== true) };
  if (verb === "showauto") return { code: 0, stdout: of((name) => records(host)[name]?.auto === true) };
  if (verb === "showhold") return { code: 0, stdout: of((name) => records(host)[name]?.hold === true) };
  if (!["hold", "unhold", "manual", "auto"].includes(verb)) {
    return {
      code: 100,
      stderr: `E: ${verb === "" ? "apt-mark: the lab does not simulate no command" : `Invalid operation ${verb}`}\n`,
    };
  }
  let stdout = "";
  for (const name of names) {
    const record = installed(host, name);
    if (record === undefined && findPackage(host, name) === undefined)
      return { code: 100, stdout, stderr: `E: Unable to locate package ${name}\n` };
    if (record === undefined) {
      stdout += `${name} can not be marked as it is not installed.\n`;
      continue;
    }
    const { hold, auto, ...rest } = record;
    const now = {
      hold: verb === "hold" ? true : verb === "unhold" ? false : hold === true,
      auto: verb === "auto" ? true : verb === "manual" ? false : auto === true,
    };
    const same = now.hold === (hold === true) && now.auto === (auto === true);
    const words: Record<string, [string, string]> = {
      hold: [`${name} set on hold.`, `${name} was already set on hold.`],
      unhold: [`Canceled hold on ${name}.`, `${name} was already not on hold.`],
      manual: [`${name} set to manually installed.`, `${name} was already set to manually installed.`],
      auto: [
        `${name} set to automatically installed.`,
        `${name} was already set to automatically installed.`,
      ],
    };
    stdout += `${words[verb]?.[same ? 1 : 0] ?? ""}\n`;
    setRecord(host, name, {
      ...rest,
      ...(now.hold ? { hold: true } : {}),
      ...(now.auto ? { auto: true } : {}),
    });
  }
  return { code: 0, stdout };
};

export const aptStateCommands: CommandTable = {
  "apt-cache": { run: aptCache },
  "apt-mark": { run: aptMark },
};
