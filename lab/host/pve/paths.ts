/** Files of the host, as the daemon reaches them. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Host } from "../types";

/** The daemon's path of an absolute path of the host. */
export const inHost = (host: Host, path: string): string => join(host.root, path);

export function readHost(host: Host, path: string): string | undefined {
  try {
    return readFileSync(inHost(host, path), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Replaces a file in one step, so that no reader sees half of it. */
export function writeHost(host: Host, path: string, text: string, mode = 0o640): void {
  const file = inHost(host, path);
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.tmp.${process.pid}`;
  writeFileSync(draft, text, { mode });
  renameSync(draft, file);
}

export function removeHost(host: Host, path: string): void {
  rmSync(inHost(host, path), { recursive: true, force: true });
}

const DEFAULT_STORAGES = `dir: local
	path /var/lib/vz
	content iso,vztmpl,backup,snippets
`;

/** Lays out what an installed node has: /etc/pve with its links, and the default storage. */
export function layOutNode(host: Host): void {
  const node = inHost(host, `/etc/pve/nodes/${host.node}`);
  for (const kind of ["lxc", "qemu-server"]) {
    mkdirSync(join(node, kind), { recursive: true });
    if (!existsSync(inHost(host, `/etc/pve/${kind}`)))
      symlinkSync(`nodes/${host.node}/${kind}`, inHost(host, `/etc/pve/${kind}`));
  }
  if (readHost(host, "/etc/pve/storage.cfg") === undefined)
    writeHost(host, "/etc/pve/storage.cfg", DEFAULT_STORAGES);
  mkdirSync(inHost(host, "/run/lock/lxc"), { recursive: true });
  for (const folder of ["template/cache", "template/iso", "dump", "snippets", "images"])
    mkdirSync(inHost(host, `/var/lib/vz/${folder}`), { recursive: true });
}
