/** Quotas and reservations that do not fit what there is (module/zfs/dsl_dir.c, dsl_dataset.c). */
import { ZfsError } from "./errors";
import type { Space } from "./space";

/** Throws ZFS's reason when a limit, in bytes, cannot be set; other properties pass. */
export function refuseLimit(property: string, value: number, space: Space | undefined): void {
  if (value === 0 || space === undefined || !/^(ref)?(quota|reservation)$/.test(property)) return;
  const used = property === "refquota" ? space.referenced : space.used;
  if (property.endsWith("quota") && value < used)
    throw new ZfsError("size is less than current used or reserved space");
  if (property.endsWith("reservation") && value > space.used + space.available) {
    throw new ZfsError("size is greater than available space");
  }
}
