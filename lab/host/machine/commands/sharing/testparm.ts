/** testparm: reads smb.conf as the servers do, and prints what differs from Samba's defaults. */
import type { Answer, Command } from "../../../types";
import { type Configuration, configurationFile, readConfiguration, share, type Share } from "./smbConf";
import { parameter } from "./smbParameters";

const usage =
  "Usage: testparm [-?vlV] [-?|--help] [--usage] [-s|--suppress-prompt]\n" +
  "        [-v|--verbose] [-l|--skip-logic-checks] [--show-all-parameters]\n" +
  "        [--parameter-name=STRING] [--section-name=STRING]\n" +
  "        [-d|--debuglevel=DEBUGLEVEL] [--debug-stdout] [--option=name=value]\n" +
  "        [-V|--version] [OPTION...] <config-file> [host-name] [host-ip]\n";

export const sambaVersion = "4.22.6-Debian-4.22.6+dfsg-0+deb13u1";

interface Asked {
  file: string;
  suppress: boolean;
  parameter?: string;
  section?: string;
}

function parse(args: readonly string[]): Asked | Answer {
  const asked: Asked = { file: configurationFile, suppress: false };
  const queue = [...args];
  const files: string[] = [];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const [, name = "", attached] = /^(--[a-z-]+)(?:=(.*))?$/.exec(word) ?? [];
    if (word === "-s" || word === "--suppress-prompt") asked.suppress = true;
    else if (word === "-V" || word === "--version") return { code: 0, stdout: `Version ${sambaVersion}\n` };
    else if (name === "--parameter-name") asked.parameter = attached ?? queue.shift() ?? "";
    else if (name === "--section-name") asked.section = attached ?? queue.shift() ?? "";
    else if (["-v", "--verbose", "-l", "--skip-logic-checks", "--show-all-parameters"].includes(word))
      return { code: 1, stderr: `testparm: the lab does not simulate ${word}\n` };
    else if (word.startsWith("-"))
      return { code: 1, stderr: `\nInvalid option ${word}: unknown option\n\n${usage}` };
    else files.push(word);
  }
  if (files.length > 1)
    return { code: 1, stderr: "testparm: the lab does not simulate the check of a client\n" };
  return { ...asked, ...(files[0] !== undefined && { file: files[0] }) };
}

const roles: Record<string, string> = {
  "member server": "ROLE_DOMAIN_MEMBER",
  "classic primary domain controller": "ROLE_DOMAIN_PDC",
  "classic backup domain controller": "ROLE_DOMAIN_BDC",
  "active directory domain controller": "ROLE_ACTIVE_DIRECTORY_DC",
};

/** Lines of a section: without what is the default anyway, in the order of names; free-form ones behind. */
function lines(values: Map<string, string>, inherited: Map<string, string>): string[] {
  const shown = [...values].filter(([name, value]) => {
    const initial = inherited.get(name) ?? parameter(name)?.initial;
    return name.includes(":") || name === "available" || value !== initial;
  });
  const rank = (name: string) => (name.includes(":") ? 1 : parameter(name)?.local ? 2 : 0);
  return shown
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([name, value]) => `\t${name} = ${value}\n`);
}

const shareText = ({ name, values }: Share, global: Map<string, string>) =>
  `\n\n[${name}]\n${lines(values, global).join("")}`;

function globalText({ global }: Configuration): string {
  const values = new Map(global);
  if (!values.has("idmap config * : backend")) values.set("idmap config * : backend", "tdb");
  return `# Global parameters\n[global]\n${lines(values, new Map()).join("")}`;
}

export const testparm: Command = (host, call) => {
  const asked = parse(call.args);
  if (!("file" in asked)) return asked;
  if (!asked.suppress) return { code: 1, stderr: "testparm: the lab only simulates -s\n" };
  const found = readConfiguration(
    host,
    asked.file.startsWith("/") ? asked.file : `${call.cwd}/${asked.file}`,
  );
  const head = [`Load smb config files from ${asked.file}`, ...found.messages];
  const stderr = (more: string[]) => [...head, ...more].map((line) => `${line}\n`).join("");
  if (!found.usable) return { code: 1, stderr: stderr(["Error loading services."]) };
  const weak = "Weak crypto is allowed by GnuTLS (e.g. NTLM as a compatibility fallback)";
  const loaded = ["Loaded services file OK.", weak, ""];
  const section = asked.section?.toLowerCase() === "global" ? undefined : asked.section;
  const wanted = section === undefined ? undefined : share(found, section);
  if (section !== undefined && !wanted)
    return { code: 1, stderr: stderr([...loaded, `Unknown section ${section}`]) };
  if (asked.parameter !== undefined) {
    const known = parameter(asked.parameter);
    if (!known) {
      const unknown = [
        `Unknown parameter encountered: "${asked.parameter}"`,
        `Parameter ${asked.parameter} unknown for section ${section ?? "global"}`,
      ];
      return { code: 1, stderr: stderr([...loaded, ...unknown]) };
    }
    const value = wanted?.values.get(known.name) ?? found.global.get(known.name) ?? known.initial;
    return { code: 0, stdout: `${value}\n`, stderr: stderr(loaded) };
  }
  if (wanted) return { code: 0, stdout: shareText(wanted, found.global), stderr: stderr(loaded) };
  const member = /^(ads|domain)$/i.test(found.global.get("security") ?? "") ? "member server" : undefined;
  const role = roles[member ?? (found.global.get("server role") ?? "").toLowerCase()] ?? "ROLE_STANDALONE";
  const name = found.global.get("netbios name") ?? "";
  const long = name.length > 15 ? ["WARNING: The 'netbios name' is too long (max. 15 chars).", ""] : [];
  return {
    code: 0,
    stdout: globalText(found) + found.shares.map((one) => shareText(one, found.global)).join(""),
    stderr: stderr([...loaded, ...long, `Server role: ${role}`, ""]),
  };
};
