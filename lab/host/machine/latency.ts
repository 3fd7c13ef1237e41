/**
 * How long operations take on real hardware; `Host.latency` waits that long times the lab's factor.
 *
 * Recordings of Proxmox VE tell what it says, not how long it takes, so most of these are orders of magnitude,
 * reckoned for the machine of the original: NVMe disks, many cores, a 250 Mbit/s line. What each is reckoned
 * from stands beside it; `source` names those that a program fixes itself.
 */
interface Latency {
  milliseconds: number;
  /** What it is made of, or where the number stands. */
  from: string;
}

const entry = (milliseconds: number, from: string): Latency => ({ milliseconds, from });

const perl = "start of Perl with Proxmox VE's modules (0.5 s)";

/** By operation; a first word alone stands for all operations that begin with it and have no entry of their own. */
export const latencies: Record<string, Latency> = {
  // Fixed by the program.
  "failed login": entry(3000, "source: PVE::APIServer::AnyEvent delays every 401 to 3 s after the request"),

  "pve-firewall update": entry(10_000, "source: $updatetime of PVE::Service::pve_firewall"),

  zpool: entry(100, "one transaction group"),
  "zpool create": entry(1500, "partitioning, waiting for udev's links, labels, first transaction groups"),
  "zpool import": entry(1000, "reading labels of all disks, replaying the intent log"),
  "zpool export": entry(800, "unmounting, writing out, closing the disks"),
  "zpool destroy": entry(800, "as an export, and labels marked"),
  "zpool scrub": entry(200, "the order only; scrubbing goes on by itself"),
  zfs: entry(60, "a transaction group that is waited for"),
  "zfs create": entry(150, "a transaction group, and the mount"),
  "zfs destroy": entry(300, "unmount, and a transaction group; freeing goes on by itself"),
  "zfs snapshot": entry(100, "a transaction group"),
  "zfs clone": entry(150, "a transaction group, and the mount"),

  pct: entry(700, perl),
  "pct create": entry(6000, `${perl}, a dataset, unpacking 130 MB of zstd into 500 MB of small files`),
  "pct clone": entry(8000, `${perl}, a full copy of 1 GB with rsync`),
  "pct clone linked": entry(1200, `${perl}, a ZFS clone`),
  "pct set": entry(700, perl),
  "pct start": entry(2500, `${perl}, AppArmor profile, mounts, network device, systemd's first seconds`),
  "pct stop": entry(1500, `${perl}, systemd's shutdown of a small guest`),
  "pct snapshot": entry(1200, `${perl}, freezing the guest, a ZFS snapshot`),
  "pct rollback": entry(1500, `${perl}, a ZFS rollback and mount`),
  "pct delsnapshot": entry(1000, `${perl}, a ZFS destroy`),
  "pct template": entry(1000, `${perl}, renaming the volume, a ZFS snapshot`),
  "pct resize": entry(900, `${perl}, a ZFS property`),
  "pct destroy": entry(1500, `${perl}, destroying the volumes`),

  vzdump: entry(4000, `${perl}, reading a small guest and compressing it`),
  "pct restore": entry(8000, `${perl}, a dataset, unpacking a small guest`),
  qmrestore: entry(8000, `${perl}, volumes, unpacking a small guest`),

  qm: entry(700, perl),
  "qm create": entry(1500, `${perl}, a volume`),
  "qm start": entry(2500, `${perl}, QEMU's start`),
  "qm stop": entry(1200, `${perl}, QEMU's end`),
  "qm set": entry(700, perl),
  "qm resize": entry(900, `${perl}, a volume's size`),
  "qm template": entry(1000, `${perl}, renaming the volumes`),
  "qm snapshot": entry(1200, `${perl}, a volume's snapshot`),
  "qm rollback": entry(1500, `${perl}, a volume's rollback`),
  "qm delsnapshot": entry(1000, `${perl}, removing a volume's snapshot`),
  "qm clone linked": entry(1200, `${perl}, a volume that builds on another`),
  "qm clone": entry(20_000, `${perl}, a full copy of a 10 GB image`),
  "qm importdisk": entry(12_000, `${perl}, converting a 600 MB cloud image`),
  "qm destroy": entry(1500, `${perl}, destroying the volumes`),

  pveam: entry(1000, perl),
  "pveam update": entry(3000, `${perl}, an index of 200 KB and its signature`),
  "pveam download": entry(6000, `${perl}, 140 MB over the line, its checksum`),
  download: entry(20_000, "600 MB over the line, its checksum"),

  "locale-gen": entry(3000, "compiling one locale"),
  "apt-get": entry(1000, "reading package lists"),
  "apt-get update": entry(4000, "four repositories, 15 MB over the line, parsing them"),
  "apt-get install": entry(8000, "some ten packages: download, unpacking, triggers"),
  "apt-get upgrade": entry(60_000, "some hundred packages, a kernel among them"),
  "apt-get remove": entry(4000, "removing some packages, triggers"),
  dpkg: entry(1500, "unpacking and configuring one package"),
  "update-initramfs": entry(12_000, "one kernel's image with zstd"),
  "proxmox-boot-tool": entry(3000, "copying kernels to an EFI partition"),
  "dkms build": entry(90_000, "NVIDIA's open kernel modules on 32 cores"),
  "dkms install": entry(3000, "signing, compressing and copying modules, depmod"),
  depmod: entry(2500, "all modules of one kernel"),
  modprobe: entry(800, "loading the NVIDIA modules and finding the cards"),
  "nvidia installer": entry(45_000, "unpacking 400 MB, its checks, the libraries"),

  systemctl: entry(150, "a small unit"),
  "systemctl start": entry(300, "a service that says that it is ready"),
  "systemctl stop": entry(300, "a service that ends on SIGTERM"),
  "systemctl restart": entry(500, "both"),

  exportfs: entry(200, "the kernel's tables of exports"),

  reboot: entry(90_000, "shutdown 15 s, memory training and firmware of a big board 50 s, boot 25 s"),
};

/** What an operation takes; undefined when the table does not have it. */
export function latencyOf(operation: string): number | undefined {
  return (latencies[operation] ?? latencies[operation.split(" ")[0] ?? ""])?.milliseconds;
}

/** What an operation without an entry takes. */
export const otherLatency = 50;
