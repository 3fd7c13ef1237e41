/** The AppArmor profile of a container, and its effect on nesting. */
import type { Draft } from "./check";
import type { HypervisorConfig } from "./hypervisor-schema";
import type { ContainerConfig } from "./lxc-schema";

type Entry = Draft<ContainerConfig>;
type Host = Draft<HypervisorConfig> | undefined;

/** The profile that the files name; undefined for Proxmox VE's own. */
function namedProfile(entry: Entry, hypervisor: Host): string | undefined {
  const fallback = hypervisor?.proxmox_defaults?.lxc?.security === "unconfined" ? "unconfined" : undefined;
  const profile = entry.apparmor_profile ?? fallback;
  return profile === "default" ? undefined : profile;
}

const hasRawProfile = ({ lxc_options }: Entry): boolean =>
  (lxc_options ?? []).some((line) => line !== undefined && /^lxc\.apparmor\.profile\s*[:=]/.test(line));

/** Whether a container has another profile than Proxmox VE's own, which depends on the feature `nesting`. */
export function hasOwnProfile(entry: Entry, hypervisor: Host): boolean {
  return hasRawProfile(entry) || namedProfile(entry, hypervisor) !== undefined;
}

/** Whether nesting is left to the profile: only one of the container's own can manage it. */
export function profileManagesNesting(entry: ContainerConfig, hypervisor: HypervisorConfig): boolean {
  return entry.apparmor_manages_nesting && hasOwnProfile(entry, hypervisor);
}

/** Raw lines for the profile; a raw line of the container's own takes precedence. */
export function profileLines(entry: ContainerConfig, hypervisor: HypervisorConfig): string[] {
  const profile = hasRawProfile(entry) ? undefined : namedProfile(entry, hypervisor);
  return [
    ...(profile === undefined ? [] : [`lxc.apparmor.profile: ${profile}`]),
    // What replaces the feature `nesting` under such a profile, as in the original.
    ...(profileManagesNesting(entry, hypervisor)
      ? ["lxc.apparmor.allow_nesting: 1", "lxc.include: /usr/share/lxc/config/nesting.conf"]
      : []),
  ];
}
