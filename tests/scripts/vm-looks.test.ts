import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Looked } from "./guest-looks";
import { Node, noLab, tag } from "./node";
import { imageUrl, runVm } from "./vm-node";

const vmid = 9003;
const image = { storage: "local", file: "phoenix-noble.qcow2", path: "/srv/noble.img" };

describe("looks at a machine: what somebody changed by hand is named, and put right", { skip: noLab }, () => {
  let node!: Node;
  before(async () => {
    node = await Node.prepared();
    await node.sh(`pvesm set local --content images,iso,vztmpl,backup,rootdir
      mkdir -p /var/lib/vz/import /srv && wget -q -O /srv/noble.img ${imageUrl}`);
  });
  after(() => node.stop());

  const alone = (step: string, settings: object) => new Looked(node, "vm", step, { tag, ...settings });
  const look = (step: string, settings: object = {}) => alone(step, { vmid, name: "web", ...settings });
  const set = (what: string) => `qm set ${vmid} ${what}`;

  it("what machines share: a storage's content, the agent's file, an image", async () => {
    await alone("storage-content", { storage: "local", content: ["import", "snippets"] }).holds([
      {
        by: "pvesm set local --content images,import,vztmpl",
        found: ["content of storage local: is images,import,vztmpl, wanted with snippets too"],
        did: ["storage local holds snippets too"],
      },
    ]);
    const snippet = "/var/lib/vz/snippets/phoenix-agent.yaml";
    await alone("snippets", { storage: "local" }).holds([
      { by: `echo more >>${snippet}`, found: [`${snippet}: is edited by hand, wanted as Phoenix wrote it`] },
      { by: `rm ${snippet}`, found: [`${snippet}: is missing, wanted as Phoenix wrote it`] },
    ]);
    await alone("image", image).holds([
      {
        by: "rm /var/lib/vz/import/phoenix-noble.qcow2",
        found: ["image local:import/phoenix-noble.qcow2: is missing, wanted a copy of /srv/noble.img"],
      },
      {
        by: "echo other >/var/lib/vz/import/phoenix-noble.qcow2",
        found: [
          "image local:import/phoenix-noble.qcow2: is another file of 6 bytes, wanted a copy of /srv/noble.img",
        ],
      },
    ]);
    await node.sh("mv /srv/noble.img /srv/away");
    assert.deepEqual(await alone("image", image).look(), []);
    await node.sh("mv /srv/away /srv/noble.img");
    assert.match(
      (await alone("image", { ...image, path: undefined, file: "no.qcow2" }).look())[0]!,
      /^image local:import\/no\.qcow2 does not exist/,
    );
  });

  const values = { cores: 2, memory: 1024, cpu: "x86-64-v2-AES", machine: "q35", bios: "seabios", agent: 1 };
  const inside = { ciuser: "ops", ipconfig0: "ip=10.0.0.60/24,gw=10.0.0.1", nameserver: "10.0.0.1" };
  const sshKeys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA ops@here"];
  const mac = "52:54:00:00:00:01";
  const passwordHash = "$6$salt$abcdefgh";
  const configure = {
    ...{ storage: "local", diskGb: 8, protect: true, absent: ["startup"], snippets: "local" },
    values: {
      ...values,
      name: "web",
      description: "Web: 100 %\n",
      onboot: 0,
      protection: 1,
      boot: "order=scsi0",
    },
    net0: { bridge: "vmbr0", tag: "7", mac },
    cloudInit: { values: inside, sshKeys, passwordHash },
  };

  it("its configuration, value by value", async () => {
    await node.sh(`qm create ${vmid} --name web --memory 512 --tags ${tag} --machine q35 --serial0 socket
      qm set ${vmid} --net0 virtio=52:54:00:00:00:01,bridge=vmbr0,firewall=1
      qm set ${vmid} --scsi0 local:0,import-from=local:import/phoenix-noble.qcow2,format=qcow2`);
    const is = (what: string, now: string, wanted: string) => `VM 9003 ${what}: is ${now}, wanted ${wanted}`;
    await look("configure", configure).holds([
      { by: set("--memory 512"), found: [is("memory_mb", "512", "1024")] },
      {
        by: set("--cores 1 --cpu host"),
        found: [is("cores", "1", "2"), is("cpu_type, cpu_flags", "host", "x86-64-v2-AES")],
      },
      { by: set("--machine pc"), found: [is("machine", "pc", "q35")] },
      { by: set("--bios ovmf"), found: [is("uefi", "true", "false")] },
      { by: set("--agent 0"), found: [is("agent", "false", "true")] },
      { by: set("--boot order=net0"), found: [is("boot_devices", "order=net0", "order=scsi0")] },
      { by: set("--name other"), found: [is("name", "other", "web")] },
      { by: set("--onboot 1"), found: [is("start_at_boot", "true", "false")] },
      { by: set("--protection 0"), found: [is("protect", "false", "true")] },
      { by: set("--startup order=1"), found: [is("boot_order, boot_delay", "order=1", "not set")] },
      { by: set("--description mine"), found: [is("description", "edited by hand", "as Phoenix wrote it")] },
      { by: set("--hostpci0 mapping=gpu"), found: [is("passthrough (hostpci0)", "mapping=gpu", "not set")] },
      {
        by: set("--net0 virtio=52:54:00:00:00:02,bridge=vmbr1"),
        found: [
          is("network_bridge", "vmbr1", "vmbr0"),
          is("mac_address", "52:54:00:00:00:02", mac),
          is("vlan", "not set", "7"),
        ],
      },
      { by: set("--ciuser root"), found: [is("cloud_init.user", "root", "ops")] },
      {
        by: set("--ipconfig0 ip=dhcp"),
        found: [is("cloud_init.ip, gateway", "ip=dhcp", "ip=10.0.0.60/24,gw=10.0.0.1")],
      },
      { by: set("--delete nameserver"), found: [is("cloud_init.dns_servers", "not set", "10.0.0.1")] },
      { by: set("--searchdomain lan"), found: [is("cloud_init.search_domain", "lan", "not set")] },
      { by: set("--delete sshkeys"), found: [is("cloud_init.ssh_keys", "another list", "its entry's")] },
      {
        by: `sed -i 's/^cipassword: .*/cipassword: other/' /etc/pve/qemu-server/${vmid}.conf`,
        found: [is("cloud_init.password_hash", "another one", "its entry's")],
      },
      {
        by: set("--delete cicustom"),
        found: [is("cloud-init snippets", "not set", "vendor=local:snippets/phoenix-agent.yaml")],
      },
      {
        by: `${set("--protection 0")}; ${set("--delete ide2")}`,
        found: [is("protect", "false", "true"), is("cloud-init drive (ide2)", "not set", "local:cloudinit")],
      },
    ]);
    await node.sh(set(`--tags '${tag};mine' --scsi1 local:1 --balloon 0`));
    assert.deepEqual(await look("configure", configure).look(), []);
    await node.sh(`qm disk resize ${vmid} scsi0 9G`);
    assert.deepEqual(await look("configure", configure).look(), [
      "the disk of VM 9003 (web) has 9G and cannot shrink to 8G: set disk_size_gb to 9 or more",
    ]);
  });

  const restartWhenChanged = {
    ...{
      ...values,
      boot: "order=scsi0",
      ...inside,
      sshKeys,
      mac,
      name: "web",
      snippets: "local",
      passwordHash,
    },
  };
  const start = { timeLimit: 30, agent: true, restartWhenChanged };
  const grown = { ...configure, diskGb: 9 };

  it("that it runs; what another step puts right and only a start applies is told with the restart", async () => {
    const step = look("start", start);
    await step.holds([
      { by: `qm stop ${vmid}`, found: ["VM 9003: is stopped, wanted running"], did: ["started VM 9003"] },
    ]);
    for (const [by, what] of [
      [`qm stop ${vmid}; ${set("--memory 700")}; qm start ${vmid}`, "memory"],
      [set("--name other"), "name"],
      [set("--ciuser root"), "ciuser"],
      [`qm stop ${vmid}; ${set("--agent 0")}; qm start ${vmid}`, "agent"],
    ] as const) {
      await node.sh(by);
      const found = await step.look();
      await look("configure", grown).converge();
      assert.deepEqual(
        found,
        [`VM 9003: is running without its wanted ${what}, wanted restarted with it`],
        by,
      );
      assert.deepEqual(await step.converge(), ["restarted VM 9003"], by);
      assert.deepEqual([...(await step.look()), ...(await look("configure", grown).look())], [], by);
    }
    // What only waits for the next stop is taken back: nothing restarts.
    await node.sh(set("--memory 700"));
    assert.deepEqual(await step.look(), []);
    await look("configure", grown).converge();
    assert.deepEqual(await step.converge(), []);
  });

  it("what was done inside it", async () => {
    const script = { step: "script-hello", file: "hello.sh", script: "true", seconds: 30, environment: {} };
    const hello = look("in-vm", script);
    const within = (command: string) => `qm guest exec ${vmid} -- sh -c '${command}' >/dev/null`;
    await hello.holds([
      {
        by: within("rm /var/lib/phoenix/steps/script-hello"),
        found: ["VM 9003 step script-hello: is not done in what the guest is now, wanted done"],
        did: ["VM 9003: ran hello.sh"],
      },
    ]);
    await node.sh(`qm stop ${vmid}`);
    assert.deepEqual(await look("in-vm", { ...script, script: "false" }).look(), []);
    assert.match(await node.sh(`qm status ${vmid}`), /stopped/);
  });

  it("its power", async () => {
    const power = { timeLimit: 30, agent: false, restartWhenChanged };
    await look("power", { ...power, state: "stopped" }).holds([
      {
        by: `qm start ${vmid}`,
        found: ["VM 9003 state: is running, wanted stopped"],
        did: ["shut down VM 9003"],
      },
      {
        by: `touch /var/lib/phoenix/guests/vm-${vmid}.running`,
        found: ["VM 9003 state: is noted as running on phoenix, wanted stopped"],
      },
    ]);
    assert.deepEqual(await look("start", start).look(), []);
    assert.deepEqual(await look("power", { ...power, state: "running" }).look(), [
      "VM 9003 state: is stopped, wanted running",
    ]);
  });

  it("its firewall: the file says exactly what the entry says, and is gone or as before afterwards", async () => {
    const file = `/etc/pve/firewall/${vmid}.fw`;
    await node.sh(`mkdir -p /etc/pve/firewall; echo '[OPTIONS]' >${file}`);
    const firewall = { enabled: true, rules: ["IN ACCEPT -p tcp -dport 80,443 # Web", "IN ACCEPT -p icmp"] };
    await look("firewall", firewall).holds([
      {
        by: `echo more >>${file}`,
        found: [`${file}: is edited by hand, wanted as Phoenix wrote it`],
        did: ["VM 9003: firewall on, 2 rules"],
      },
    ]);
    assert.equal(
      await node.sh(`cat ${file}`),
      "[OPTIONS]\n\nenable: 1\n\n[RULES]\n\nIN ACCEPT -p tcp -dport 80,443 # Web\nIN ACCEPT -p icmp\n",
    );
    const remove = () => runVm(node, "firewall-remove", { vmid, name: "web", tag });
    assert.deepEqual((await remove()).result, { changed: true, did: ["VM 9003: brought its firewall back"] });
    assert.equal(await node.sh(`cat ${file}`), "[OPTIONS]\n");
    await node.sh(`rm ${file}`);
    await look("firewall", { enabled: false, rules: [] }).holds([]);
    assert.deepEqual((await remove()).result, { changed: true, did: ["VM 9003: removed its firewall"] });
    assert.deepEqual((await remove()).result, { changed: false, did: [] });
    const card = { ...configure, diskGb: 9, net0: { ...configure.net0, firewall: "1" } };
    await look("configure", card).holds([
      {
        by: set(`--net0 virtio=${mac},bridge=vmbr0,tag=7`),
        found: ["VM 9003 firewall of the network card: is not set, wanted 1"],
      },
    ]);
  });

  it("its snapshots, and that it is a template", async () => {
    const conf = `/etc/pve/qemu-server/${vmid}.conf`;
    await node.sh(`${set("--protection 0")}; ${set("--delete scsi1")}`);
    await look("snapshot", { snapshot: "fresh" }).holds([
      {
        by: `qm delsnapshot ${vmid} fresh`,
        found: ["VM 9003 snapshot fresh: is missing, wanted there"],
        did: ["made snapshot 'fresh' of VM 9003"],
      },
      {
        by: `sed -i '/^\\[fresh\\]/a snapstate: prepare' ${conf}`,
        found: ["VM 9003 snapshot fresh: is cut off, wanted complete"],
      },
    ]);
    assert.deepEqual(await look("template", { timeLimit: 30 }).look(), [
      "VM 9003 is_template: is false, wanted true",
    ]);
  });

  it("one that somebody moved to another VMID is not made a second time", async () => {
    const claim = alone("claim", { vmid, name: "web", adopt: [], taken: [] });
    await claim.holds([]);
    const conf = "/etc/pve/qemu-server";
    await node.sh(
      `sed '/^\\[/,$d; /^parent/d' ${conf}/${vmid}.conf >/tmp/c; rm ${conf}/${vmid}.conf; cp /tmp/c ${conf}/9050.conf`,
    );
    const refusal =
      "VM 9003 (web) is VM 9050 now: somebody moved it. No other is made in its place. Give its entry the id 9050, or move it back; to have a new VM 9003 instead, take the tag phoenix-test from VM 9050 (qm set 9050 --tags ...)";
    assert.deepEqual(await claim.look(), [refusal]);
    await assert.rejects(claim.converge(), (error: Error) => error.message.includes(refusal));
    await node.sh("qm set 9050 --tags mine");
    assert.deepEqual(await claim.look(), []);
  });
});
