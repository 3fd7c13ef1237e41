/** apt-get and dpkg-query over a small catalogue; what is outside of it fails as with apt. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command, CommandTable, Host } from "../../types";

interface Package {
  version: string;
  /** There when the host is new. */
  installed?: boolean;
  /** Its program: the lab installs nothing, so that this machine must have it. */
  program?: string;
}

/** Packages of Debian 13 and Proxmox VE 9 that a host of ours may ask for. */
export const catalogue: Record<string, Package> = {
  bash: { version: "5.2.37-2+b5", installed: true },
  coreutils: { version: "9.7-3", installed: true },
  jq: { version: "1.7.1-6+deb13u1", program: "/usr/bin/jq" },
  "proxmox-ve": { version: "9.1.0", installed: true },
  "pve-manager": { version: "9.2.11", installed: true },
  sudo: { version: "1.9.16p2-3", program: "/usr/bin/sudo" },
  "zfsutils-linux": { version: "2.4.0-pve1", installed: true },
};

function installed(host: Host, name: string): Package | undefined {
  const known = catalogue[name];
  const changed = host.store.get<Record<string, boolean>>("packages", {});
  return known && (changed[name] ?? known.installed ?? false) ? known : undefined;
}

const aptGet: Command = async (host, call) => {
  const quiet = ["-y", "--yes", "-q", "-qq", "--no-install-recommends", "--assume-yes"];
  const refused = call.args.find((word) => word.startsWith("-") && !quiet.includes(word));
  if (refused !== undefined)
    return { code: 100, stderr: `E: apt-get: the lab does not simulate ${refused}\n` };
  const [verb = "", ...names] = call.args.filter((word) => !word.startsWith("-"));
  if (verb === "update") {
    await host.latency("apt-get update");
    return { code: 0, stdout: "Reading package lists...\n" };
  }
  if (verb !== "install")
    return {
      code: 100,
      stderr: `E: apt-get: the lab does not simulate ${verb === "" ? "no command" : verb}\n`,
    };
  const lists = "Reading package lists...\nBuilding dependency tree...\nReading state information...\n";
  const missing = names.filter((name) => catalogue[name] === undefined);
  if (missing.length > 0) {
    return {
      code: 100,
      stdout: lists,
      stderr: missing.map((name) => `E: Unable to locate package ${name}\n`).join(""),
    };
  }
  const absent = names.find((name) => {
    const { program } = catalogue[name] ?? {};
    return program !== undefined && !existsSync(join(host.root, program));
  });
  if (absent !== undefined) {
    return {
      code: 100,
      stdout: lists,
      stderr: `E: ${absent}: the lab can only install what this machine has itself\n`,
    };
  }
  const fresh = names.filter((name) => installed(host, name) === undefined);
  const present = names.filter((name) => !fresh.includes(name));
  if (fresh.length > 0 && !call.args.some((word) => ["-y", "--yes", "--assume-yes"].includes(word))) {
    return { code: 1, stdout: `${lists}Do you want to continue? [Y/n] Abort.\n` };
  }
  if (fresh.length > 0) await host.latency("apt-get install");
  host.store.set("packages", {
    ...host.store.get<Record<string, boolean>>("packages", {}),
    ...Object.fromEntries(fresh.map((name) => [name, true])),
  });
  const lines = [
    ...present.map((name) => `${name} is already the newest version (${catalogue[name]?.version}).`),
    ...(fresh.length > 0 ? ["The following NEW packages will be installed:", `  ${fresh.join(" ")}`] : []),
    `0 upgraded, ${fresh.length} newly installed, 0 to remove and 0 not upgraded.`,
    ...fresh.map((name) => `Setting up ${name} (${catalogue[name]?.version}) ...`),
  ];
  return { code: 0, stdout: `${lists}${lines.join("\n")}\n` };
};

const dpkgQuery: Command = (host, call) => {
  const [verb, ...rest] = call.args;
  if (verb !== "-W" && verb !== "-s" && verb !== "--show" && verb !== "--status") {
    return { code: 2, stderr: `dpkg-query: the lab only simulates -W and -s, not ${verb ?? "no option"}\n` };
  }
  const format = rest
    .map((word) => /^(?:-f=?|--showformat=)(.*)$/.exec(word)?.[1])
    .find((found) => found !== undefined);
  const names = rest.filter((word) => !word.startsWith("-"));
  let [stdout, stderr] = ["", ""];
  for (const name of names) {
    const found = installed(host, name);
    if (found === undefined) {
      stderr +=
        verb === "-W" || verb === "--show"
          ? `dpkg-query: no packages found matching ${name}\n`
          : `dpkg-query: package '${name}' is not installed and no information is available\nUse dpkg --info (= dpkg-deb --info) to examine archive files.\n`;
    } else if (verb === "-s" || verb === "--status") {
      stdout += `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${found.version}\n`;
    } else {
      const fields: Record<string, string> = {
        ...{ Package: name, "binary:Package": name, Version: found.version, Architecture: "amd64" },
        ...{ Status: "install ok installed", "db:Status-Status": "installed", "db:Status-Abbrev": "ii " },
      };
      const text = (format ?? "${Package}\\t${Version}\\n").replace(
        /\$\{([^}]+)\}/g,
        (_, field: string) => fields[field] ?? "",
      );
      stdout += text.replaceAll("\\n", "\n").replaceAll("\\t", "\t");
    }
  }
  return { code: stderr === "" ? 0 : 1, stdout, stderr };
};

export const packageCommands: CommandTable = {
  "apt-get": { run: aptGet },
  "dpkg-query": { run: dpkgQuery },
};
