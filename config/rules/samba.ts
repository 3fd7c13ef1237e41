/** Samba shares: of folders that may be shared, each name once, for users that can be, with options that are safe. */
import type { Path, Report } from "../findings";
import { isYes, shareOptions } from "../sharing";
import { type Context, readable, type Rule } from "./context";
import { checkSharedFolder } from "./shared-folders";
import { reportRepeats, type Use } from "./unique";

/** Sections that mean something else to Samba than a share. */
const reserved = ["global", "homes", "printers", "print$", "ipc$", "admin$"];

/** Parameters that run programs, change who somebody is, or lead out of the share. */
const refused: Record<string, string> = {
  "admin users": "would make them root in the share",
  "config file": "would replace the host's whole smb.conf",
  copy: "would copy another share",
  "force user": "is set here already, when more than one user may write",
  include: "would read another file",
  path: "has a key of its own",
  "valid users": "has a key of its own (valid_users)",
  "wide links": "would lead out of the shared folder",
  "magic script": "would run a program",
  preexec: "would run a program",
  "root preexec": "would run a program as root",
  "root postexec": "would run a program as root",
  postexec: "would run a program",
  exec: "would run a program",
  "root exec": "would run a program as root",
};
const booleans = ["available", "browseable", "guest ok", "guest only", "hide dot files", "writable"];
const masks = ["create mask", "directory mask", "force create mode", "force directory mode"];

/** Accounts of the system that are nobody's. */
const systemAccounts = [
  "root",
  "daemon",
  "bin",
  "sys",
  "sync",
  "mail",
  "nobody",
  "www-data",
  "backup",
  "sshd",
];

/** Shares of folders that may be shared, each name once, for users that are or can be made. */
export const samba: Rule = (context) => {
  const { hypervisor, hypervisorReport: report } = context;
  const section = hypervisor?.samba;
  if (!section) return;
  if (section.user !== undefined) checkUser(context, ["samba", "user"], section.user);
  const names: Use[] = [];
  for (const { item, index } of readable(section.shares)) {
    const path = ["samba", "shares", index];
    if (item.path !== undefined) checkSharedFolder(context, [...path, "path"], item.path);
    for (const { item: user, index: at } of readable(item.valid_users)) {
      if (user !== section.user && !user.startsWith("@"))
        checkUser(context, [...path, "valid_users", at], user);
    }
    checkOptions(report, [...path, "options"], item.options ?? "");
    if (item.name === undefined) continue;
    const name = [...path, "name"];
    if (reserved.includes(item.name.toLowerCase())) {
      report.mistake(name, "is a name that Samba keeps for itself", "give the share another name", item.name);
    }
    names.push({
      key: item.name.toLowerCase(),
      value: item.name,
      path: name,
      report,
      user: `samba.shares[${index}]`,
    });
  }
  reportRepeats(names, "the name", "give each share a name of its own");
};

function checkUser({ hypervisor, hypervisorReport: report }: Context, path: Path, user: string): void {
  const admin = hypervisor?.users?.username;
  if (systemAccounts.includes(user)) {
    report.mistake(path, "is an account of the system", "name a user of its own; it is made", user);
  } else if (user !== admin) {
    report.warning(
      path,
      "is a user that nothing else in these files creates: one without login is made for Samba, unless the host has it",
      admin
        ? `name users.username (${admin}) here if that one was meant`
        : "leave it if that is what you want",
      user,
    );
  }
}

function checkOptions(report: Report, path: Path, text: string): void {
  const words = text.split(/\s+/).filter(Boolean);
  const odd = words.filter((word) => !/^[a-z_:]+=\S+$/i.test(word));
  for (const word of odd) {
    report.mistake(path, `has an option that is not key=value: ${word}`, "write it as writable=yes");
  }
  const options = shareOptions(words.filter((word) => !odd.includes(word)).join(" "));
  for (const [key, value] of Object.entries(options)) {
    const written = `${key.replaceAll(" ", "_")}=${value}`;
    if (Object.hasOwn(refused, key)) {
      report.mistake(path, `has ${written}, which ${refused[key]}`, "remove it");
    } else if (/[%"#;\\]/.test(value)) {
      report.mistake(
        path,
        `has ${written}, with a character that means something else to Samba`,
        'leave out % " # ; and \\',
      );
    } else if (booleans.includes(key) && !/^(yes|no|true|false|on|off|1|0)$/i.test(value)) {
      report.mistake(
        path,
        `has ${written}, which is neither yes nor no`,
        `write ${key.replaceAll(" ", "_")}=yes or no`,
      );
    } else if (masks.includes(key) && !/^0?[0-7]{3}$/.test(value)) {
      report.mistake(path, `has ${written}, which is no octal mode`, "write it as 0770");
    }
  }
  if (isYes(options["guest ok"] ?? "no") && isYes(options["writable"] ?? "yes")) {
    report.warning(
      path,
      "lets guests without a password ask to write",
      "remove guest_ok=yes: the folder is only open to its users",
    );
  }
}
