/** Disks of a virtual machine beside its own, scsi0. */
import { z } from "zod";
import { comment, pattern, storageId, whole } from "./primitives";

const disk = z
  .strictObject({
    interface: pattern(
      /^(?:scsi(?:[1-9]|[12][0-9]|30)|virtio(?:[0-9]|1[0-5]))$/,
      "is not scsi1 to scsi30 or virtio0 to virtio15",
    ).describe("Where it is attached, by which it is known again: scsi1 to scsi30, or virtio0 to virtio15"),
    size_gb: whole(1, 131072).describe("Size in GB; it grows while the machine runs, and never shrinks"),
    storage_pool: storageId().optional().describe("Proxmox storage of the disk; the machine's without it"),
    cache: z
      .enum(["none", "writethrough", "writeback", "directsync", "unsafe"])
      .optional()
      .describe("How the node caches it; none by default. A change restarts the machine"),
    aio: z
      .enum(["native", "threads", "io_uring"])
      .optional()
      .describe("How the node reads and writes it; by storage without it. A change restarts the machine"),
    discard: z
      .boolean()
      .optional()
      .describe(
        "Whether blocks that it frees are freed on the storage; false by default. A change restarts the machine",
      ),
    ssd: z
      .boolean()
      .optional()
      .describe(
        "Whether the machine sees an SSD, scsi alone; false by default. A change restarts the machine",
      ),
    iothread: z
      .boolean()
      .optional()
      .describe("Whether it has a thread of its own; false by default. A change restarts the machine"),
    backup: z
      .boolean()
      .optional()
      .describe("Whether backups of the machine have it in them; true by default"),
    destroy_on_teardown: z
      .boolean()
      .default(false)
      .describe("Whether the disk and its data are destroyed together with the machine"),
    description: comment(),
  })
  .describe("A disk of the machine's own");

/** The key `disks` of a machine. */
export const disks = z
  .array(disk)
  .optional()
  .describe("Disks beside scsi0; one whose entry is removed is detached, and its data is kept");

/** A disk beside scsi0. */
export interface DiskSpec {
  interface: string;
  storage: string;
  sizeGb: number;
  /** What of qm.conf(5) the entry says, such as `backup=0,cache=none`; absent for nothing. */
  options?: string;
  destroyOnTeardown?: true;
}

export function diskSpec(entry: z.output<typeof disk>, storage: string): DiskSpec {
  const { aio, backup, cache, discard, iothread, ssd } = entry;
  const flag = (value: boolean | undefined) => (value === undefined ? undefined : Number(value));
  const said = {
    aio,
    backup: flag(backup),
    cache,
    discard: discard === undefined ? undefined : discard ? "on" : "ignore",
    iothread: flag(iothread),
    ssd: flag(ssd),
  };
  const pairs = Object.entries(said).flatMap(([key, value]) =>
    value === undefined ? [] : `${key}=${value}`,
  );
  return {
    interface: entry.interface,
    storage: entry.storage_pool ?? storage,
    sizeGb: entry.size_gb,
    ...(pairs.length > 0 && { options: pairs.join(",") }),
    ...(entry.destroy_on_teardown && { destroyOnTeardown: true as const }),
  };
}
