/* Cards, firmware, TPM, screen, ports and CD of a machine that runs: at once where Proxmox VE can, else with one restart. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Node, noLab } from "./node";
import { configureSettings, machine, makeMachine } from "./vm-configured";
import { refused, runVm } from "./vm-node";

const vmid = 9005;
const mac = "52:54:00:AA:BB:01";

for (const release of [8, 9] as const)
  describe(`hardware of a running machine on Proxmox VE ${release}`, { skip: noLab }, () => {
    let node!: Node;
    before(async () => {
      node = await Node.prepared({ release });
      await makeMachine(node, vmid);
      await node.sh(
        "mkdir -p /var/lib/vz/template/iso; for i in a b; do echo $i >/var/lib/vz/template/iso/$i.iso; done",
      );
    });
    after(() => node.stop());

    const { converge, look, stale, restart, now, pending } = machine(() => node, vmid);
    const settings = configureSettings.bind(undefined, vmid);

    it("cards come, change and go at once", async () => {
      const card = {
        interface: "net1",
        bridge: "vmbr0",
        model: "virtio",
        mac,
        tag: 7,
        mtu: 1400,
        queues: 2,
        rate: 12.5,
      };
      const two = settings({
        networks: [card, { interface: "net3", bridge: "vmbr0", model: "e1000", firewall: "1" }],
      });
      await converge(two);
      assert.equal(await now("net1"), `virtio=${mac},bridge=vmbr0,mtu=1400,queues=2,rate=12.5,tag=7`);
      assert.match(await now("net3"), /^e1000=[0-9A-F:]+,bridge=vmbr0,firewall=1$/);
      assert.equal(await pending(), "");
      assert.deepEqual(await converge(two), []);
      assert.deepEqual(await look(two), []);
      await node.sh(
        `qm set ${vmid} --net1 virtio=${mac},bridge=vmbr0,tag=8,link_down=1 --delete net3 --net5 virtio,bridge=vmbr0`,
      );
      assert.deepEqual((await look(two)).sort(), [
        "VM 9005 network card net3: is missing, wanted by networks",
        "VM 9005 networks net1.mtu: is not set, wanted 1400",
        "VM 9005 networks net1.queues: is not set, wanted 2",
        "VM 9005 networks net1.rate: is not set, wanted 12.5",
        "VM 9005 networks net1.vlan: is 8, wanted 7",
      ]);
      await converge(two);
      assert.match(await now("net1"), /link_down=1/);
      assert.deepEqual(await look(two), []);
      assert.deepEqual(await look(settings()), [
        "VM 9005 network card net1: is there, wanted none by networks",
        "VM 9005 network card net3: is there, wanted none by networks",
      ]);
      await converge(settings());
      assert.deepEqual([await now("net1"), await now("net3")], ["", ""]);
      assert.notEqual(await now("net5"), "");
      assert.equal(await pending(), "");
    });

    it("an address of a card restarts the machine once; its bridge has to be there", async () => {
      const card = { interface: "net1", bridge: "vmbr0", model: "virtio", mac };
      const with_ = settings({
        networks: [card],
        cloudInit: { values: { ipconfig1: "ip=10.1.0.5/24,ip6=auto" }, sshKeys: [] },
      });
      await converge(with_);
      assert.match((await stale({ ipconfig1: "ip=10.1.0.6/24" })).join(), /ipconfig1/);
      assert.match((await stale({ macs: { net1: "52:54:00:AA:BB:02" } })).join(), /MAC address of net1/);
      assert.deepEqual(await restart(), ["restarted VM 9005"]);
      assert.equal(await now("ipconfig1"), "ip=10.1.0.5/24,ip6=auto");
      assert.deepEqual(await look(with_), []);
      refused(
        await runVm(node, "configure", settings({ networks: [{ ...card, bridge: "vmbr77" }] })),
        /^phoenix: bridge vmbr77, which net1 of VM 9005 \(db\) is to join, does not exist on \S+ correct networks, or make the bridge. Nothing was changed$/,
      );
      await converge(settings());
      await restart();
      assert.equal(await now("ipconfig1"), "");
    });

    it("the first card has what its entry says, and somebody else's keys", async () => {
      await node.sh(
        `qm set ${vmid} --net0 "$(qm config ${vmid} | sed -n 's/^net0: //p'),rate=5,link_down=0"`,
      );
      const first = (more: object) => settings({ net0: { bridge: "vmbr0", ...more } });
      assert.deepEqual(await look(first({})), []);
      await converge(first({ mtu: 1400, queues: 4 }));
      assert.match(
        await now("net0"),
        /^virtio=[0-9A-F:]+,bridge=vmbr0,link_down=0,mtu=1400,queues=4,rate=5$/,
      );
      assert.deepEqual(await look(first({ mtu: 1300 })), [
        "VM 9005 network_mtu: is 1400, wanted 1300",
        "VM 9005 network_queues: is 4, wanted not set",
      ]);
      await converge(first({}));
      assert.match(await now("net0"), /^virtio=[0-9A-F:]+,bridge=vmbr0,link_down=0,rate=5$/);
    });

    it("screen and serial ports wait for a start, USB devices do not", async () => {
      const values = {
        vga: "virtio,memory=64",
        serial0: "socket",
        serial1: "/dev/ttyS9",
        usb0: "host=10c4:ea60,usb3=1",
      };
      await converge(settings({}, values));
      assert.equal(await now("usb0"), "host=10c4:ea60,usb3=1");
      assert.equal(await pending(), "serial1: /dev/ttyS9\nvga: virtio,memory=64");
      assert.match((await stale({ vga: values.vga, serial1: values.serial1 })).join(), /vga, serial1/);
      const start = {
        vmid,
        name: "db",
        tag: settings().tag,
        timeLimit: 1,
        agent: false,
        restartWhenChanged: {},
      };
      const { stderr } = await runVm(node, "start", start);
      assert.match(stderr, /no such serial device/);
      await node.sh("mknod /dev/ttyS9 c 4 73");
      await restart();
      assert.deepEqual(await look(settings({}, values)), []);
      assert.deepEqual(await look(settings({}, { ...values, usb0: "host=1-2.3", vga: "std" })), [
        "VM 9005 usb (usb0): is host=10c4:ea60,usb3=1, wanted host=1-2.3",
        "VM 9005 vga: is virtio,memory=64, wanted std",
      ]);
      await converge(settings());
      await restart();
      assert.deepEqual(
        [await now("vga"), await now("serial0"), await now("serial1"), await now("usb0")],
        ["", "socket", "", ""],
      );
    });

    it("a CD is put in and taken out while it runs, and the order of starting stays", async () => {
      await converge(settings({ iso: "local:iso/a.iso" }, { boot: "order=scsi0;ide3" }));
      assert.match(await now("ide3"), /^local:iso\/a\.iso,media=cdrom/);
      assert.equal(await pending(), "boot: order=scsi0;ide3");
      await restart();
      await converge(settings({ iso: "local:iso/b.iso" }, { boot: "order=scsi0;ide3" }));
      assert.match(await now("ide3"), /^local:iso\/b\.iso,media=cdrom/);
      assert.equal(await pending(), "");
      assert.deepEqual(await look(settings({}, { boot: "order=scsi0;ide3" })), [
        `VM 9005 iso: is ${await now("ide3")}, wanted none,media=cdrom`,
      ]);
      await converge(settings({}, { boot: "order=scsi0" }));
      assert.equal(await now("ide3"), "none,media=cdrom");
      await restart();
      assert.equal(await now("boot"), "order=scsi0");
      await node.sh(`qm set ${vmid} --ide3 local:iso/a.iso,media=cdrom --boot order=scsi0`);
      // Proxmox VE starts from a new CD too, which is not what the entry says; the CD itself is somebody's.
      await converge(settings({}, { boot: "order=scsi0" }));
      assert.match(await now("ide3"), /a\.iso/);
      assert.equal(await pending(), "");
    });

    it("UEFI has its disk and a TPM its state: of what they were made with, which stays", async () => {
      const efiDisk = { storage: "local", options: "efitype=4m,pre-enrolled-keys=1" };
      const tpm = {
        interface: "tpmstate0",
        storage: "local",
        sizeGb: 0,
        options: "version=v2.0",
        destroyOnTeardown: true,
      };
      const values = { bios: "ovmf" };
      const both = settings({ efiDisk, disks: [tpm] }, values);
      await converge(both);
      assert.match(await pending(), /^efidisk0: .*efitype=4m.*pre-enrolled-keys=1/m);
      assert.match(await pending(), /^tpmstate0: .*version=v2.0/m);
      assert.match(
        (await stale({ bios: "ovmf", disks: { tpmstate0: "version=v2.0" } })).join(),
        /bios, disk tpmstate0/,
      );
      await restart();
      assert.equal(await pending(), "");
      assert.deepEqual(await converge(both), []);
      assert.deepEqual(await look(both), []);
      refused(
        await runVm(
          node,
          "configure",
          settings(
            { efiDisk: { ...efiDisk, options: "efitype=4m,pre-enrolled-keys=0" }, disks: [tpm] },
            values,
          ),
        ),
        /was made with pre-enrolled-keys=1, which cannot change to 0: correct efi_disk;/,
      );
      refused(
        await runVm(
          node,
          "configure",
          settings({ efiDisk, disks: [{ ...tpm, options: "version=v1.2" }] }, values),
        ),
        /the disk tpmstate0 of VM 9005 \(db\) was made with another version than v1.2, which cannot change: correct tpm;/,
      );
      const state = (await now("tpmstate0")).split(",")[0]!;
      await converge(settings({ efiDisk }, values));
      await restart();
      assert.match(await node.sh("pvesm list local"), new RegExp(state));
      await converge(both);
      await restart();
      assert.ok((await now("tpmstate0")).startsWith(state));
    });
  });
