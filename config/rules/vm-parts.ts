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
  checkHardware(context, machine);
  checkCards(context, machine);
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

function checkHardware(context: Context, { path, own, merged }: Machine): void {
  const report = context.hypervisorReport;
  const { efi_disk: efi, tpm, vga, serial, usb } = own;
  checkStorage(context, report, [...path, "efi_disk", "storage_pool"], efi?.storage_pool, "images");
  checkStorage(context, report, [...path, "tpm", "storage_pool"], tpm?.storage_pool, "images");
  if (efi && merged.uefi !== true)
    report.mistake(
      [...path, "efi_disk"],
      "is for a machine with uefi",
      "set uefi to true, or remove efi_disk",
    );
  if (efi?.pre_enrolled_keys === true && efi.type === "2m")
    report.mistake(
      [...path, "efi_disk", "pre_enrolled_keys"],
      "needs a disk of the type 4m",
      "set type to 4m, or remove pre_enrolled_keys",
      true,
    );
  const [, port] = /^serial([0-3])$/.exec(vga?.type ?? "") ?? [];
  if (port !== undefined && Number(port) >= (serial ?? ["socket"]).length)
    report.mistake(
      [...path, "vga", "type"],
      "is a serial port that it has not",
      "add the port to serial, or name another type",
      vga?.type,
    );
  reportRepeats(
    readable(usb).flatMap(({ item: { device }, index }) =>
      device === undefined || device === "spice"
        ? []
        : [
            {
              ...{
                key: device.toLowerCase(),
                value: device,
                path: [...path, "usb", index, "device"],
                report,
              },
              user: `usb[${index}]`,
            },
          ],
    ),
    "the device",
    "name each device once",
  );
}

/** Cards beside net0: each at an interface of its own, with what its model can do. */
function checkCards({ hypervisorReport: report }: Context, { path, own, merged }: Machine): void {
  const cards = readable(own.networks).map(({ item, index }) => ({
    ...item,
    path: [...path, "networks", index],
    index,
  }));
  const first = {
    ...{ path, prefix: "network_", model: merged.network_model },
    ...{ mtu: merged.network_mtu, queues: merged.network_queues },
  };
  for (const { model, path: place, prefix, ...card } of [
    first,
    ...cards.map((one) => ({ ...one, prefix: "" })),
  ]) {
    for (const key of ["mtu", "queues"] as const) {
      if (card[key] === undefined || model === undefined || model === "virtio") continue;
      report.mistake(
        [...place, `${prefix}${key}`],
        `is for the model virtio alone, and the card is ${model}`,
        "remove it, or let the model be virtio",
        card[key],
      );
    }
  }
  reportRepeats(
    cards.flatMap(({ interface: at, path: place, index }) =>
      at === undefined
        ? []
        : [{ key: at, value: at, path: [...place, "interface"], report, user: `networks[${index}]` }],
    ),
    "the interface",
    "give each card an interface of its own",
  );
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
