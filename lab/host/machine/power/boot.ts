/** What a start of the host does: a new boot id, the newest kernel, then the units that are enabled. */
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import type { Host } from "../../types";
import { inRoot } from "../confined";
import { installedKernels, showKernel } from "../kernel/running";
import { forgetLinks } from "../network/live";
import { installed } from "../packages/installed";
import { packagesOf } from "../packages/ofHost";
import { withhold } from "../packages/programs";
import { layOut, showInstalled } from "../packages/transaction";
import { system } from "../units/builtin";
import { findUnitFile, setting, unitName } from "../units/files";
import { log } from "../units/journal";
import { enable, wantedBy } from "../units/links";
import { start } from "../units/manager";
import { lay } from "../units/packaged";
import { forgetAll, setState } from "../units/state";
import { addBoot } from "./boots";

/** Brings the files of packages and units in place; to be called before the host's commands are served. */
export function prepareSystem(host: Host): void {
  withhold(host.machine.withoutPrograms ?? []);
  if (host.store.get("system-laid-out", false)) return showInstalled(host);
  // init.sh has taken this machine's own out of sight.
  for (const folder of ["/etc/systemd/system", "/usr/lib/systemd/system"])
    mkdirSync(inRoot(host.root, folder), { recursive: true });
  layOut(host);
  const packaged = Object.entries(packagesOf(host)).filter(([name]) => installed(host, name) !== undefined);
  const units = [
    ...Object.entries(system),
    ...packaged.flatMap(([, { units = {} }]) => Object.entries(units)),
  ];
  for (const [name, unit] of units) lay(host, name, unit);
  for (const [name, unit] of units) if (unit.enabled !== false) enable(host, name);
  showInstalled(host);
  host.store.set("system-laid-out", true);
}

const targets = [
  "sysinit.target",
  "basic.target",
  "local-fs.target",
  "network.target",
  "network-online.target",
  "multi-user.target",
  "timers.target",
];

/** Starts the system: units in their order, everything else of a boot before. Guests are started by the caller. */
export async function bootSystem(host: Host): Promise<void> {
  forgetAll(host);
  forgetLinks(host);
  // Its presence tells that systemd is there, sd_booted(3).
  mkdirSync(inRoot(host.root, "/run/systemd/system"), { recursive: true });
  const kernel = installedKernels(host).at(-1) ?? "";
  addBoot(host, { id: randomUUID(), time: Date.now(), kernel });
  await showKernel(host);
  log(host, { identifier: "kernel", pid: 0, message: `Linux version ${kernel} (build@proxmox)` });
  for (const target of targets) setState(host, target, { active: "active", sub: "active" });
  const names = targets
    .flatMap((target) => wantedBy(host, target))
    .map((name) => findUnitFile(host.root, name)?.name ?? name);
  for (const name of ordered(host, [...new Set(names)])) await start(host, name);
}

/** After= and Before= among the units of a boot; the rest in their own order. */
function ordered(host: Host, names: string[]): string[] {
  const words = (values: string[]) =>
    values.flatMap((value) => value.split(/\s+/)).map((word) => unitName(word));
  const before = new Map(names.map((name) => [name, new Set<string>()]));
  for (const name of names) {
    const file = findUnitFile(host.root, name);
    for (const other of words(setting(file, "Unit", "After")))
      if (before.has(other)) before.get(name)?.add(other);
    for (const other of words(setting(file, "Unit", "Before"))) before.get(other)?.add(name);
  }
  const done: string[] = [];
  const visit = (name: string, chain: string[]) => {
    if (done.includes(name) || chain.includes(name)) return;
    for (const other of before.get(name) ?? []) visit(other, [...chain, name]);
    done.push(name);
  };
  for (const name of names) visit(name, []);
  return done;
}
