/** What the lab knows about units beyond their files: those of installed packages, and of the base system. */
import type { Host } from "../../types";
import { installed } from "../packages/installed";
import { packagesOf } from "../packages/ofHost";
import type { Unit } from "../packages/types";
import { sshd } from "../network/sshd";
import { unitName } from "./files";

/** Units of Debian's base system that belong to no package. */
export const system: Record<string, Unit> = {
  ssh: {
    description: "OpenBSD Secure Shell server",
    type: "notify",
    execStart: "/usr/sbin/sshd -D $SSHD_OPTS",
    aliases: ["sshd"],
    reloads: true,
    ...sshd,
  },
  "systemd-journald": {
    description: "Journal Service",
    execStart: "/usr/lib/systemd/systemd-journald",
    type: "notify",
  },
  "systemd-logind": {
    description: "User Login Management",
    execStart: "/usr/lib/systemd/systemd-logind",
    type: "notify",
    enabled: true,
  },
  "systemd-udevd": {
    description: "Rule-based Manager for Device Events and Files",
    execStart: "/usr/lib/systemd/systemd-udevd",
    type: "notify",
  },
  "multi-user.target": { description: "Multi-User System" },
  "network.target": { description: "Network" },
  "network-online.target": { description: "Network is Online" },
  "local-fs.target": { description: "Local File Systems" },
  "timers.target": { description: "Timer Units" },
  "sysinit.target": { description: "System Initialization" },
  "basic.target": { description: "Basic System" },
  "remote-fs.target": { description: "Remote File Systems" },
  "apt-daily.timer": { description: "Daily apt download activities" },
  "logrotate.timer": { description: "Daily rotation of log files" },
};

/** The definition behind a full unit name; aliases are resolved by their links before. */
export function definitionOf(host: Host, name: string): Unit | undefined {
  const pick = (units: Record<string, Unit>) =>
    Object.entries(units).find(([key]) => unitName(key) === name)?.[1];
  const own = pick(system);
  if (own !== undefined) return own;
  for (const [key, entry] of Object.entries(packagesOf(host))) {
    const found = pick(entry.units ?? {});
    if (found !== undefined && installed(host, key) !== undefined) return found;
  }
  return undefined;
}
