/** `pct create` and POST …/lxc. */
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context";
import { emptyFile, type GuestFile } from "../config/guest-file";
import { checkPool, joinPool } from "../access/pools";
import { restoreContainer } from "../backup/restoreContainer";
import { messageOf, PveError } from "../errors";
import { inHost } from "../paths";
import type { Values } from "../schema/types";
import { storageOf } from "../storage/storages";
import { freeVolume, volumeFolder } from "../storage/volumes";
import type { Host } from "../../types";
import { archivePath, unpack } from "./archive";
import { checkUnused, exists, parseMount, remove, save } from "./config";
import { rootIds } from "./idmap";
import { withLock } from "./lock";
import { warnOfNesting } from "./nesting";
import { startContainer } from "./power";
import { checkRootOnly, storedValue } from "./update";
import { mountOf, ownVolumes, realizeAll } from "./volumes";

/** Parameters that are about the creation, not options of the container. */
const CREATION = new Set(
  `node vmid ostemplate password storage force restore pool ignore-unpack-errors ssh-public-keys bwlimit start
  unique ha-managed`.split(/\s+/),
);

/** The distribution in a root file system, as PVE::LXC::Setup finds it. */
export function detectOs(folder: string): string {
  const read = (path: string) =>
    existsSync(join(folder, path)) ? readFileSync(join(folder, path), "utf8") : "";
  const id = /^ID="?([a-z-]+)"?$/m.exec(read("usr/lib/os-release") || read("etc/os-release"))?.[1];
  if (id === "arch") return "archlinux";
  if (id?.startsWith("opensuse")) return "opensuse";
  const known = ["debian", "devuan", "ubuntu", "centos", "fedora", "alpine", "gentoo", "nixos"];
  if (id !== undefined && known.includes(id)) return id;
  throw new PveError("unable to detect OS distribution");
}

async function setAccess(host: Host, config: GuestFile, folder: string, values: Values): Promise<void> {
  const { password } = values;
  if (password !== undefined) {
    const hashed = await host.run(["openssl", "passwd", "-6", "-stdin"], { input: `${password}\n` });
    const file = inHost(host, `${folder}/etc/shadow`);
    if (hashed.code !== 0 || !existsSync(file)) throw new PveError("setting the root password failed");
    const shadow = readFileSync(file, "utf8");
    writeFileSync(file, shadow.replace(/^root:[^:]*:/m, `root:${hashed.stdout.trim()}:`));
  }
  const keys = values["ssh-public-keys"];
  if (keys !== undefined) {
    const { uid, gid } = rootIds(config);
    const home = inHost(host, `${folder}/root/.ssh`);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    writeFileSync(join(home, "authorized_keys"), `${keys}\n`, { mode: 0o600 });
    for (const path of [home, join(home, "authorized_keys")]) chownSync(path, uid, gid);
  }
}

/** The configuration before any volume exists: defaults, then what was asked for. */
function newConfig(
  host: Host,
  vmid: number,
  changes: Record<string, string>,
  unprivileged: boolean,
): GuestFile {
  const config = emptyFile();
  Object.assign(config.values, { hostname: `CT${vmid}`, memory: "512", swap: "512" });
  for (const [key, value] of Object.entries(changes)) {
    if (key === "description") config.description = value;
    else if (key !== "unprivileged") config.values[key] = storedValue(host, key, value);
  }
  if (unprivileged) config.values["unprivileged"] = "1";
  return config;
}

async function build(
  context: Context,
  vmid: number,
  values: Values,
  config: GuestFile,
  log: (line: string) => void,
  warn: (message: string) => void,
): Promise<void> {
  const { host } = context;
  const archive = archivePath(host, String(values["ostemplate"]));
  const wanted = Object.fromEntries(
    Object.entries(config.values).filter(([key]) => key === "rootfs" || /^mp\d+$/.test(key)),
  );
  Object.assign(config.values, realizeAll(host, vmid, wanted, config));
  save(host, "lxc", vmid, { ...config, values: { ...config.values, lock: "create" } });
  try {
    const folder = volumeFolder(host, mountOf(host, config, "rootfs")?.volume ?? "");
    log(`extracting archive '${archive}'`);
    await host.latency("pct create");
    await unpack(host, config, archive, folder, log);
    if (config.values["arch"] === undefined) {
      config.values["arch"] = "amd64";
      log("Detected container architecture: amd64");
    }
    config.values["ostype"] ??= detectOs(inHost(host, folder));
    await setAccess(host, config, folder, values);
    warnOfNesting(host, config, warn);
  } catch (error) {
    for (const volid of ownVolumes(host, vmid, config)) freeVolume(host, volid);
    throw error;
  }
}

/** Makes a container from a template archive in a task. */
export async function createContainer(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const vmid = Number(values["vmid"]);
  const changes = Object.fromEntries(
    Object.entries(values)
      .filter(([key]) => !CREATION.has(key))
      .map(([key, value]) => [key, String(value)]),
  );
  const unprivileged = (changes["unprivileged"] ?? (host.release === 9 ? "1" : "0")) === "1";
  checkPool(host, values);
  const over = values["force"] === 1 && exists(host, "lxc", vmid);
  if (!over) checkUnused(host, vmid);
  if (values["restore"] === 1) return restoreContainer(context, values, changes);
  if (over) throw new PveError("the lab does not simulate creating a container over an existing one");
  checkRootOnly(context, unprivileged, changes, [], { features: "" });
  const storage = storageOf(host, String(values["storage"] ?? "local"));
  const config = newConfig(host, vmid, { rootfs: `${storage.id}:4`, ...changes }, unprivileged);
  parseMount(host, "rootfs", config.values["rootfs"] ?? "");
  // From here on the id is taken: a second create of it is refused while the task runs.
  save(host, "lxc", vmid, { ...emptyFile(), values: { lock: "create" } });
  return context.fork("vzcreate", String(vmid), async (log, warn) => {
    try {
      await withLock(host, "lxc", vmid, () => build(context, vmid, values, config, log, warn), context.warn);
    } catch (error) {
      remove(host, "lxc", vmid);
      if (host.release === 9) log(messageOf(error));
      throw new PveError(`unable to create CT ${vmid} - ${messageOf(error)}`);
    }
    save(host, "lxc", vmid, config);
    joinPool(host, vmid, values);
    if (values["start"] === 1) await startContainer(context, { vmid });
  });
}
