import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { latestLog, stepsOf } from "../helpers/steps";
import { noLab } from "../scripts/node";

type Entry = Record<string, unknown>;

const template = "debian-12-standard_12.12-1_amd64.tar.zst";
const net = (id: number) =>
  `--net0 name=eth0,bridge=vmbr0,ip=10.0.0.${id}/24,gw=10.0.0.1,hwaddr=BC:24:11:00:00:${id - 50}`;

/** A node that somebody filled by hand: six containers and two machines that can be adopted, one that cannot. */
const BY_HAND = [
  `pveam update >/dev/null; pveam download local ${template} >/dev/null`,
  `pct create 105 local:vztmpl/${template} --hostname web --rootfs local-lvm:10 --memory 1024 --swap 256 --cores 2 ` +
    `--unprivileged 1 --features nesting=1,keyctl=1 --onboot 1 --startup order=2,up=5,down=5 --description 'The web.' ${net(105)}`,
  `pct create 106 local:vztmpl/${template} --hostname db --rootfs local-lvm:12 --memory 2048 --cores 1 ` +
    `--unprivileged 0 --nameserver 10.0.0.53 --tags by-hand --mp0 local-lvm:4,mp=/var/lib/db ${net(106)}`,
  `pct create 107 local:vztmpl/${template} --hostname raw --rootfs local-lvm:10 --memory 512 --cores 1 --unprivileged 1 ${net(107)}`,
  `printf 'lxc.mount.auto: sys:ro\\n' >>/etc/pve/lxc/107.conf`,
  `pct create 108 local:vztmpl/${template} --hostname kept --rootfs local-lvm:10 --memory 512 --cores 1 --unprivileged 1 --protection 1 ${net(108)}`,
  `pct create 109 local:vztmpl/${template} --hostname off --rootfs local-lvm:10 --memory 512 --cores 1 --unprivileged 1 ${net(109)}`,
  `pct create 110 local:vztmpl/${template} --hostname base --rootfs local-lvm:10 --memory 512 --cores 1 --unprivileged 1 --net0 name=eth0,bridge=vmbr0,ip=dhcp`,
  "pct template 110 && pveum pool add theirs && mknod -m 660 /dev/serial0 c 188 0",
  `pct create 111 local:vztmpl/${template} --hostname rich --memory 512 --cores 1 --unprivileged 1 --pool theirs ` +
    `--rootfs 'local-lvm:10,acl=1,mountoptions=noatime' --mp0 'local-lvm:4,mp=/srv/data,backup=1,mountoptions=nodev;noexec' ` +
    `--tags 'by-hand;web' --cpulimit 1.5 --cpuunits 200 --nameserver '10.0.0.53 10.0.0.54' --searchdomain lab.example ` +
    `--timezone Europe/Berlin --tty 4 --cmode shell --console 0 --dev0 /dev/serial0,mode=0666 ` +
    `--net0 name=eth0,bridge=vmbr0,ip=dhcp,ip6=auto,hwaddr=BC:24:11:00:01:11,mtu=1400 ` +
    `--net1 name=eth1,bridge=vmbr0,ip=10.0.0.211/24,tag=7,rate=5,firewall=1,hwaddr=BC:24:11:00:01:12`,
  `qm create 200 --name desk --memory 2048 --cores 2 --machine q35 --agent 1 --scsihw virtio-scsi-single ` +
    `--net0 virtio=BC:24:11:00:02:00,bridge=vmbr0 --scsi0 local-lvm:20 --boot order=scsi0 --ostype l26`,
  `qm create 201 --name old --memory 1024 --sockets 2 --cores 1 --net0 virtio=BC:24:11:00:02:01,bridge=vmbr0,tag=7 --scsi0 local-lvm:10`,
  `for id in 105 106 107 111; do pct start $id; done`,
].join(" && ");

describe("adopt", { skip: noLab }, () => {
  let stack: LabStack;
  let before_: string;
  const file = (name: string) => stack.project.path("environments", "found", name);
  const read = (name: string) => JSON.parse(readFileSync(file(name), "utf8")) as Entry;

  /** All that makes the guests what they are, and what else a run would leave on the node. */
  const node = async () =>
    stack.host(
      "bash",
      "-c",
      "cd /etc/pve && find . -type f ! -path './.*' | sort | xargs sha256sum; pct list; qm list; pvesm list local-lvm; " +
        "pct exec 105 -- cat /proc/1/stat | cut -d ' ' -f 22; ls -d /var/lib/phoenix /var/log/phoenix_hypervisor 2>&1; true",
    );

  before(async () => {
    stack = new LabStack(new Project(), "found");
    await stack.start();
    await stack.host("bash", "-c", BY_HAND);
    await stack.done("init", "--lab");
    before_ = await node();
  });
  after(() => stack.stop());

  test("it takes in what entries can say, lists the rest, and changes nothing on the node", async () => {
    const { code, stderr } = await stack.phoenix("adopt", "--yes");
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^8 of 9 guests of node phoenix go into /m);
    for (const line of [
      `    not in its entry, stays as it is: which template it was made from (local:vztmpl/${template} is named)`,
    ]) {
      assert.ok(stderr.split("\n").includes(line), `${line}\n${stderr}`);
    }
    // All else of the containers is said.
    assert.doesNotMatch(stderr, /as it is: (nameserver|tags?|mp0|net[01]|dev0|rootfs|[a-z]+limit)\b/);
    assert.match(stderr, /^ {2}CT 110 base: left out, its entry cannot say it: it is a template$/m);
    // The host's areas too, of which nothing is taken over.
    assert.match(
      stderr,
      /^The host itself differs from the file in \d+ steps; an up with phoenix:hostSetup true would change:$/m,
    );
    assert.match(stderr, /^ {2}host-setup-firewall\n {4}\S/m);
    assert.equal(await node(), before_);
  });

  test("the entries are what the node has", () => {
    const { lxc_configs } = read("phoenix_lxc_configs.json") as { lxc_configs: Record<string, Entry> };
    assert.deepEqual(Object.keys(lxc_configs), ["105", "106", "107", "108", "109", "111"]);
    assert.deepEqual(lxc_configs["105"], {
      name: "web",
      description: "The web.",
      template: `local:vztmpl/${template}`,
      ...{ memory_mb: 1024, swap_mb: 256, cores: 2, storage_pool: "local-lvm", storage_size_gb: 10 },
      network_config: { name: "eth0", bridge: "vmbr0", ip: "10.0.0.105/24", gw: "10.0.0.1" },
      mac_address: "BC:24:11:00:00:55",
      ...{ unprivileged: true, start_at_boot: true, boot_order: 2, boot_delay: 5 },
      pct_options: ["nesting=1", "keyctl=1"],
    });
    assert.deepEqual(lxc_configs["107"]!.lxc_options, ["lxc.mount.auto: sys:ro"]);
    assert.deepEqual(
      [lxc_configs["108"]!.protect, lxc_configs["108"]!.state, lxc_configs["106"]!.unprivileged],
      [true, "stopped", false],
    );
    assert.deepEqual(lxc_configs["106"]!.volumes, [
      { name: "mp0", pool: "local-lvm", size_gb: 4, mount_point: "/var/lib/db" },
    ]);
    assert.deepEqual(lxc_configs["111"], {
      name: "rich",
      template: `local:vztmpl/${template}`,
      ...{ memory_mb: 512, swap_mb: 512, cores: 1, storage_pool: "local-lvm", storage_size_gb: 10 },
      rootfs: { acl: true, mountoptions: ["noatime"] },
      ...{ pool: "theirs", tags: ["by-hand", "web"], cpulimit: 1.5, cpuunits: 200 },
      ...{ nameserver: ["10.0.0.53", "10.0.0.54"], searchdomain: "lab.example", timezone: "Europe/Berlin" },
      ...{ tty: 4, cmode: "shell", console: false },
      network_config: { name: "eth0", bridge: "vmbr0", ip: "dhcp", ip6: "auto", mtu: 1400 },
      mac_address: "BC:24:11:00:01:11",
      networks: [
        {
          ...{ name: "eth1", bridge: "vmbr0", ip: "10.0.0.211/24", vlan: 7, rate: 5 },
          ...{ mac_address: "BC:24:11:00:01:12", firewall: true },
        },
      ],
      devices: [{ path: "/dev/serial0", mode: "0666" }],
      volumes: [
        {
          ...{ name: "mp0", pool: "local-lvm", size_gb: 4, mount_point: "/srv/data", backup: true },
          mountoptions: ["nodev", "noexec"],
        },
      ],
      ...{ unprivileged: true, start_at_boot: false },
    });
    const { vms, proxmox_defaults } = read("phoenix_hypervisor_config.json") as {
      vms: Entry[];
      proxmox_defaults: Entry;
    };
    assert.deepEqual(proxmox_defaults, { lxc: { features: "" } });
    const [desk, old] = vms;
    assert.deepEqual(desk, {
      ...{ name: "desk", vmid: 200, template: "debian-13", memory_mb: 2048, cores: 2 },
      ...{ storage_pool: "local-lvm", disk_size_gb: 20, network_bridge: "vmbr0" },
      mac_address: "BC:24:11:00:02:00",
      ...{
        machine: "q35",
        uefi: false,
        boot_devices: ["scsi0"],
        agent: true,
        state: "stopped",
        start_at_boot: false,
        cpu_type: "kvm64",
      },
    });
    assert.deepEqual(
      [old!.cores, old!.sockets, old!.vlan, old!.machine, old!.agent],
      [1, 2, 7, "i440fx", false],
    );
    const { config } = parse(readFileSync(stack.project.path("Pulumi.found.yaml"), "utf8")) as {
      config: Entry;
    };
    assert.deepEqual(Object.keys(config["phoenix:adopted"] as object), [
      "105",
      "106",
      "107",
      "108",
      "109",
      "111",
      "200",
      "201",
    ]);
    assert.equal(String(config["phoenix:hostSetup"]), "false");
  });

  test("the following preview and up show no change, and a second adopt finds nothing new", async () => {
    const preview = await stack.phoenix("preview", "--expect-no-changes");
    assert.equal(preview.code, 0, preview.stdout + preview.stderr);
    const up = await stack.phoenix("up", "--yes", "--expect-no-changes");
    assert.equal(up.code, 0, up.stdout + up.stderr);
    const again = await stack.phoenix("adopt", "--yes");
    assert.match(again.stderr, /^0 of 1 guests of node phoenix go into /m);
    assert.deepEqual([again.code, await node()], [0, before_]);
    const taken = await stack.phoenix("adopt", "105", "--yes");
    assert.deepEqual(
      [taken.code, taken.stderr.trimEnd().split("\n").at(-1)],
      [2, "105: in the stack or its files already. Nothing was changed."],
    );
    const settings = readFileSync(stack.project.path("Pulumi.found.yaml"), "utf8");
    for (const [guest, onNode] of [
      [
        "105",
        "CT 105 web is left as it was adopted until its entry changes. Nothing was changed.\nDo it on the node (pct shutdown 105)",
      ],
      [
        "desk",
        "VM 200 desk is left as it was adopted until its entry changes. Nothing was changed.\nDo it on the node (qm shutdown 200)",
      ],
    ] as const) {
      const stopped = await stack.phoenix("stop", guest);
      const remedy = ", or set state in its entry and run `phoenix up`.\n";
      assert.deepEqual([stopped.code, stopped.stderr], [1, `${onNode}${remedy}`]);
    }
    assert.equal(readFileSync(stack.project.path("Pulumi.found.yaml"), "utf8"), settings);
  });

  test("one whose entry is taken out is not removed unasked", async () => {
    const document = read("phoenix_lxc_configs.json") as { lxc_configs: Record<string, Entry> };
    const { "109": entry } = document.lxc_configs;
    delete document.lxc_configs["109"];
    writeFileSync(file("phoenix_lxc_configs.json"), JSON.stringify(document, null, 2));
    const refused = await stack.phoenix("up", "--yes");
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^CT 109 off is in stack found and no longer in \S+: `phoenix up --yes` removes no guest\. Nothing was changed\.$/m,
    );
    assert.equal(await node(), before_);
    const line = "bin/phoenix up --stack found --engine lab";
    const { child, finished } = stack.project.start("timeout", ["120", "script", "-qefc", line, "/dev/null"]);
    let said = "";
    child.stdout.on("data", (data: Buffer) => {
      said += data.toString();
      if (!/\[yes\/(details\/)?no\] [^\n]*$/.test(said)) return;
      said = "";
      child.stdin.write("yes\n");
    });
    const { stdout } = await finished;
    assert.match(stdout, /CT 109 off is in stack found and no longer in .*Remove it with its root disk/s);
    assert.equal((await stack.guests())["109"], undefined, stdout);
    assert.equal((await stack.guests())["110"], "stopped");
    assert.ok(entry);
  });

  test("from its first change on, a guest is converged like any other, and the others stay as they are", async () => {
    const document = read("phoenix_lxc_configs.json") as { lxc_configs: Record<string, Entry> };
    document.lxc_configs["105"]!.memory_mb = 1536;
    writeFileSync(file("phoenix_lxc_configs.json"), JSON.stringify(document, null, 2));
    await stack.done("up", "--yes");
    const conf = await stack.host("cat", "/etc/pve/lxc/105.conf");
    assert.match(conf, /^memory: 1536$/m);
    assert.match(conf, /^tags: (.*;)?phoenix-found(;|$)/m);
    const steps = stepsOf(latestLog(stack.project, "found", "up"));
    const names = [...steps.keys()].filter((name) => !/^(guests-template-|default_)/.test(name));
    assert.deepEqual(names.sort(), [
      "ct-105-claim",
      "ct-105-configure",
      "ct-105-define",
      "ct-105-idmap",
      "ct-105-made-guard",
      "ct-105-mounts",
      "ct-105-start",
      "host-prepare",
    ]);
    assert.equal(steps.get("ct-105-define")?.operation, "update");
    assert.equal((await stack.guests())["105"], "running");
    const again = await stack.phoenix("up", "--yes", "--expect-no-changes");
    assert.equal(again.code, 0, again.stdout + again.stderr);
  });

  test("with its first change, nothing else of one that has every key is another one", async () => {
    const lines = async () =>
      (await stack.host("sed", "/^\\[/,$d; /^#/d", "/etc/pve/lxc/111.conf"))
        .split("\n")
        .filter((line) => !/^(memory|tags):/.test(line));
    const started = () =>
      stack.host(
        "bash",
        "-c",
        "pct exec 111 -- cat /proc/1/stat | cut -d ' ' -f 22; grep ^pool: /etc/pve/user.cfg",
      );
    const [before, since] = [await lines(), await started()];
    const document = read("phoenix_lxc_configs.json") as { lxc_configs: Record<string, Entry> };
    document.lxc_configs["111"]!.memory_mb = 1024;
    writeFileSync(file("phoenix_lxc_configs.json"), JSON.stringify(document, null, 2));
    await stack.done("up", "--yes");
    assert.deepEqual(await lines(), before);
    assert.equal(await started(), since, "it was not restarted, and is in its pool");
    assert.match(
      await stack.host("cat", "/etc/pve/lxc/111.conf"),
      /^tags: by-hand;phoenix-found(;phoenix-found\+\w+)?;web$/m,
    );
    const again = await stack.phoenix("up", "--yes", "--expect-no-changes");
    assert.equal(again.code, 0, again.stdout + again.stderr);
  });
});
