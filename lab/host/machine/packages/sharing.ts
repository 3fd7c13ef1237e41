/** Packages that share files: NFS and Samba, as Debian 13 has them. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Host } from "../../types";
import { showmount, smbclient } from "../commands/sharing/clients";
import { exportAll, exportfs } from "../commands/sharing/exportfs";
import { net } from "../commands/sharing/net";
import { forgetUsers, pdbedit, smbpasswd } from "../commands/sharing/passdb";
import { configurationFile, readConfiguration } from "../commands/sharing/smbConf";
import { testparm } from "../commands/sharing/testparm";
import { inRoot } from "../confined";
import type { Catalogue, Unit } from "./types";

const nfsVersion = "1:2.8.3-1";
const sambaVersion = "2:4.22.6+dfsg-0+deb13u1";

/** Makes empty files where there are none; a name that ends in / is a folder. */
function lay(host: Host, ...paths: string[]): void {
  for (const path of paths) {
    const place = inRoot(host.root, path);
    mkdirSync(path.endsWith("/") ? place : dirname(place), { recursive: true });
    if (!path.endsWith("/") && !existsSync(place)) writeFileSync(place, "");
  }
}

const nfsServer: Unit = {
  description: "NFS server and services",
  type: "oneshot",
  remains: true,
  execStart: "/usr/sbin/rpc.nfsd",
  aliases: ["nfs-kernel-server"],
  reloads: true,
  // ExecStartPre=-/usr/sbin/exportfs -r: what it complains of stops nothing.
  started: (host) => void exportAll(host, true),
  // ExecStopPost=/usr/sbin/exportfs -au
  stopped: (host) => writeFileSync(inRoot(host.root, "/var/lib/nfs/etab"), ""),
};

/** A server of Samba's, which does not start on a configuration it cannot read. */
const sambaServer = (name: string, description: string, alias: string): Unit => ({
  description,
  type: "notify",
  execStart: `/usr/sbin/${name} --foreground --no-process-group`,
  aliases: [alias],
  reloads: true,
  check: (host) =>
    readConfiguration(host).usable
      ? undefined
      : {
          journal: [
            `Can't load ${configurationFile} - run testparm to debug it`,
            `${name} - Failed to load config file!`,
          ],
          identifier: name,
        },
});

export const sharing: Catalogue = {
  "nfs-kernel-server": {
    version: nfsVersion,
    depends: ["nfs-common", "rpcbind"],
    recommends: ["python3-yaml"],
    commands: { exportfs: { run: exportfs, folder: "/usr/sbin" } },
    files: { "/etc/exports": exportsFile() },
    units: { "nfs-server": nfsServer },
    afterInstall: (host) => lay(host, "/etc/exports.d/", "/var/lib/nfs/etab", "/var/lib/nfs/rmtab"),
  },
  "nfs-common": {
    version: nfsVersion,
    installed: true,
    depends: ["rpcbind"],
    commands: { showmount: { run: showmount, folder: "/usr/sbin" } },
  },
  rpcbind: {
    version: "1.2.7-1",
    installed: true,
    units: {
      rpcbind: {
        description: "RPC bind portmap service",
        type: "notify",
        execStart: "/usr/sbin/rpcbind -f -w",
      },
    },
  },
  "samba-common": {
    version: sambaVersion,
    installed: true,
    files: { [configurationFile]: sambaFile() },
    afterInstall: (host) =>
      lay(host, "/var/lib/samba/private/", "/var/cache/samba/", "/var/log/samba/", "/run/samba/"),
    afterRemove: (host, purge) => (purge ? forgetUsers(host) : undefined),
  },
  "samba-common-bin": {
    version: sambaVersion,
    depends: ["samba-common"],
    commands: {
      testparm: { run: testparm, real: true },
      smbpasswd: { run: smbpasswd, stdin: true },
      pdbedit: { run: pdbedit, stdin: true },
      net: { run: net, real: true },
    },
  },
  samba: {
    version: sambaVersion,
    depends: ["samba-common", "samba-common-bin"],
    recommends: ["attr", "logrotate"],
    files: { "/etc/ufw/applications.d/samba": application() },
    units: {
      nmbd: sambaServer("nmbd", "Samba NMB Daemon", "nmb"),
      smbd: sambaServer("smbd", "Samba SMB Daemon", "smb"),
    },
  },
  attr: { version: "1:2.5.2-3" },
  "python3-yaml": { version: "6.0.2-1+b2" },
  smbclient: {
    version: sambaVersion,
    installed: true,
    depends: ["samba-common"],
    commands: { smbclient: { run: smbclient } },
  },
};

/** In the shape of Debian's: comments, and no export. */
function exportsFile(): string {
  return [
    "# /etc/exports: which file systems may be mounted over NFS, and by whom; see exports(5).",
    "#",
    "# Example:",
    "# /srv/homes       hostname1(rw,sync,no_subtree_check) hostname2(ro,sync,no_subtree_check)",
    "#",
    "",
  ].join("\n");
}

/** In the shape of Debian's: its settings and shares, with comments between them and behind the last setting. */
function sambaFile(): string {
  return [
    "#",
    "# Configuration of Samba; see smb.conf(5). `testparm` checks it.",
    "#",
    "",
    "#======================= Global Settings =======================",
    "",
    "[global]",
    "",
    "## Browsing/Identification ###",
    "",
    "   workgroup = WORKGROUP",
    "",
    ";   interfaces = 127.0.0.0/8 eth0",
    "",
    "   log file = /var/log/samba/log.%m",
    "   max log size = 1000",
    "   logging = file",
    "   panic action = /usr/share/samba/panic-action %d",
    "",
    "   server role = standalone server",
    "   obey pam restrictions = yes",
    "   unix password sync = yes",
    "   passwd program = /usr/bin/passwd %u",
    "   passwd chat = *Enter\\snew\\s*\\spassword:* %n\\n *Retype\\snew\\s*\\spassword:* %n\\n *password\\supdated\\ssuccessfully* .",
    "   pam password change = yes",
    "   map to guest = bad user",
    "",
    "############ Misc ############",
    "",
    "   usershare allow guests = yes",
    "",
    "#======================= Share Definitions =======================",
    "",
    "[homes]",
    "   comment = Home Directories",
    "   browseable = no",
    "   read only = yes",
    "   create mask = 0700",
    "   directory mask = 0700",
    "   valid users = %S",
    "",
    "[printers]",
    "   comment = All Printers",
    "   browseable = no",
    "   path = /var/tmp",
    "   printable = yes",
    "   guest ok = no",
    "   read only = yes",
    "   create mask = 0700",
    "",
    "[print$]",
    "   comment = Printer Drivers",
    "   path = /var/lib/samba/printers",
    "   browseable = yes",
    "   read only = yes",
    "   guest ok = no",
    "",
  ].join("\n");
}

function application(): string {
  return [
    "[Samba]",
    "title=LanManager-like file and printer server for Unix",
    "description=The Samba software suite is a collection of programs that implements the SMB/CIFS protocol for unix systems.",
    "ports=137,138/udp|139,445/tcp",
    "",
  ].join("\n");
}
