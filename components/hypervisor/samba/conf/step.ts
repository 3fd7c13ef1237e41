/** Our own configuration file of Samba, which smb.conf includes. */
import type { SambaSpec } from "../../../../config/sharing";
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

type Share = SambaSpec["shares"][number];

/** Values of [global], as smb.conf(5) names them, for what nobody else on the host has set. */
const globals: [string, string][] = [
  ["workgroup", "WORKGROUP"],
  ["server string", "%h Proxmox Samba Server"],
  ["server role", "standalone server"],
  ["map to guest", "Bad User"],
  ["logging", "file"],
  ["log file", "/var/log/samba/log.%m"],
  ["max log size", "1000"],
];

/** What /etc/samba/phoenix.conf is made of. */
export interface Settings {
  /** Values of [global] that are used where nobody else set one: pairs of key and value. */
  globals: [key: string, value: string][];
  /** The shares; ends in [global] again, as what follows the include line in smb.conf would else be the last share's. */
  text: string;
  /** Names of Linux groups that shares are for, sorted. */
  groups: string[];
}

export const confStep = (samba: SambaSpec): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { ...sambaConf(samba), groups: groupsOf(samba) },
});

function groupsOf({ shares }: SambaSpec): string[] {
  const groups = shares.flatMap(({ validUsers }) =>
    validUsers.filter((user) => user.startsWith("@")).map((user) => user.slice(1)),
  );
  return [...new Set(groups)].sort();
}

/** The shares and the values of [global] that go with them. */
export function sambaConf({ owner, shares }: SambaSpec): Omit<Settings, "groups"> {
  const text = [
    ...shares.map((share) => section(share.name, shareValues(share, owner))),
    "# What follows the include line in smb.conf belongs to [global].",
    "[global]",
  ].join("\n");
  return { globals, text };
}

function shareValues({ path, validUsers, options }: Share, owner: string): Record<string, string> {
  return {
    path,
    browseable: "yes",
    writable: "yes",
    "guest ok": "no",
    "valid users": validUsers.join(" "),
    // The folder is closed to everybody but its owner, so whoever else may use the share does so as the owner.
    ...(validUsers.some((user) => user !== owner) && { "force user": owner }),
    "create mask": "0770",
    "directory mask": "0770",
    // Samba adds these bits whatever the mask says; a mask of the file's own is not to be undone by them.
    "force create mode": options["create mask"] ?? "0770",
    "force directory mode": options["directory mask"] ?? "0770",
    ...options,
  };
}

function section(name: string, values: Record<string, string>): string {
  const lines = Object.entries(values).map(([key, value]) => `   ${key} = ${value}`);
  return [`[${name}]`, ...lines, ""].join("\n");
}
