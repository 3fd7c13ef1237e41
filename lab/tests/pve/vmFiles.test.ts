// Files of virtual machines: images in the format qcow2, and what cloud-init's drive says of the network.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { readNetwork } from "../../host/pve/vm/cloudinit/network";
import { networkConfig, userData } from "../../host/pve/vm/cloudinit/generate";
import { emptySection } from "../../host/pve/config/guest-file";
import { readQcow2, resizeQcow2, writeQcow2 } from "../../host/pve/storage/qcow2";
import { fakeHost } from "./fakeHost";

const GIB = 1024 ** 3;

test("an image's header holds its size, its backing file and what a cloud image stands for", () => {
  const folder = mkdtempSync(join(tmpdir(), "qcow2-"));
  try {
    const file = join(folder, "a.qcow2");
    writeQcow2(file, {
      size: 3.5 * GIB,
      backing: "../171/base-171-disk-0.raw",
      seed: '{"codename":"noble"}',
    });
    assert.deepEqual(readQcow2(file), {
      size: 3.5 * GIB,
      backing: "../171/base-171-disk-0.raw",
      seed: '{"codename":"noble"}',
    });
    resizeQcow2(file, 40 * GIB);
    assert.equal(readQcow2(file)?.size, 40 * GIB);
    writeQcow2(join(folder, "b.qcow2"), { size: GIB });
    assert.deepEqual(readQcow2(join(folder, "b.qcow2")), { size: GIB });
    writeFileSync(join(folder, "raw"), Buffer.alloc(4096));
    assert.equal(readQcow2(join(folder, "raw")), undefined);
    assert.equal(readQcow2(join(folder, "none")), undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the drive's texts are those that Proxmox VE generates", () => {
  const fake = fakeHost();
  try {
    fake.write("/etc/resolv.conf", "search lab.test\nnameserver 10.0.0.1\n");
    const values = {
      name: "web",
      ciuser: "root",
      cipassword: "$5$x$y",
      sshkeys: "ssh-ed25519%20AAAA%20a%0Assh-ed25519%20BBBB%20b%0A",
      ciupgrade: "0",
      net0: "virtio=BC:24:11:00:00:01,bridge=vmbr0",
      ipconfig0: "ip=10.1.2.3/20,gw=10.1.0.1,ip6=auto",
      net1: "virtio=BC:24:11:00:00:02,bridge=vmbr1",
      nameserver: "1.1.1.1 9.9.9.9",
    };
    const config = { ...emptySection(), values };
    assert.equal(
      userData(9000, config, true),
      "#cloud-config\nhostname: web\nmanage_etc_hosts: true\nfqdn: web\nuser: root\ndisable_root: False\n" +
        "password: **********\nssh_authorized_keys:\n  - ssh-ed25519 AAAA a\n  - ssh-ed25519 BBBB b\n" +
        "chpasswd:\n  expire: False\n",
    );
    const text = networkConfig(fake.host, config);
    assert.equal(
      text,
      "version: 1\nconfig:\n    - type: physical\n      name: eth0\n      mac_address: 'bc:24:11:00:00:01'\n" +
        "      subnets:\n      - type: static\n        address: '10.1.2.3'\n        netmask: '255.255.240.0'\n" +
        "        gateway: '10.1.0.1'\n      - type: ipv6_slaac\n    - type: nameserver\n      address:\n" +
        "      - '1.1.1.1'\n      - '9.9.9.9'\n      search:\n      - 'lab.test'\n",
    );
    assert.deepEqual(readNetwork(text), {
      cards: [
        {
          name: "eth0",
          mac: "bc:24:11:00:00:01",
          dhcp: false,
          address: "10.1.2.3/20",
          gateway: "10.1.0.1",
        },
      ],
      servers: ["1.1.1.1", "9.9.9.9"],
      search: ["lab.test"],
    });
  } finally {
    fake.remove();
  }
});

test("a network configuration of version 2 is read as netplan reads it", () => {
  const text = `network:
  version: 2
  ethernets:
    any:
      match: { macaddress: "BC:24:11:00:00:03" }
      set-name: lan0
      addresses: [10.0.0.5/24, "fd00::5/64"]
      routes: [{ to: default, via: 10.0.0.1 }]
      nameservers: { addresses: [10.0.0.1], search: [lab.test] }
    ens19: { dhcp4: yes }
`;
  assert.deepEqual(readNetwork(text), {
    cards: [
      { name: "lan0", mac: "bc:24:11:00:00:03", dhcp: false, address: "10.0.0.5/24", gateway: "10.0.0.1" },
      { name: "ens19", mac: "", dhcp: true },
    ],
    servers: ["10.0.0.1"],
    search: ["lab.test"],
  });
});
