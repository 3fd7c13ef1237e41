/* eslint-disable @typescript-eslint/no-unsafe-member-access --
   the tables break untyped documents in every way */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, expectRow, type Json, type Row } from "./samples";

const disks =
  (...list: object[]) =>
  ({ vms }: Json) =>
    (vms[0].disks = list);
const disk = { interface: "scsi1", size_gb: 8, storage_pool: "tank-guests" };
const place = "host.json: vms[0].disks";

describe("disks of a machine beside its own", () => {
  const rows: Row[] = [
    ["on a storage for them", disks(disk, { ...disk, interface: "virtio0" })],
    [
      "its own",
      disks({ ...disk, interface: "scsi0" }),
      `${place}[0].interface: is not scsi1 to scsi30 or virtio0 to virtio15 ("scsi0") — give where it is attached, by which it is known again: scsi1 to scsi30, or virtio0 to virtio15`,
    ],
    [
      "an interface twice",
      disks(disk, disk),
      `${place}[1].interface: is also the interface of disks[0] ("scsi1") — give each disk an interface of its own`,
    ],
    [
      "an SSD by virtio",
      disks({ ...disk, interface: "virtio1", ssd: true }),
      `${place}[0].ssd: is for scsi disks alone (true) — give it a scsi interface, or remove ssd`,
    ],
    [
      "a storage without images",
      disks({ ...disk, storage_pool: "bulk-library" }),
      `${place}[0].storage_pool: is a storage that holds no disks of virtual machines ("bulk-library") — add images to its dataset's proxmox_content_type, or name another storage`,
    ],
    [
      "to start from a disk that is not there",
      (host: Json) => {
        disks(disk)(host);
        host.vms[0].boot_devices = ["scsi2"];
      },
      `host.json: vms[0].boot_devices[0]: is a device that it has not ("scsi2") — name scsi0 or net0 or scsi1`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));

  test("are handed on as Proxmox VE has them, on the machine's storage where they name none", () => {
    const { estate } = check(
      disks({ interface: "scsi1", size_gb: 8, discard: false, iothread: true, backup: false }),
    );
    assert.deepEqual(estate!.vms[0]!.disks, [
      { interface: "scsi1", storage: "local-lvm", sizeGb: 8, options: "backup=0,discard=ignore,iothread=1" },
    ]);
  });
});
