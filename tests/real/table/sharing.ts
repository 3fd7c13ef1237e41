import { install, type Scenario } from "./types";

const file = "/etc/exports.d/judge.exports";
const exported = (text: string) => `echo '${text}' >${file}; exportfs -ra`;

export const exportfs: Scenario = {
  tool: "exportfs",
  programs: ["/usr/sbin/exportfs"],
  package: "nfs-kernel-server",
  real: "mount -t tmpfs tmpfs /srv; mkdir -p /srv/a /srv/b /etc/exports.d /var/lib/nfs; : >/var/lib/nfs/etab; : >/etc/exports",
  lab: `${install("nfs-kernel-server")}; mkdir -p /srv/a /srv/b; : >/etc/exports`,
  cases: [
    { line: "exportfs -s", of: ["exportfs -s"] },
    { line: "exportfs -ra", of: ["exportfs -ra"] },
    {
      line: exported("/srv/a 10.0.0.0/24(rw,no_subtree_check) 192.0.2.5(ro,no_subtree_check)"),
      of: ["exportfs -ra"],
    },
    { line: "exportfs -s | sort", of: ["exportfs -s"] },
    { line: "exportfs -i -o rw,no_subtree_check 10.0.0.9:/srv/b", of: ['exportfs -i -o "$3" "$client:$2"'] },
    { line: "exportfs -i -o rw,no_subtree_check '*:/srv/b'", of: ['exportfs -i -o "$3" "$client:$2"'] },
    { line: "exportfs -i -o rw,frob 10.0.0.9:/srv/b", of: ['exportfs -i -o "$3" "$client:$2"'] },
    {
      line: "exportfs -i -o rw,no_subtree_check 10.0.0.9:/srv/nosuch",
      of: ['exportfs -i -o "$3" "$client:$2"'],
    },
    { line: "exportfs -s | sort", of: ["exportfs -s"] },
    { line: exported("/srv/a 10.0.0.0/24,192.0.2.5(rw,no_subtree_check)"), of: ["exportfs -ra"] },
    { line: exported("/srv/nosuch 10.0.0.0/24(rw,no_subtree_check)"), of: ["exportfs -ra"] },
    { line: exported("/srv/a 10.0.0.0/24(frob)"), of: ["exportfs -ra"] },
    { line: exported("/srv/a 10.0.0.0/33(rw,no_subtree_check)"), of: ["exportfs -ra"] },
    { line: `rm ${file}; exportfs -ra; exportfs -s`, of: ["exportfs -ra", "exportfs -s"] },
  ],
};

const entry = `pdbedit -L -w -u judge | sed -E 's/:[0-9A-F]{32}:/:HASH:/g; s/LCT-[0-9A-F]*/LCT/'`;
const password = (first: string, second: string, name = "judge") =>
  `printf '${first}\\n${second}\\n' | smbpasswd -s -a ${name}`;
const add = ['smbpasswd -s -a "$name"'];

export const samba: Scenario = {
  tool: "smbpasswd and pdbedit",
  programs: ["/usr/bin/smbpasswd", "/usr/bin/pdbedit"],
  package: "samba-common-bin",
  real: "useradd -M -N -s /usr/sbin/nologin judge; mkdir -p /var/lib/samba/private; rm -f /var/lib/samba/private/*.tdb",
  lab: `${install("samba")}; useradd -M -N -s /usr/sbin/nologin judge`,
  // The user's number, and what the files of a first start are called.
  even: (text) => text.replace(/^judge:\d+:/gm, "judge:UID:"),
  cases: [
    { line: entry, of: ['pdbedit -L -w -u "$1"'] },
    { line: password("a b", "a b"), of: add },
    { line: entry, of: ['pdbedit -L -w -u "$1"'] },
    { line: password("c", "c"), of: add },
    { line: password("c", "d"), of: add },
    { line: password("c", "c", "nosuch"), of: add },
    { line: "smbpasswd -d judge; pdbedit -L -w -u judge | cut -d: -f5" },
    { line: "smbpasswd -e judge; pdbedit -L -w -u judge | cut -d: -f5", of: ['smbpasswd -e "$name"'] },
    { line: "smbpasswd -e nosuch", of: ['smbpasswd -e "$name"'] },
    { line: "smbpasswd -x judge", of: ['smbpasswd -x "$name"'] },
    { line: "smbpasswd -x judge", of: ['smbpasswd -x "$name"'] },
    { line: entry, of: ['pdbedit -L -w -u "$1"'] },
  ],
};

export const showmount: Scenario = {
  tool: "showmount",
  programs: ["/usr/sbin/showmount"],
  package: "nfs-common",
  cases: [
    {
      line: "showmount --no-headers --exports nosuch.example",
      of: ['showmount --no-headers --exports "$1"'],
    },
    { line: "showmount --frob x" },
  ],
};
