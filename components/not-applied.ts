import type { Estate } from "../config";

/**
 * What the files ask for and this version does not do yet, one phrase each. Nothing is left out without a
 * word; an area takes its line away when it is there.
 */
export function notApplied(estate: Estate): string[] {
  const { hypervisor, containers } = estate;
  const withKey = (wanted: (entry: (typeof containers)[number]) => boolean) =>
    containers.filter(wanted).map((container) => container.ctid);
  const perContainer: [string, number[]][] = [
    ["features", withKey((c) => c.features.length > 0)],
    ["GPU assignment", withKey((c) => c.gpus.length > 0)],
    ["volumes", withKey((c) => (c.entry.volumes?.length ?? 0) + (c.entry.zfs_volumes?.length ?? 0) > 0)],
    ["firewall", withKey((c) => c.entry.firewall !== undefined)],
    ["application script", withKey((c) => c.applicationScript !== undefined)],
    ["health check", withKey((c) => c.healthCheck !== undefined)],
  ];
  return [
    "initial set-up (repositories, timezone, hostname, bridge, firewall)",
    "admin user",
    ...(hypervisor.nfs?.exports?.length ? [`NFS (${hypervisor.nfs.exports.length} exports)`] : []),
    ...(hypervisor.samba?.shares?.length ? [`Samba (${hypervisor.samba.shares.length} shares)`] : []),
    ...(hypervisor.nvidia_driver?.install ? ["NVIDIA driver"] : []),
    ...(Object.keys(hypervisor.shared_volumes ?? {}).length ? ["shared volumes"] : []),
    ...(hypervisor.vms?.length ? [`VMs (${hypervisor.vms.map((vm) => vm.name).join(", ")})`] : []),
    ...perContainer
      .filter(([, ctids]) => ctids.length > 0)
      .map(([what, ctids]) => `${what} (CT ${ctids.join(", ")})`),
  ];
}
