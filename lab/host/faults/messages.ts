/**
 * What real tools say when they fail: `lab fault add command … --fail NAME`. Each with its source; `{pid}` and the
 * like do not occur, since a fault is ordered with the words it is to say.
 */
export interface Failure {
  exit: number;
  stderr: string;
  source: string;
}

const archives = "apt-pkg, acquire-item.cc and the http method";

export const failures: Record<string, Failure> = {
  "apt-resolve": {
    exit: 100,
    stderr:
      "W: Failed to fetch http://deb.debian.org/debian/dists/trixie/InRelease  Temporary failure resolving 'deb.debian.org'\n" +
      "E: Some index files failed to download. They have been ignored, or old ones used instead.\n",
    source: archives,
  },
  "apt-hash": {
    exit: 100,
    stderr:
      "E: Failed to fetch http://download.proxmox.com/debian/pve/dists/trixie/InRelease  Hash Sum mismatch\n" +
      "E: Some index files failed to download. They have been ignored, or old ones used instead.\n",
    source: archives,
  },
  "apt-unauthorized": {
    exit: 100,
    stderr:
      "E: Failed to fetch https://enterprise.proxmox.com/debian/pve/dists/trixie/InRelease  401  Unauthorized [IP: 192.0.2.10 443]\n" +
      "E: The repository 'https://enterprise.proxmox.com/debian/pve trixie InRelease' is not signed.\n",
    source: "a node without a subscription; Proxmox VE administration guide, package repositories",
  },
  "dpkg-interrupted": {
    exit: 100,
    stderr: "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.\n",
    source: "apt-pkg/deb/debsystem.cc",
  },
  "no-space": {
    exit: 1,
    stderr: "write error: No space left on device\n",
    source: "ENOSPC, errno(3)",
  },
  "zfs-busy": {
    exit: 1,
    stderr: "cannot destroy 'tank/data': dataset is busy\n",
    source: "libzfs_util.c, EZFS_BUSY",
  },
  "zfs-space": {
    exit: 1,
    stderr: "cannot create 'tank/data': out of space\n",
    source: "libzfs_util.c, EZFS_NOSPC",
  },
  "guest-locked": {
    exit: 255,
    stderr: "CT is locked (backup)\n",
    source: "PVE::AbstractConfig::check_lock",
  },
  "guest-start": {
    exit: 255,
    stderr: "startup for container failed\n",
    source: "PVE::LXC::vm_start",
  },
  "no-quorum": {
    exit: 255,
    stderr: "cluster not ready - no quorum?\n",
    source: "PVE::Cluster::check_cfs_quorum",
  },
  "pmxcfs-down": {
    exit: 255,
    stderr:
      "ipcc_send_rec[1] failed: Connection refused\nUnable to load access control list: Connection refused\n",
    source: "PVE::IPCC, with pve-cluster stopped",
  },
  "gpu-lost": {
    exit: 15,
    stderr:
      "Unable to determine the device handle for GPU0: 0000:01:00.0: GPU is lost.  Reboot the system to recover this GPU\n",
    source: "nvidia-smi; NVML_ERROR_GPU_IS_LOST is 15",
  },
  "driver-mismatch": {
    exit: 18,
    stderr: "Failed to initialize NVML: Driver/library version mismatch\n",
    source: "nvidia-smi; NVML_ERROR_LIB_RM_VERSION_MISMATCH is 18",
  },
  killed: { exit: 137, stderr: "", source: "the kernel's out-of-memory killer sends SIGKILL: 128 + 9" },
};

/**
 * Reason phrases of pveproxy's answers by status. It passes requests on to pvedaemon with AnyEvent::HTTP, whose
 * pseudo statuses (its manual, "Errors") reach the client: 595 for the connection, 596 for request and header,
 * 599 for what is left.
 */
export const reasons: Record<number, string> = {
  500: "cluster not ready - no quorum?",
  503: "Service Unavailable",
  595: "Connection refused",
  596: "Connection timed out",
  599: "Too many redirections",
};
