/** What a running container answers: a host of its own, kept in its root volume, and its commands. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { serveCommands } from "../../machine/commandServer";
import { inRoot } from "../../machine/confined";
import { insideRoot } from "../../machine/environment";
import { installed } from "../../machine/packages/installed";
import { givePackages, packagesOf } from "../../machine/packages/ofHost";
import { layOut, showInstalled } from "../../machine/packages/transaction";
import { system } from "../../machine/units/builtin";
import { enable, wantedBy } from "../../machine/units/links";
import { start } from "../../machine/units/manager";
import { lay } from "../../machine/units/packaged";
import { forgetAll, setState } from "../../machine/units/state";
import { openStore } from "../../machine/store";
import type { CommandTable, Guest, Host, Zfs } from "../../types";
import type { GuestFile } from "../config/guest-file";
import { currentConfig } from "../guest/current";
import { allows, nodeAt } from "../guest/devices";
import { intoGuest, rootOf, type Inside } from "../guest/enter";
import { rootIds } from "../guest/idmap";
import { stateFolder } from "../guest/limits";
import { mountOf } from "../guest/volumes";
import { sourceOf } from "../guest/source";
import { parsePropertyString } from "../schema/value";
import { featuresFormat } from "../guest/options";
import { guestCatalogue } from "./catalogue";
import { guestCommands } from "./commands";
import { makeFolder } from "../../machine/files";

/** Where a guest's installed packages and units are noted: in its volume, so that snapshots and clones have them. */
const NOTES = "/var/lib/phoenix-lab";

/**
 * What the daemon wrote as the machine's root, who is nobody in a user namespace, becomes the guest's: found in the
 * volume, changed through the guest's own view of it.
 */
const SETTLE = `set -o pipefail
cd "$1" && find . -name .lab-work -prune -o -uid 0 ! -type c -print0 | { cd "$2" && xargs -0r chown -h "$3"; }`;

const TARGETS = ["sysinit", "basic", "local-fs", "network", "network-online", "multi-user", "timers"];

/** A guest in the place of a host. */
function hostOf(node: Host, config: GuestFile, inside: Inside): Host {
  const root = rootOf(node, inside.pid);
  const none = () => {
    throw new Error("a container has no ZFS");
  };
  const guest: Host = {
    ...node,
    node: (config.values["hostname"] ?? "").split(".")[0] ?? "",
    root,
    machine: { ...node.machine, packages: [] },
    store: openStore(inRoot(root, NOTES)),
    zfs: new Proxy({} as Zfs, { get: none }),
    run: (argv, { cwd = "/", ...options } = {}) => node.run(intoGuest(node, inside, argv, { cwd }), options),
    enter: (argv, cwd) => insideRoot(node.root, "/", intoGuest(node, inside, argv, { cwd })),
  };
  givePackages(guest, guestCatalogue);
  return guest;
}

/** The first start lays files, commands and units out; each start makes init's targets active. */
async function boot(guest: Host): Promise<void> {
  if (!guest.store.get("system-laid-out", false)) {
    makeFolder(inRoot(guest.root, "/etc/systemd/system"));
    layOut(guest);
    const packaged = Object.entries(packagesOf(guest)).filter(
      ([name]) => installed(guest, name) !== undefined,
    );
    const units = [
      ...Object.entries(system),
      ...packaged.flatMap(([, { units: own = {} }]) => Object.entries(own)),
    ];
    for (const [name, unit] of units) lay(guest, name, unit);
    for (const [name, unit] of units) if (unit.enabled !== false) enable(guest, name);
    showInstalled(guest);
    guest.store.set("system-laid-out", true);
  }
  forgetAll(guest);
  for (const target of TARGETS) setState(guest, `${target}.target`, { active: "active", sub: "active" });
  for (const name of wantedBy(guest, "multi-user.target"))
    if (!name.startsWith("ssh.")) await start(guest, name);
}

/** What a virtual machine has beside what a container has. */
export interface MachineSystem {
  /** Commands of its own, over the guest in the place of a host. */
  commands: CommandTable;
  /** Whether QEMU gives it the port of the guest agent. */
  agentPort: boolean;
}

/** Serves the stand-in commands of a running guest until it ends; `guest` is it in the place of a host. */
export async function serveGuest(
  node: Host,
  vmid: number,
  config: GuestFile,
  { since, ...inside }: Inside & { since: number },
  machine?: MachineSystem,
): Promise<{ close(): void; guest: Host }> {
  const { pid } = inside;
  const root = rootOf(node, pid);
  const owner = rootIds(config);
  const volume = mountOf(node, config, "rootfs");
  // Now: somebody may take the storage away while the guest runs.
  const files = owner.uid === 0 || volume === undefined ? undefined : sourceOf(node, volume);
  const settle = async () => {
    if (files === undefined) return;
    const where = [files, `/proc/${pid}/root`, `${owner.uid}:${owner.gid}`];
    const done = await node.run(["bash", "-c", SETTLE, "settle", ...where]);
    if (done.code !== 0) process.stderr.write(`owners of CT ${vmid}: ${done.stderr}`);
  };
  const fresh = !existsSync(inRoot(root, NOTES));
  makeFolder(inRoot(root, NOTES));
  const host = hostOf(node, config, inside);
  const simulated = ["ubuntu", "debian"].includes(config.values["ostype"] ?? "") || machine !== undefined;
  if (simulated) {
    const features = parsePropertyString(featuresFormat, config.values["features"] ?? "", node.release);
    host.store.set(
      "features",
      Object.keys(features).filter((name) => features[name] === 1),
    );
    host.store.set("agent-port", machine?.agentPort ?? false);
    await boot(host);
  }
  if (simulated || fresh) await settle();
  const guest: Guest = {
    ctid: vmid,
    root,
    mayOpen(device) {
      const found = nodeAt(inRoot(root, device));
      return found !== undefined && allows(node, currentConfig(node, vmid), found);
    },
  };
  const more = machine?.commands ?? {};
  const commands = guestCommands({ node, host, ctid: vmid, since, settle, more });
  const served = await serveCommands(node, commands, {
    folder: join(stateFolder(node, vmid), "client"),
    root: owner,
    guest,
  });
  return { close: () => served.close(), guest: host };
}
