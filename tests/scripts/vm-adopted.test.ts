/* A machine that somebody made by hand: its entry says all of it, and the step configure finds nothing to do but its notes. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { entryOf } from "../../cli/adopt/entries";
import type { Survey } from "../../cli/survey";
import { configureStep } from "../../components/vm/configure/step";
import { check } from "../config/samples";
import { Node, noLab, tag } from "./node";
import { machine, makeMachine } from "./vm-configured";
import { runVm } from "./vm-node";

const vmid = 9005;

for (const release of [8, 9] as const)
  describe(`a machine made by hand on Proxmox VE ${release}`, { skip: noLab }, () => {
    let node!: Node;
    let settings!: Parameters<ReturnType<typeof machine>["look"]>[0];
    before(async () => {
      node = await Node.prepared({ release });
      await makeMachine(
        node,
        vmid,
        `--cpu 'host,flags=+aes;-pcid' --sockets 2 --cores 2 --numa 1 --cpulimit 1.5 --cpuunits 200 --balloon 256 \
         --bios ovmf --efidisk0 disks:1,efitype=4m,pre-enrolled-keys=1 --tpmstate0 disks:1,version=v2.0 \
         --vga virtio,memory=64 --serial1 socket --usb0 host=10c4:ea60,usb3=1 --agent 1 \
         --net1 e1000=52:54:00:AA:BB:01,bridge=vmbr0,tag=7,rate=10,firewall=1 --ipconfig0 ip=10.0.0.5/24,gw=10.0.0.1 \
         --ipconfig1 ip=10.1.0.5/24,ip6=auto --ciuser me --nameserver '10.0.0.1 10.0.0.2' --searchdomain lab.test \
         --scsi1 disks:2,aio=threads,backup=0,cache=writeback,discard=on,iothread=1,ssd=1 --virtio3 disks:1`,
      );
      await node.sh(
        `echo x >/var/lib/vz/template/iso/x.iso; qm set ${vmid} --tags '${tag};web' --ide3 local:iso/x.iso,media=cdrom; qm stop ${vmid}; qm start ${vmid}`,
      );
    });
    after(() => node.stop());

    it("has an entry with every key", async () => {
      const conf = (await node.sh(`cat /etc/pve/qemu-server/${vmid}.conf`)).split("\n");
      const survey = { templates: [], storages: [] } as unknown as Survey;
      const found = entryOf({ kind: "qemu", id: vmid, running: true, conf }, survey);
      assert.ok("entry" in found, JSON.stringify(found));
      const { mac_address: mac, ...entry } = found.entry;
      assert.match(String(mac), /^BC:24:11/);
      assert.deepEqual(entry, {
        ...{
          name: "db",
          vmid,
          template: "debian-13",
          memory_mb: 512,
          cores: 2,
          storage_pool: "disks",
          disk_size_gb: 1,
        },
        ...{ machine: "q35", uefi: true, boot_devices: ["scsi0", "ide3"], agent: true, state: "running" },
        ...{ start_at_boot: false, cpu_type: "host", cpu_flags: ["+aes", "-pcid"], sockets: 2, numa: true },
        ...{ cpulimit: 1.5, cpuunits: 200, balloon_mb: 256, tags: ["web"], network_bridge: "vmbr0" },
        networks: [
          {
            ...{ interface: "net1", bridge: "vmbr0", model: "e1000", vlan: 7, rate: 10 },
            ...{ mac_address: "52:54:00:AA:BB:01", ip: "10.1.0.5/24", ip6: "auto", firewall: true },
          },
        ],
        cloud_init: {
          ...{ user: "me", ip: "10.0.0.5/24", gateway: "10.0.0.1", dns_servers: ["10.0.0.1", "10.0.0.2"] },
          search_domain: "lab.test",
        },
        efi_disk: { type: "4m", pre_enrolled_keys: true, storage_pool: "disks" },
        tpm: { version: "v2.0", storage_pool: "disks" },
        vga: { type: "virtio", memory_mb: 64 },
        ...{
          serial: ["socket", "socket"],
          usb: [{ device: "10c4:ea60", usb3: true }],
          iso: "local:iso/x.iso",
        },
        disks: [
          {
            ...{ interface: "scsi1", size_gb: 2, storage_pool: "disks", aio: "threads", backup: false },
            ...{ cache: "writeback", discard: true, iothread: true, ssd: true },
          },
          { interface: "virtio3", size_gb: 1, storage_pool: "disks" },
        ],
      });
      assert.deepEqual(found.left, [
        "which image it was made from (debian-13 is named)",
        "ide2: disks:9005/vm-9005-cloudinit.qcow2,media=cdrom",
        "ostype: l26",
        "scsihw: virtio-scsi-single",
      ]);
      const { estate } = check((host: { vms: unknown[] }) => {
        host.vms = [{ ...found.entry, disk_size_gb: 10, memory_mb: 512, snippets_storage: "local" }];
      });
      const spec = { ...estate!.vms[0]!, diskGb: 1 };
      settings = configureStep({ vmid, name: "db", tag }, spec, "lab").settings as unknown as typeof settings;
    });

    it("is found as the entry has it, and stays so", async () => {
      const { look } = machine(() => node, vmid);
      const ours = [
        "VM 9005 cloud-init snippets: is not set, wanted vendor=local:snippets/phoenix-agent.yaml",
        "VM 9005 description: is edited by hand, wanted as Phoenix wrote it",
      ];
      assert.deepEqual((await look(settings)).sort(), ours);
      const { code, stderr, result } = await runVm(node, "configure", settings);
      assert.equal(code, 0, stderr);
      assert.deepEqual(
        result!.did.filter((text) => !/description|cicustom|snippets/.test(text)),
        [],
      );
      assert.deepEqual(await look(settings), []);
    });
  });
