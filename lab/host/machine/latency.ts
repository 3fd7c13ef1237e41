/**
 * How long operations take on real hardware, in milliseconds; `Host.latency` waits this long times the
 * lab's factor. Orders of magnitude from an NVMe machine, meant for watching progress, not for measuring.
 */
export const latencies: Record<string, number> = {
  "zpool create": 1500,
  "zpool import": 1000,
  "zfs create": 150,
  "zfs destroy": 300,
  "zfs snapshot": 100,
  "zfs clone": 150,
  "apt-get update": 4000,
  "apt-get install": 8000,
  "update-initramfs": 12_000,
  "systemctl restart": 500,
};

/** What an operation without an entry takes. */
export const otherLatency = 50;
