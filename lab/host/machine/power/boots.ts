/** The host's boots: their numbers and times, on its disks. */
import type { Host } from "../../types";

export interface Boot {
  /** As /proc/sys/kernel/random/boot_id shows it. */
  id: string;
  /** Milliseconds since the epoch. */
  time: number;
  /** Release of the kernel that was started. */
  kernel: string;
}

/** All boots, the present one last. */
export const boots = (host: Host): Boot[] => host.store.get<Boot[]>("boots", []);

/** The present boot. */
export function presentBoot(host: Host): Boot {
  return boots(host).at(-1) ?? { id: "", time: 0, kernel: "" };
}

export function addBoot(host: Host, boot: Boot): void {
  host.store.set("boots", [...boots(host).slice(-50), boot]);
  host.store.set("boot", boot);
}
