/** Proxmox VE's word on a systemd that would need nesting (PVE::LXC::Setup, since pve-container 6.1). */
import { existsSync, readFileSync } from "node:fs";
import { inRoot } from "../../machine/confined";
import type { Host } from "../../types";
import type { GuestFile } from "../config/guest-file";
import { inHost } from "../paths";
import { parsePropertyString } from "../schema/value";
import { featuresFormat } from "./options";
import { sourceOf } from "./source";
import { mountOf } from "./volumes";

/** The newest systemd, Debian 10's, that runs as it should without nesting. */
const LAST_WITHOUT = 241;

/** Version of the systemd that is a root file system's init, by the library that it needs; undefined for another init. */
function systemdVersion(root: string): number | undefined {
  const init = inRoot(root, "/sbin/init");
  if (!init.endsWith("/systemd") || !existsSync(init)) return undefined;
  const version = /libsystemd-shared-(\d+)(?:[-_.][a-zA-Z0-9]+)*\.so/.exec(readFileSync(init, "latin1"))?.[1];
  return version === undefined ? undefined : Number(version);
}

/**
 * Warns of a container, privileged or not, whose systemd may need the feature `nesting` that it does not have: after
 * it was made or cloned, and before each start. Proxmox VE 8 says nothing.
 */
export function warnOfNesting(host: Host, config: GuestFile, warn: (message: string) => void): void {
  const { features = "", ostype } = config.values;
  if (host.release !== 9 || ostype === "unmanaged") return;
  if (parsePropertyString(featuresFormat, features, host.release)["nesting"] === 1) return;
  const mount = mountOf(host, config, "rootfs");
  const version = mount && systemdVersion(inHost(host, sourceOf(host, mount)));
  if (version !== undefined && version > LAST_WITHOUT)
    warn(`Systemd ${version} detected. You may need to enable nesting.`);
}
