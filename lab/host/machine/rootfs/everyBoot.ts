/** What a start of the host makes anew: kernel's folders, device nodes, the stand-ins' places. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Machine } from "../../types";
import { packageCommands } from "../packages";
import { blockMajor } from "../disks";
import { showBus } from "../pci/bus";
import { mknod } from "./nodes";

/** Makes what a start finds in memory only; device nodes of partitions follow when the pools are read. */
export function everyBoot(root: string, machine: Machine): void {
  const name = readFileSync(join(root, "etc/hostname"), "utf8").trim() || machine.node;
  // In the namespace of its own that init.sh runs in.
  writeFileSync("/proc/sys/kernel/hostname", name);
  mkdirSync(join(root, "run/phoenix-lab"), { mode: 0o755, recursive: true });
  mkdirSync(join(root, "run/lock/lxc"), { recursive: true });
  disks(root, machine);
  kernelFolder(root, machine);
}

function disks(root: string, machine: Machine): void {
  const byId = join(root, "dev/disk/by-id");
  mkdirSync(byId, { recursive: true });
  machine.disks.forEach((disk, index) => {
    mknod(join(root, "dev", disk.device), "b", blockMajor, index * 16);
    for (const id of disk.byId) symlinkSync(`../../${disk.device}`, join(byId, id));
  });
}

function kernelFolder(root: string, machine: Machine): void {
  const sys = (path: string, text: string) => {
    const file = join(root, "sys", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  sys("module/zfs/parameters/zfs_arc_max", `${moduleOption(root, "zfs", "zfs_arc_max") ?? "0"}\n`);
  sys("module/zfs/version", "2.4.0-pve1\n");
  for (const disk of machine.disks) {
    sys(`block/${disk.device}/size`, `${disk.sizeBytes / 512}\n`);
    sys(`block/${disk.device}/device/model`, `${disk.model}\n`);
    sys(`block/${disk.device}/queue/rotational`, "0\n");
  }
  for (const bridge of machine.bridges) {
    sys(`class/net/${bridge.name}/operstate`, "up\n");
    mkdirSync(join(root, "sys/class/net", bridge.name, "bridge"), { recursive: true });
  }
  showBus(root, machine);
}

/** The last value that /etc/modprobe.d gives a module's option. */
export function moduleOption(root: string, module: string, option: string): string | undefined {
  const folder = join(root, "etc/modprobe.d");
  const lines = readdirSync(folder)
    .filter((name) => name.endsWith(".conf"))
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"));
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([word, name]) => word === "options" && name === module)
    .flatMap((words) => words.slice(2))
    .filter((word) => word.startsWith(`${option}=`))
    .map((word) => word.slice(option.length + 1))
    .at(-1);
}

/** Debian keeps these in /usr/bin; every other stand-in belongs in /usr/sbin. */
const inBin = new Set([
  "apt-get",
  "apt",
  "apt-cache",
  "apt-mark",
  "curl",
  "dmesg",
  "journalctl",
  "last",
  "localectl",
  "loginctl",
  "uptime",
  "wget",
  "who",
  "dpkg",
  "dpkg-query",
  "hostnamectl",
  "lsblk",
  "lspci",
  "nvidia-smi",
  "systemctl",
  "timedatectl",
]);

/** Puts the client under each command's name where Debian has the command, instead of the machine's own. */
export function installCommands(root: string, names: string[]): void {
  const client = join(root, "usr/lib/phoenix-lab/client");
  mkdirSync(dirname(client), { recursive: true });
  copyFileSync(join(__dirname, "client.sh"), client);
  chmodSync(client, 0o755);
  for (const name of names) {
    // Those come and go with their package.
    if (Object.hasOwn(packageCommands, name)) continue;
    const folders = ["usr/sbin", "usr/bin"].filter((folder) => existsSync(join(root, folder, name)));
    for (const folder of folders.length > 0 ? folders : [inBin.has(name) ? "usr/bin" : "usr/sbin"]) {
      const path = join(root, folder, name);
      rmSync(path, { force: true });
      symlinkSync("../lib/phoenix-lab/client", path);
    }
  }
}
