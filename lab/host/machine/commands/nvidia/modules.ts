/**
 * Kernel modules that can be loaded: part of every Proxmox VE kernel, or a file below /lib/modules/<release>, whose
 * text has lines such as `version=580.76.05`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../../../types";
import { runningKernel } from "../../kernel/running";
import { addDriver, removeDriver, resetBus } from "../../pci/binding";
import { forgetDevices, showDriver } from "./devices";
import { nvidiaUsers, persistent, setPersistent } from "./inUse";
import { folderOf, isLoaded, kernelName, loadedModules, loadedVersion } from "./loaded";

/** A module that can be loaded. */
export interface Module {
  /** With underscores, as the kernel has it. */
  name: string;
  /** Path on the host; undefined for one that comes with the kernel. */
  file?: string;
  version?: string;
  /** The kernel it was built for. */
  vermagic?: string;
  depends: string[];
}

/** Why a module could not be loaded, by the words of kmod. */
export class ModuleError extends Error {}

/** Modules of every kernel that somebody here may ask for, with what they need. */
const inTree: Record<string, string[]> = {
  drm: [],
  nouveau: ["drm"],
  vfio: [],
  vfio_pci: ["vfio"],
  snd_hda_intel: [],
};

/** Where files of a kernel's modules may lie; the first that has one wins, as depmod's `updates` does. */
const places = ["updates/dkms", "updates", "kernel/drivers/video", "extra"];

/** A module of a kernel by name; undefined when there is none. */
export function findModule(host: Host, kernel: string, name: string): Module | undefined {
  const wanted = kernelName(name);
  for (const place of places) {
    const folder = `/usr/lib/modules/${kernel}/${place}`;
    const files = existsSync(join(host.root, folder)) ? readdirSync(join(host.root, folder)) : [];
    const file = files.find((entry) => /\.ko$/.test(entry) && kernelName(entry.slice(0, -3)) === wanted);
    if (file !== undefined) return readModule(host, `${folder}/${file}`);
  }
  const depends = inTree[wanted];
  return depends && { name: wanted, depends };
}

/** Reads a module's file. */
export function readModule(host: Host, file: string): Module {
  const text = readFileSync(join(host.root, file), "utf8");
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1];
  return {
    name: kernelName(value("name") ?? ""),
    file,
    version: value("version") ?? "",
    vermagic: value("vermagic") ?? "",
    depends: (value("depends") ?? "").split(",").filter(Boolean).map(kernelName),
  };
}

/** Uses that are no other module's: set by hand for a program, and what this host's own services make of it. */
export function uses(host: Host, name: string): number {
  const file = join(folderOf(host, name), "refcnt");
  const own = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  return own + (kernelName(name) === "nvidia" ? nvidiaUsers(host).length : 0);
}

/** Loads a module with what it needs; `ModuleError` says why not. */
export async function load(host: Host, module: Module): Promise<void> {
  if (isLoaded(host, module.name)) return;
  const kernel = runningKernel(host);
  const refuse = (why: string) => new ModuleError(`could not insert '${module.name}': ${why}`);
  if (module.vermagic !== undefined && module.vermagic !== kernel) throw refuse("Exec format error");
  for (const name of module.depends) {
    const needed = findModule(host, kernel, name);
    if (needed === undefined) throw refuse("Unknown symbol in module, or unknown parameter (see dmesg)");
    await load(host, needed);
    // Modules of one driver only fit one another.
    if (module.version !== undefined && loadedVersion(host, name) !== module.version) {
      throw refuse("Invalid argument");
    }
  }
  if (module.name === "nvidia") setPersistent(host, persistent(host), false);
  if (addDriver(host, module.name).length === 0 && ["nvidia", "nouveau"].includes(module.name)) {
    removeDriver(host, module.name);
    throw refuse("No such device");
  }
  const folder = folderOf(host, module.name);
  mkdirSync(join(folder, "holders"), { recursive: true });
  writeFileSync(join(folder, "initstate"), "live\n");
  // The text console sits on nouveau's frame buffer.
  writeFileSync(join(folder, "refcnt"), module.name === "nouveau" ? "1\n" : "0\n");
  if (module.version !== undefined) writeFileSync(join(folder, "version"), `${module.version}\n`);
  for (const name of module.depends) writeFileSync(join(folderOf(host, name), "holders", module.name), "");
  showDriver(host);
}

/** Takes a module out that nothing uses. */
export function unload(host: Host, name: string): void {
  const own = kernelName(name);
  removeDriver(host, own);
  for (const other of loadedModules(host)) {
    rmSync(join(folderOf(host, other), "holders", own), { force: true });
  }
  rmSync(folderOf(host, own), { recursive: true });
  showDriver(host);
  if (own === "nvidia") forgetDevices(host);
}

/** Names that files of modprobe.d keep from being loaded by a device's alias. */
export function blacklisted(host: Host): Set<string> {
  const folders = ["etc", "run", "usr/lib"].map((folder) => join(host.root, folder, "modprobe.d"));
  const lines = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith(".conf"))
        .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n")),
    );
  const words = lines.map((line) => line.trim().split(/\s+/));
  return new Set(
    words
      .filter(
        ([word, , program = ""]) =>
          word === "blacklist" || (word === "install" && /\/(false|true)$/.test(program)),
      )
      .map(([, name = ""]) => kernelName(name)),
  );
}

/**
 * What udev does for the cards at boot: nouveau comes first where it may, and then keeps the cards.
 *
 * @param first what happens before any of these modules is there
 */
export async function loadAtBoot(host: Host, first: () => Promise<void>): Promise<void> {
  resetBus(host);
  for (const name of loadedModules(host)) rmSync(folderOf(host, name), { recursive: true });
  forgetDevices(host);
  showDriver(host);
  await first();
  if (host.machine.gpus.length === 0) return;
  const kernel = runningKernel(host);
  const barred = blacklisted(host);
  for (const name of ["snd_hda_intel", "nouveau", "nvidia", "nvidia_drm"]) {
    const module = findModule(host, kernel, name);
    if (module === undefined || barred.has(name)) continue;
    try {
      await load(host, module);
    } catch (error) {
      if (!(error instanceof ModuleError)) throw error;
      process.stderr.write(`boot: ${error.message}\n`);
    }
  }
}
