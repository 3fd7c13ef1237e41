import type { SambaSpec } from "../../../config";

type Share = SambaSpec["shares"][number];

/** Values of [global], as smb.conf(5) names them. */
const globalValues = {
  workgroup: "WORKGROUP",
  "server role": "standalone server",
  "map to guest": "Bad User",
  logging: "file",
  "log file": "/var/log/samba/log.%m",
  "max log size": "1000",
};

/**
 * The text of /etc/samba/phoenix.conf. It ends in [global] again, because what follows the include line in smb.conf
 * would else belong to the last share.
 */
export function sambaConf({ owner, shares }: SambaSpec): string {
  return [
    "# Written by Phoenix from samba.shares; changes here are lost.",
    section("global", globalValues),
    ...shares.map((share) => section(share.name, shareValues(share, owner))),
    "# What follows the include line in smb.conf belongs to [global].",
    "[global]",
  ].join("\n");
}

function shareValues({ path, validUsers, options }: Share, owner: string): Record<string, string> {
  return {
    path,
    browseable: "yes",
    writable: "no",
    "guest ok": "no",
    "valid users": validUsers.join(" "),
    // The folder is closed to everybody but its owner, so whoever else may use the share does so as the owner.
    ...(validUsers.some((user) => user !== owner) && { "force user": owner }),
    "create mask": "0770",
    "directory mask": "0770",
    ...options,
  };
}

function section(name: string, values: Record<string, string>): string {
  const lines = Object.entries(values).map(([key, value]) => `   ${key} = ${value}`);
  return [`[${name}]`, ...lines, ""].join("\n");
}
