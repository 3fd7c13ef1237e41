/* eslint-disable @typescript-eslint/no-unsafe-member-access --
   the tables break untyped documents in every way */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, expectRow, type Json, type Row } from "./samples";

const with_ = (keys: object) => (host: Json) => Object.assign(host.vms[0] as object, keys);
const place = "host.json: vms[0]";

describe("processors, memory and tags of a machine", () => {
  const rows: Row[] = [
    [
      "all of them",
      with_({ cpu_flags: ["+aes", "-pcid"], cpulimit: 1.5, cpuunits: 50, sockets: 2, numa: true }),
    ],
    ["no balloon", with_({ balloon_mb: 0 })],
    [
      "a flag that no machine may have by itself",
      with_({ cpu_flags: ["+avx512f"] }),
      `${place}.cpu_flags[0]: is not + or - and one of aes, amd-no-ssb, amd-ssbd, hv-evmcs, hv-tlbflush, ibpb, md-clear, nested-virt, pcid, pdpe1gb, spec-ctrl, ssbd, virt-ssbd ("+avx512f") — give + or - and the name of a flag, such as +aes`,
    ],
    [
      "a flag with and without",
      with_({ cpu_flags: ["+aes", "-aes"] }),
      `${place}.cpu_flags[1]: is also the flag of cpu_flags[0] ("-aes") — name each flag once`,
    ],
    [
      "a balloon of more than its memory",
      with_({ balloon_mb: 9000, memory_mb: 4096 }),
      `${place}.balloon_mb: is more than the 4096 MB of memory that it has (9000) — give 4096 or less`,
    ],
    [
      "a tag that says whose it is",
      with_({ tags: ["phoenix-lab"] }),
      `${place}.tags[0]: is not a tag in lower case, or begins with phoenix-, which says whose a guest is ("phoenix-lab") — give a tag: lower-case letters, digits, _ + . and -, not beginning with phoenix-`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));

  test("are handed on as Proxmox VE has them, what is not said as nothing", () => {
    const { estate } = check(
      with_({ cpu_flags: ["+pcid", "+aes"], numa: false, balloon_mb: 1024, tags: ["web", "db", "web"] }),
    );
    const { cpuFlags, options, tags } = estate!.vms[0]!;
    assert.deepEqual(
      { cpuFlags, options, tags },
      { cpuFlags: ["+aes", "+pcid"], options: { balloon: 1024, numa: 0 }, tags: ["db", "web"] },
    );
    const plain = check().estate!.vms[0]!;
    assert.deepEqual([plain.cpuFlags, plain.options, plain.tags], [undefined, undefined, undefined]);
  });
});

describe("cards, firmware, ports and CD of a machine", () => {
  const card = { interface: "net1", bridge: "vmbr1" };
  const cards = (...networks: object[]) => with_({ networks });
  const rows: Row[] = [
    [
      "cards",
      cards({ ...card, ip: "dhcp", ip6: "auto", mtu: 1400, queues: 4 }, { ...card, interface: "net2" }),
    ],
    [
      "UEFI, TPM, screen, ports",
      with_({
        uefi: true,
        efi_disk: { pre_enrolled_keys: true },
        tpm: {},
        serial: ["socket"],
        vga: { type: "serial0" },
        usb: [{ device: "1-2.3" }],
      }),
    ],
    [
      "a CD, and an empty disk",
      with_({ template: "none", iso: "local:iso/x.iso", boot_devices: ["ide3", "scsi0"] }),
    ],
    [
      "the first card",
      cards({ ...card, interface: "net0" }),
      `${place}.networks[0].interface: is not net1 to net31 ("net0") — give where it is plugged in, by which the card is known again: net1 to net31`,
    ],
    [
      "an interface twice",
      cards(card, card),
      `${place}.networks[1].interface: is also the interface of networks[0] ("net1") — give each card an interface of its own`,
    ],
    [
      "a manual address",
      cards({ ...card, ip: "manual" }),
      `${place}.networks[0].ip: is neither an IPv4 address with a prefix length nor dhcp ("manual") — give IPv4 address with its prefix length, or dhcp, by cloud-init; none without it. A change restarts it`,
    ],
    [
      "a gateway without an address",
      cards({ ...card, ip: "dhcp", gw: "10.1.0.1" }),
      `${place}.networks[0].gw: needs an address in ip ("10.1.0.1") — give ip an address, or remove it`,
    ],
    [
      "an MTU of another model",
      cards({ ...card, model: "e1000", mtu: 1400 }),
      `${place}.networks[0].mtu: is for the model virtio alone, and the card is e1000 (1400) — remove it, or let the model be virtio`,
    ],
    [
      "queues of another model of the first",
      with_({ network_model: "e1000", network_queues: 2 }),
      `${place}.network_queues: is for the model virtio alone, and the card is e1000 (2) — remove it, or let the model be virtio`,
    ],
    [
      "an EFI disk without UEFI",
      with_({ efi_disk: {} }),
      `${place}.efi_disk: is for a machine with uefi — set uefi to true, or remove efi_disk`,
    ],
    [
      "keys in a small EFI disk",
      with_({ uefi: true, efi_disk: { type: "2m", pre_enrolled_keys: true } }),
      `${place}.efi_disk.pre_enrolled_keys: needs a disk of the type 4m (true) — set type to 4m, or remove pre_enrolled_keys`,
    ],
    [
      "a port that is not there",
      with_({ vga: { type: "serial1" } }),
      `${place}.vga.type: is a serial port that it has not ("serial1") — add the port to serial, or name another type`,
    ],
    [
      "a device twice",
      with_({ usb: [{ device: "10c4:ea60" }, { device: "10C4:EA60" }] }),
      `${place}.usb[1].device: is also the device of usb[0] ("10C4:EA60") — name each device once`,
    ],
    [
      "no CD",
      with_({ iso: "local:import/x.qcow2" }),
      `${place}.iso: is no CD ("local:import/x.qcow2") — name a volume such as local:iso/x.iso, or a URL that ends in .iso or .img`,
    ],
    [
      "a checksum of a volume",
      with_({ iso: "local:iso/x.iso", iso_checksum: `sha256:${"a".repeat(64)}` }),
      `${place}.iso: is no download, so iso_checksum would check nothing ("local:iso/x.iso") — remove iso_checksum, or name a URL`,
    ],
    [
      "to start from a drive without a CD",
      with_({ boot_devices: ["ide3"] }),
      `${place}.boot_devices[0]: is a device that it has not ("ide3") — name scsi0 or net0`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));

  test("are handed on as Proxmox VE has them", () => {
    const { estate } = check(
      with_({
        ...{
          uefi: true,
          efi_disk: {},
          tpm: { storage_pool: "local-lvm" },
          vga: { type: "qxl", memory_mb: 32 },
        },
        ...{ serial: ["socket", "/dev/ttyS0"], usb: [{ device: "1-2", usb3: true }] },
        networks: [{ ...card, ip: "10.1.0.2/24", gw: "10.1.0.1", ip6: "dhcp", vlan: 7, firewall: true }],
        ...{
          template: "none",
          iso: "https://mirror.test/My%20CD.iso",
          iso_checksum: `sha256:${"a".repeat(64)}`,
        },
      }),
    );
    const { hardware, networks, iso, image, agent, bootDevices } = estate!.vms[0]!;
    assert.deepEqual(hardware, {
      efiDisk: { type: "4m", preEnrolledKeys: false, storage: "local-lvm" },
      tpm: { version: "v2.0", storage: "local-lvm" },
      devices: { vga: "qxl,memory=32", serial0: "socket", serial1: "/dev/ttyS0", usb0: "host=1-2,usb3=1" },
    });
    assert.deepEqual(networks, [
      {
        ...{ interface: "net1", bridge: "vmbr1", model: "virtio", firewall: "1", tag: 7 },
        ipconfig: "ip=10.1.0.2/24,gw=10.1.0.1,ip6=dhcp",
      },
    ]);
    assert.equal(iso?.volid, "local:iso/phoenix-My-20CD.iso");
    assert.deepEqual([image, agent, bootDevices], [undefined, false, ["scsi0", "ide3"]]);
  });
});
