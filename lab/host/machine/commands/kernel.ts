/** What belongs to the kernel and its boot: sysctl, update-initramfs, proxmox-boot-tool. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Answer, Command, CommandTable, Host } from "../../types";
import { inRoot } from "../confined";
import { installedKernels, runningKernel } from "../kernel/running";

const initrd = (release: string) => `/boot/initrd.img-${release}`;

const updateInitramfs: Command = async (host, call) => {
  const words = [...call.args];
  let release: string | undefined;
  let verb = "";
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "-k") release = words.shift();
    else if (["-u", "-c", "-d"].includes(word)) verb = word;
    else if (word !== "-v")
      return { code: 1, stderr: `update-initramfs: the lab does not simulate ${word}\n` };
  }
  if (verb === "") return { code: 1, stderr: "You must specify at least one of -c, -u, or -d.\n" };
  const kernels = installedKernels(host);
  const chosen = release === "all" ? kernels : [release ?? kernels.at(-1) ?? ""];
  let stdout = "";
  for (const one of chosen) {
    if (!existsSync(inRoot(host.root, `/boot/vmlinuz-${one}`)))
      return {
        code: 1,
        stdout,
        stderr: `Cannot find /lib/modules/${one}\nupdate-initramfs: failed for ${initrd(one)} with 1.\n`,
      };
    await host.latency("update-initramfs");
    writeFileSync(inRoot(host.root, initrd(one)), modprobeOptions(host));
    stdout += `update-initramfs: Generating ${initrd(one)}\n`;
  }
  return { code: 0, stdout };
};

/** What an initial RAM disk holds of the host's configuration: the options of modules, as modprobe would read them. */
function modprobeOptions(host: Host): string {
  const folder = inRoot(host.root, "/etc/modprobe.d");
  const names = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(".conf"))
        .sort()
    : [];
  return names.map((name) => readFileSync(`${folder}/${name}`, "utf8")).join("");
}

const bootTool: Command = async (host, call) => {
  const [verb = "", ...rest] = call.args;
  const uuids = inRoot(host.root, "/etc/kernel/proxmox-boot-uuids");
  const has = existsSync(uuids) && readFileSync(uuids, "utf8").trim() !== "";
  if (verb === "refresh" && rest.length === 0) {
    await host.latency("proxmox-boot-tool");
    const head = "Running hook script 'proxmox-auto-removal'..\nRunning hook script 'zz-proxmox-boot'..\n";
    if (!has)
      return { code: 0, stdout: `${head}No /etc/kernel/proxmox-boot-uuids found, skipping ESP sync.\n` };
    return {
      code: 0,
      stdout: `${head}Copying and configuring kernels on /dev/disk/by-uuid/${readFileSync(uuids, "utf8").trim()}\n${installedKernels(
        host,
      )
        .map((release) => `\tCopying kernel ${release}\n`)
        .join("")}`,
    };
  }
  if (verb === "kernel" && rest[0] === "list") {
    return {
      code: 0,
      stdout: `Manually selected kernels:\nNone.\n\nAutomatically selected kernels:\n${installedKernels(host)
        .map((release) => `${release}\n`)
        .join("")}`,
    };
  }
  if (verb === "status") {
    if (!has) return { code: 2, stderr: "E: /etc/kernel/proxmox-boot-uuids does not exist.\n" };
    return { code: 0, stdout: "System currently booted with uefi\n" };
  }
  return { code: 1, stderr: `proxmox-boot-tool: the lab does not simulate ${call.args.join(" ")}\n` };
};

/** Parameters whose values the lab keeps; the machine's own are read-only and are shown where they may be. */
const defaults: Record<string, string> = {
  "vm.swappiness": "60",
  "net.ipv4.ip_forward": "0",
  "net.ipv6.conf.all.forwarding": "0",
  "net.bridge.bridge-nf-call-iptables": "0",
  "kernel.dmesg_restrict": "1",
  "kernel.keys.maxkeys": "200",
  "fs.inotify.max_user_instances": "128",
  "fs.inotify.max_user_watches": "1048576",
  "vm.max_map_count": "65530",
};

const parameters = (host: Host): Record<string, string> => ({
  ...defaults,
  "kernel.osrelease": runningKernel(host),
  ...host.store.get<Record<string, string>>("sysctl", {}),
});

const sysctl: Command = (host, call) => {
  const flags = call.args.filter((word) => word.startsWith("-"));
  const words = call.args.filter((word) => !word.startsWith("-"));
  const refused = flags.find(
    (word) =>
      !["-n", "--values", "-w", "--write", "-q", "--quiet", "-e", "-p", "--load", "--system", "-a"].includes(
        word,
      ),
  );
  if (refused !== undefined) return { code: 1, stderr: `sysctl: the lab does not simulate ${refused}\n` };
  const bare = flags.includes("-n") || flags.includes("--values");
  if (flags.includes("-a"))
    return {
      code: 0,
      stdout: Object.entries(parameters(host))
        .map(([key, value]) => `${key} = ${value}\n`)
        .join(""),
    };
  if (flags.includes("--system") || flags.includes("-p") || flags.includes("--load"))
    return load(host, flags.includes("--system"), words);
  let [code, stdout, stderr] = [0, "", ""];
  for (const word of words) {
    const [name = "", value] = word.split(/=(.*)/s);
    const key = name.trim().replaceAll("/", ".");
    if (value !== undefined) {
      if (!set(host, key, value.trim())) [code, stderr] = [255, `${stderr}${missing(key)}`];
      else if (!flags.includes("-q")) stdout += `${key} = ${value.trim()}\n`;
      continue;
    }
    const found = parameters(host)[key];
    if (found === undefined) [code, stderr] = [255, `${stderr}${missing(key)}`];
    else stdout += bare ? `${found}\n` : `${key} = ${found}\n`;
  }
  return { code, stdout, stderr };
};

const missing = (key: string) =>
  `sysctl: cannot stat /proc/sys/${key.replaceAll(".", "/")}: No such file or directory\n`;

function set(host: Host, key: string, value: string): boolean {
  if (!Object.hasOwn(defaults, key)) return false;
  host.store.set("sysctl", { ...host.store.get<Record<string, string>>("sysctl", {}), [key]: value });
  return true;
}

function load(host: Host, all: boolean, words: string[]): Answer {
  const folder = "/etc/sysctl.d";
  const names = existsSync(inRoot(host.root, folder))
    ? readdirSync(inRoot(host.root, folder))
        .filter((name) => name.endsWith(".conf"))
        .sort()
        .map((name) => `${folder}/${name}`)
    : [];
  const paths = all ? [...names, "/etc/sysctl.conf"] : words.length > 0 ? words : ["/etc/sysctl.conf"];
  let [stdout, stderr] = ["", ""];
  for (const path of paths) {
    const file = inRoot(host.root, path);
    if (!existsSync(file)) {
      if (!all)
        return { code: 1, stdout, stderr: `sysctl: cannot open "${path}": No such file or directory\n` };
      continue;
    }
    if (all) stdout += `* Applying ${path} ...\n`;
    for (const line of readFileSync(file, "utf8").split("\n")) {
      const [, key, value] = /^\s*-?([^#;=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
      if (key === undefined || value === undefined) continue;
      if (set(host, key.replaceAll("/", "."), value)) stdout += `${key} = ${value}\n`;
      else stderr += missing(key);
    }
  }
  return { code: stderr === "" ? 0 : 255, stdout, stderr };
}

export const kernelCommands: CommandTable = {
  sysctl: { run: sysctl },
  "update-initramfs": { run: updateInitramfs },
  "proxmox-boot-tool": { run: bootTool },
};
