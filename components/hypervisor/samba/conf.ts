import type { SambaSpec } from "../../../config/sharing";

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
export interface SambaConf {
  /** Values of [global] that count where nobody else set one. */
  globals: [key: string, value: string][];
  /**
   * The shares. The text ends in [global] again, because what follows the include line in smb.conf would else belong
   * to the last share.
   */
  text: string;
}

/** The shares and the values of [global] that go with them. */
export function sambaConf({ owner, shares }: SambaSpec): SambaConf {
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
