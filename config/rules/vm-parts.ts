/** What a virtual machine is made of: processors, memory, disks. */
import type { Draft } from "../check";
import type { Path } from "../findings";
import type { VmConfig } from "../vm-schema";
import { checkStorage, type Context, readable } from "./context";
import { reportRepeats } from "./unique";

/** An entry with the defaults under it, and where it stands. */
export interface Machine {
  path: Path;
  own: Draft<VmConfig>;
  merged: Draft<VmConfig>;
  /** With what was wrong in it: to tell a wrong key from a missing one. */
  raw: object;
}

/** What the hardware of one entry demands of the rest. */
export function checkParts(context: Context, machine: Machine): void {
  checkProcessor(context, machine);
  checkDisks(context, machine);
}

function checkProcessor({ hypervisorReport: report }: Context, { path, merged }: Machine): void {
  const { balloon_mb: balloon, memory_mb: memory, cpu_flags: flags } = merged;
  if (balloon !== undefined && memory !== undefined && balloon > memory) {
    report.mistake(
      [...path, "balloon_mb"],
      `is more than the ${memory} MB of memory that it has`,
      `give ${memory} or less`,
      balloon,
    );
  }
  const uses = readable(flags).map(({ item, index }) => ({
    ...{ key: item.slice(1), value: item, path: [...path, "cpu_flags", index], report },
    user: `cpu_flags[${index}]`,
  }));
  reportRepeats(uses, "the flag", "name each flag once");
}

/** Disks beside scsi0: on storages for them, each at an interface of its own. */
function checkDisks(context: Context, { path, own }: Machine): void {
  const report = context.hypervisorReport;
  const disks = readable(own.disks).map(({ item, index }) => ({
    ...item,
    path: [...path, "disks", index],
    index,
  }));
  for (const { path: place, storage_pool, interface: at, ssd } of disks) {
    checkStorage(context, report, [...place, "storage_pool"], storage_pool, "images");
    if (ssd !== undefined && at?.startsWith("virtio"))
      report.mistake(
        [...place, "ssd"],
        "is for scsi disks alone",
        "give it a scsi interface, or remove ssd",
        ssd,
      );
  }
  reportRepeats(
    disks.flatMap(({ interface: at, path: place, index }) =>
      at === undefined
        ? []
        : [{ key: at, value: at, path: [...place, "interface"], report, user: `disks[${index}]` }],
    ),
    "the interface",
    "give each disk an interface of its own",
  );
}
