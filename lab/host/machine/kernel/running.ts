/** The kernel that runs, as the host's programs see it: uname, /proc/version and the boot id. */
import { randomUUID } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../../types";
import { installedPackages } from "../packages/installed";
import { realProgram } from "../packages/programs";
import { presentBoot } from "../power/boots";

/** Release of the running kernel, as `uname -r` prints it. */
export const runningKernel = (host: Host): string => presentBoot(host).kernel;

/** `#1 SMP PREEMPT_DYNAMIC PMX …`, as Proxmox VE's kernels call themselves. */
const build = (release: string) =>
  `#1 SMP PREEMPT_DYNAMIC PMX ${release.replace(/-pve$/, "")} (2025-10-21T11:55Z)`;

/** Releases of the kernels that are installed, oldest first. */
export function installedKernels(host: Host): string[] {
  return Object.keys(installedPackages(host))
    .map((name) => /^proxmox-kernel-(\d.*-pve)-signed$/.exec(name)?.[1])
    .filter((release) => release !== undefined)
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** Shows the present boot's kernel and boot id below /proc, and puts a `uname` in place that guests can run too. */
export async function showKernel(host: Host): Promise<void> {
  const { id, kernel } = presentBoot(host);
  const folder = join(host.root, "run/phoenix-lab");
  mkdirSync(folder, { recursive: true });
  const files: Record<string, string> = {
    "sys/kernel/random/boot_id": `${id === "" ? randomUUID() : id}\n`,
    "sys/kernel/osrelease": `${kernel}\n`,
    version: `Linux version ${kernel} (build@proxmox) (gcc (Debian 14.2.0-19) 14.2.0) ${build(kernel)}\n`,
  };
  const mounts: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    const source = `${name.replaceAll("/", "-")}`;
    writeFileSync(join(folder, source), text, { mode: 0o444 });
    mounts.push(`/run/phoenix-lab/${source}`, `/proc/${name}`);
  }
  const script = 'while [ $# -gt 0 ]; do umount "$2" 2>/dev/null || :; mount --bind "$1" "$2"; shift 2; done';
  const done = await host.run(["bash", "-c", script, "kernel", ...mounts]);
  if (done.code !== 0) process.stderr.write(`the boot id could not be shown: ${done.stderr}`);
  showKeys(host);
  const real = realProgram(host, "uname") ?? "/usr/lib/phoenix-lab/real/uname";
  const path = join(host.root, "usr/bin/uname");
  rmSync(path, { force: true });
  writeFileSync(path, uname(real, kernel));
  chmodSync(path, 0o755);
}

/** The machine's gpg behind a few lines that know the lab's keys; guests have it too. */
function showKeys(host: Host): void {
  if (realProgram(host, "gpg") === undefined) return;
  const path = join(host.root, "usr/bin/gpg");
  rmSync(path, { force: true });
  copyFileSync(join(__dirname, "gpg.sh"), path);
  chmodSync(path, 0o755);
}

function uname(real: string, kernel: string): string {
  return `#!/bin/bash
# The kernel is a Proxmox VE kernel; everything else is as the machine says.
release='${kernel}'
case "$*" in
  -r | --kernel-release) echo "$release" ;;
  -v | --kernel-version) echo '${build(kernel)}' ;;
  -a | --all) echo "Linux $(${real} -n) $release ${build(kernel)} $(${real} -m) GNU/Linux" ;;
  -s | -n | -m | -p | -i | -o | '' | --kernel-name | --nodename | --machine | --operating-system) exec ${real} "$@" ;;
  -sr | -rs) echo "Linux $release" ;;
  -rm | -mr) echo "$release $(${real} -m)" ;;
  *) echo "uname: the lab does not simulate $*" >&2; exit 1 ;;
esac
`;
}
