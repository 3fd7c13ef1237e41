/**
 * The folder whose `usr` lies between a guest's own volume and this machine's programs: the stand-ins that every
 * guest has. Nothing of it is ever written into a volume.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { archives } from "../../machine/packages/archives";
import { binaryKey } from "../../machine/packages/keyrings";
import type { Host } from "../../types";
import { always } from "./commands";

const CLIENT = join(__dirname, "../../machine/rootfs/client.sh");
const SBIN = new Set(["lab-nvidia"]);

/** nproc(1): the machine's own would count the machine's processors, whatever /sys says. */
const NPROC = `#!/bin/bash
IFS=- read -r first last </sys/devices/system/cpu/online
count=$((\${last:-$first} - first + 1))
for word; do
  case $word in
  --all) ;;
  --ignore=*) count=$((count > \${word#*=} ? count - \${word#*=} : 1)) ;;
  *)
    echo "nproc: the lab does not simulate $word" >&2
    exit 1
    ;;
  esac
done
echo "$count"
`;

function put(path: string, make: (path: string) => void): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  make(path);
}

const laidOut = new WeakSet<Host>();

/** The folder, made anew at the first start of a guest after a start of the daemon. */
export function guestLayer(host: Host): string {
  const layer = join(host.scratch, "guest-layer");
  if (laidOut.has(host) && existsSync(layer)) return layer;
  rmSync(layer, { recursive: true, force: true });
  const program = (name: string, text: string) =>
    put(join(layer, "usr/bin", name), (path) => {
      writeFileSync(path, text);
      chmodSync(path, 0o755);
    });
  put(join(layer, "usr/lib/phoenix-lab/client"), (path) => {
    copyFileSync(CLIENT, path);
    chmodSync(path, 0o755);
  });
  for (const name of Object.keys(always))
    put(join(layer, SBIN.has(name) ? "usr/sbin" : "usr/bin", name), (path) => {
      symlinkSync("../lib/phoenix-lab/client", path);
    });
  program("nproc", NPROC);
  // Signing keys of the archives that a fresh Ubuntu or Debian trusts.
  for (const archive of archives.filter((one) => /^(ubuntu|debian)$/.test(one.origin("main") ?? "")))
    for (const keyring of archive.keyrings)
      put(join(layer, keyring), (path) => writeFileSync(path, binaryKey(archive.key)));
  laidOut.add(host);
  return layer;
}
