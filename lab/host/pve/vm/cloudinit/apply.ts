/** What cloud-init does in a machine that has just started, run for real in the guest. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { inRoot } from "../../../machine/confined";
import type { Host } from "../../../types";
import type { CloudInitFiles } from "./generate";
import { MODULES, type CloudConfig } from "./modules";
import { makeFolder } from "../../../machine/files";

export const STATE = "/run/cloud-init/status.json";
const DATA = "/var/lib/cloud";
const LOG = "/var/log/cloud-init-output.log";

export type Status = "not started" | "running" | "done" | "error" | "disabled";

export interface Progress {
  status: Status;
  /** Module that runs, or what has failed. */
  detail: string;
  errors: string[];
}

/** Reads how far it is. */
export function progressOf(guest: Host): Progress {
  const path = inRoot(guest.root, STATE);
  if (!existsSync(path)) return { status: "not started", detail: "", errors: [] };
  return JSON.parse(readFileSync(path, "utf8")) as Progress;
}

function write(guest: Host, path: string, text: string, mode = 0o644): void {
  const target = inRoot(guest.root, path);
  makeFolder(dirname(target));
  writeFileSync(target, text, { mode });
}

function show(guest: Host, progress: Progress): void {
  write(guest, STATE, `${JSON.stringify(progress, null, 1)}\n`);
}

/** A part of the configuration: cloud-config, or a script that runs at the end. */
function part(text: string): { config: CloudConfig; script?: string; error?: string } {
  if (text.trim() === "") return { config: {} };
  if (text.startsWith("#!")) return { config: {}, script: text };
  if (!text.startsWith("#cloud-config"))
    return { config: {}, error: "the lab's cloud-init reads #cloud-config and scripts (#!) only" };
  try {
    const config = parse(text, { version: "1.1" }) as unknown;
    if (config === null) return { config: {} };
    if (typeof config !== "object" || Array.isArray(config))
      return { config: {}, error: "cloud-config is not a mapping" };
    return { config: config as CloudConfig };
  } catch (error) {
    return { config: {}, error: `Failed loading yaml blob. ${(error as Error).message.split("\n")[0]}` };
  }
}

/** What the image's /etc/cloud/cloud.cfg says of its own user. */
function imageConfig(guest: Host): CloudConfig {
  const release = inRoot(guest.root, "/etc/os-release");
  const debian = existsSync(release) && /^ID=debian$/m.test(readFileSync(release, "utf8"));
  const user = debian
    ? { name: "debian", gecos: "Debian", groups: ["adm", "cdrom", "sudo", "dip"] }
    : { name: "ubuntu", gecos: "Ubuntu", groups: ["adm", "cdrom", "sudo", "dip", "lxd"] };
  return { system_info: { default_user: user } };
}

/**
 * Applies a drive's files: everything once per instance, nothing on a later start of the same one.
 *
 * @param guest the machine in the place of a host
 * @param files undefined without a drive: then cloud-init is disabled by its generator
 * @param initialized called when the first stage is over, and services may start
 */
export async function applyCloudInit(
  guest: Host,
  files: CloudInitFiles | undefined,
  initialized: () => void,
): Promise<void> {
  if (files === undefined) return show(guest, { status: "disabled", detail: "", errors: [] });
  const instance = /^instance-id:\s*(\S+)/m.exec(files["meta-data"])?.[1] ?? "nocloud";
  const note = `${DATA}/data/instance-id`;
  const before = inRoot(guest.root, note);
  const errors: string[] = [];
  if (existsSync(before) && readFileSync(before, "utf8").trim() === instance)
    return show(guest, { status: "done", detail: "DataSourceNoCloud", errors });
  show(guest, { status: "running", detail: "init", errors });
  const [user, vendor] = [part(files["user-data"]), part(files["vendor-data"])];
  for (const { error } of [user, vendor]) if (error !== undefined) errors.push(error);
  // The user's keys replace the vendor's; lists are not joined.
  const config = { ...imageConfig(guest), ...vendor.config, ...user.config };
  const known = new Set(MODULES.flatMap(({ keys }) => keys));
  for (const key of Object.keys(config))
    if (!known.has(key)) errors.push(`the lab's cloud-init does not simulate '${key}'`);
  let output = "";
  for (const { name, early, run } of MODULES) {
    if (early !== true) initialized();
    show(guest, { status: "running", detail: name, errors });
    try {
      output += await run(guest, config);
    } catch (error) {
      errors.push(`${name}: ${(error as Error).message}`);
      output += `${name}: ${(error as Error).message}\n`;
    }
  }
  for (const { script } of [vendor, user]) {
    if (script === undefined) continue;
    const done = await guest.run(["bash", "-s"], { input: script });
    output += done.stdout + done.stderr;
    if (done.code !== 0) errors.push("scripts_user: Runparts: 1 failures (part-001) in 1 attempted commands");
  }
  write(guest, LOG, output, 0o640);
  write(guest, note, `${instance}\n`);
  rmSync(inRoot(guest.root, join(DATA, "instance")), { recursive: true, force: true });
  write(guest, `${DATA}/instance/user-data.txt`, files["user-data"], 0o600);
  write(guest, `${DATA}/instance/boot-finished`, `${new Date().toUTCString()}\n`);
  show(guest, { status: errors.length > 0 ? "error" : "done", detail: "DataSourceNoCloud", errors });
}
