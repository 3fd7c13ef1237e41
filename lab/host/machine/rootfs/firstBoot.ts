/** Files of a host right after the installer: written once, then the host's own. */
import { cpSync, existsSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Machine } from "../../types";
import type { Keys } from "../keys";
import type { Layout } from "../layout";

/** As the installer of Proxmox VE writes it for a disk with LVM. */
const installedStorages = [
  "dir: local",
  "\tpath /var/lib/vz",
  "\tcontent iso,vztmpl,backup",
  "",
  "lvmthin: local-lvm",
  "\tthinpool data",
  "\tvgname pve",
  "\tcontent rootdir,images",
  "",
];

/** Writes the installer's files unless the host has been started before. */
export function firstBoot(lab: Layout, machine: Machine, keys: Keys): void {
  const done = join(lab.disk, "installed");
  if (existsSync(done)) return;
  for (const [path, text] of Object.entries({ ...systemFiles(machine), ...repositories(machine) })) {
    write(lab.root, path, text);
  }
  clusterFolder(lab.root, machine);
  rootsHome(lab.root, keys);
  serverKeys(lab, keys);
  for (const path of ["/etc/machine-id", "/etc/modprobe.d"])
    mkdirSync(dirname(join(lab.root, path)), { recursive: true });
  for (const folder of ["template/cache", "template/iso", "dump", "images", "private", "snippets"]) {
    mkdirSync(join(lab.root, "var/lib/vz", folder), { recursive: true });
  }
  for (const folder of ["/etc/modprobe.d", "/var/log/pve", "/var/lib/pve-manager", "/var/lib/lxc"]) {
    mkdirSync(join(lab.root, folder), { recursive: true });
  }
  writeFileSync(done, "");
}

function write(root: string, path: string, text: string, mode = 0o644): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  // A link there would lead to a file of the machine; replace the link itself.
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode });
}

function systemFiles({ node, release, bridges }: Machine): Record<string, string> {
  const debian =
    release === 9
      ? { version: "13", point: "13.1", name: "trixie" }
      : { version: "12", point: "12.12", name: "bookworm" };
  const osRelease = [
    `PRETTY_NAME="Debian GNU/Linux ${debian.version} (${debian.name})"`,
    'NAME="Debian GNU/Linux"',
    `VERSION_ID="${debian.version}"`,
    `VERSION="${debian.version} (${debian.name})"`,
    `VERSION_CODENAME=${debian.name}`,
    ...(release === 9 ? [`DEBIAN_VERSION_FULL=${debian.point}`] : []),
    "ID=debian",
    'HOME_URL="https://www.debian.org/"',
    "",
  ].join("\n");
  const address = bridges[0]?.address.split("/")[0] ?? "127.0.1.1";
  return {
    "/etc/hostname": `${node}\n`,
    "/etc/hosts": `127.0.0.1 localhost.localdomain localhost\n${address} ${node}.local ${node}\n`,
    "/etc/resolv.conf": `search local\nnameserver ${bridges[0]?.gateway ?? "127.0.0.1"}\n`,
    "/etc/network/interfaces": interfaces(bridges),
    "/etc/debian_version": `${debian.point}\n`,
    "/usr/lib/os-release": osRelease,
    "/etc/os-release": osRelease,
    "/etc/fstab":
      "# <file system> <mount point> <type> <options> <dump> <pass>\nproc /proc proc defaults 0 0\n",
    "/etc/subuid": "root:100000:65536\n",
    "/etc/subgid": "root:100000:65536\n",
    "/etc/timezone": "Etc/UTC\n",
  };
}

function interfaces(bridges: Machine["bridges"]): string {
  const blocks = bridges.map((bridge, index) =>
    [
      `iface nic${index} inet manual`,
      "",
      `auto ${bridge.name}`,
      `iface ${bridge.name} inet static`,
      `\taddress ${bridge.address}`,
      `\tgateway ${bridge.gateway}`,
      `\tbridge-ports nic${index}`,
      "\tbridge-stp off",
      "\tbridge-fd 0",
      "",
    ].join("\n"),
  );
  return ["auto lo\niface lo inet loopback\n", ...blocks, "\nsource /etc/network/interfaces.d/*\n"].join(
    "\n",
  );
}

/** What the installer leaves in /etc/apt; the machine's own sources are not the host's. */
function repositories({ release }: Machine): Record<string, string> {
  const suite = release === 9 ? "trixie" : "bookworm";
  const keyring = "/usr/share/keyrings/proxmox-archive-keyring.gpg";
  const stanza = (uri: string, suites: string, components: string, signedBy: string) =>
    `Types: deb\nURIs: ${uri}\nSuites: ${suites}\nComponents: ${components}\nSigned-By: ${signedBy}\n`;
  if (release === 8) {
    return {
      "/etc/apt/sources.list": `deb http://deb.debian.org/debian ${suite} main contrib\n`,
      "/etc/apt/sources.list.d/pve-enterprise.list": `deb https://enterprise.proxmox.com/debian/pve ${suite} pve-enterprise\n`,
      "/etc/apt/sources.list.d/ceph.list": `deb https://enterprise.proxmox.com/debian/ceph-quincy ${suite} enterprise\n`,
    };
  }
  return {
    "/etc/apt/sources.list": "",
    "/etc/apt/sources.list.d/debian.sources": stanza(
      "http://deb.debian.org/debian/",
      `${suite} ${suite}-updates`,
      "main contrib non-free-firmware",
      "/usr/share/keyrings/debian-archive-keyring.gpg",
    ),
    "/etc/apt/sources.list.d/pve-enterprise.sources": stanza(
      "https://enterprise.proxmox.com/debian/pve",
      suite,
      "pve-enterprise",
      keyring,
    ),
    "/etc/apt/sources.list.d/ceph.sources": stanza(
      "https://enterprise.proxmox.com/debian/ceph-squid",
      suite,
      "enterprise",
      keyring,
    ),
  };
}

/** /etc/pve as pmxcfs lays it out on a node of its own. */
function clusterFolder(root: string, { node, storageConfig }: Machine): void {
  const pve = join(root, "etc/pve");
  const mine = join(pve, "nodes", node);
  for (const folder of ["lxc", "qemu-server", "priv"]) mkdirSync(join(mine, folder), { recursive: true });
  mkdirSync(join(pve, "priv"), { recursive: true, mode: 0o700 });
  for (const [link, target] of [
    ["local", `nodes/${node}`],
    ["lxc", `nodes/${node}/lxc`],
    ["qemu-server", `nodes/${node}/qemu-server`],
  ] as const) {
    symlinkSync(target, join(pve, link));
  }
  writeFileSync(join(pve, "storage.cfg"), (storageConfig ?? installedStorages).join("\n"), { mode: 0o640 });
  writeFileSync(join(pve, "datacenter.cfg"), "keyboard: en-us\n", { mode: 0o640 });
}

function rootsHome(root: string, keys: Keys): void {
  const home = join(root, "root");
  for (const name of [".bashrc", ".profile"]) {
    const skeleton = join("/etc/skel", name);
    if (existsSync(skeleton)) cpSync(skeleton, join(home, name));
  }
  // Debian's skeleton prints nothing for a shell that is not interactive; root's own is empty of effects.
  write(root, "/root/.bashrc", "# ~/.bashrc: executed by bash(1) for non-login shells.\n");
  mkdirSync(join(home, ".ssh"), { mode: 0o700 });
  write(root, "/etc/pve/priv/authorized_keys", `${keys.userPublicKey}\n`, 0o600);
  symlinkSync("/etc/pve/priv/authorized_keys", join(home, ".ssh", "authorized_keys"));
}

/** The machine's SSH keys are replaced by the lab's. */
function serverKeys(lab: Layout, keys: Keys): void {
  const folder = join(lab.root, "etc/ssh");
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { recursive: true });
  for (const type of ["rsa", "ecdsa", "ed25519"]) {
    for (const end of ["", ".pub"]) rmSync(join(folder, `ssh_host_${type}_key${end}`), { force: true });
  }
  writeFileSync(join(folder, "ssh_host_ed25519_key"), keys.hostKey, { mode: 0o600 });
  writeFileSync(join(folder, "ssh_host_ed25519_key.pub"), `${keys.hostPublicKey} root@lab-host\n`);
}
