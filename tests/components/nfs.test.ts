import assert from "node:assert/strict";
import { test } from "node:test";
import { planNfs } from "../../components/hypervisor/nfs/plan";
import type { HypervisorConfig } from "../../config/hypervisor-schema";
import { nfsSpec } from "../../config/sharing";
import { recordProgram, settingsOf, waitsFor } from "./recorder";
import { register } from "./register";

/** As much of a configuration as the exports are made from. */
function config(exports: object[], network: object = {}): HypervisorConfig {
  return {
    nfs: { exports },
    network: { interfaces: { address: "10.0.0.13/24" }, ...network },
    zfs: { pools: [{ name: "tank" }], datasets: [{ pool: "tank", name: "media" }] },
    proxmox_storage_ids: {},
  } as unknown as HypervisorConfig;
}

const media = { path: "tank/media", clients: ["10.0.0.0/24"], options: ["rw", "no_root_squash"] };
const iso = {
  path: "/srv/iso/",
  clients: ["nas.lan", "192.0.2.7", "10.0.0.0/24"],
  options: ["sync", "subtree_check", "ro"],
};

function nfs(hypervisor: HypervisorConfig) {
  const plan = planNfs("nfs", nfsSpec(hypervisor) ?? assert.fail("no exports"), undefined, []);
  register({ parts: [plan.component] });
  return plan;
}

test("a server, then each export, then its storage, each with what the files say", async () => {
  const program = await recordProgram(() => void nfs(config([media, iso])));
  assert.deepEqual(program.names, [
    "nfs",
    "nfs-export-iso",
    "nfs-export-media",
    "nfs-server",
    "nfs-storage-nfs-iso",
    "nfs-storage-nfs-media",
  ]);
  assert.deepEqual(waitsFor(program.find("nfs-export-iso")), ["nfs-server"]);
  assert.deepEqual(waitsFor(program.find("nfs-storage-nfs-iso")), ["nfs-export-iso"]);
  assert.deepEqual(settingsOf(program.find("nfs-server")), {
    area: "nfs",
    packages: ["nfs-kernel-server", "nfs-common"],
    units: ["nfs-server"],
    rules: ["10.0.0.0/24", "192.0.2.7"].flatMap((source) => [
      `allow from ${source} to any port 2049 proto tcp`,
      `allow from ${source} to any port 111 proto tcp`,
    ]),
    makes: ["storage nfs-iso", "storage nfs-media"],
  });
  assert.deepEqual(settingsOf(program.find("nfs-export-media")), {
    makes: ["storage nfs-media"],
    name: "media",
    path: "/tank/media",
    dataset: "tank/media",
    clients: ["10.0.0.0/24"],
    options: ["no_root_squash", "no_subtree_check", "rw"],
  });
  assert.deepEqual(settingsOf(program.find("nfs-export-iso")), {
    makes: ["storage nfs-iso"],
    name: "iso",
    path: "/srv/iso",
    clients: ["10.0.0.0/24", "192.0.2.7", "nas.lan"],
    options: ["ro", "subtree_check", "sync"],
  });
  assert.deepEqual(settingsOf(program.find("nfs-storage-nfs-media")), {
    makes: ["storage nfs-media"],
    id: "nfs-media",
    server: "10.0.0.13",
    path: "/tank/media",
    content: ["backup", "images", "iso", "snippets", "vztmpl"],
    options: "vers=4,soft,timeo=30,retrans=3",
  });
});

test("every step takes away what it made, and no script deletes what is in a folder", async () => {
  const program = await recordProgram(() => void nfs(config([media, iso])));
  for (const { name, inputs } of program.registered.filter(({ name }) => name !== "nfs")) {
    assert.equal(typeof inputs.delete, "string", name);
    assert.doesNotMatch(
      String(inputs.create) + String(inputs.delete),
      /rm -rf? [^"]*\$path|chown -R|chmod -R/,
      name,
    );
  }
});

test("order and repetition of clients and options make no difference", async () => {
  const turned = {
    ...iso,
    clients: [...iso.clients, "nas.lan"].reverse(),
    options: [...iso.options].reverse(),
  };
  const [one, other] = [
    await recordProgram(() => void nfs(config([iso]))),
    await recordProgram(() => void nfs(config([turned]))),
  ];
  assert.deepEqual(settingsOf(one.find("nfs-export-iso")), settingsOf(other.find("nfs-export-iso")));
});

test("the server's own address and the subnet of the firewall, when the files name them", async () => {
  const network = { nfs_server: "10.1.0.2", default_subnet: "10.1.0.0/16" };
  const program = await recordProgram(
    () => void nfs(config([{ ...media, clients: ["10.1.0.2", "10.1.9.9"] }], network)),
  );
  const { rules } = settingsOf(program.find("nfs-server")) as { rules: string[] };
  assert.deepEqual(rules, [
    "allow from 10.1.0.0/16 to any port 2049 proto tcp",
    "allow from 10.1.0.0/16 to any port 111 proto tcp",
  ]);
  assert.equal((settingsOf(program.find("nfs-storage-nfs-media")) as { server: string }).server, "10.1.0.2");
});

test("the firewall lets clients with an IPv6 address through, and names none that has a name only", async () => {
  const clients = ["2001:db8::/64", "nas.lan", "10.0.0.7"];
  const program = await recordProgram(() => void nfs(config([{ ...media, clients }])));
  const { rules } = settingsOf(program.find("nfs-server")) as { rules: string[] };
  assert.deepEqual(rules, [
    "allow from 10.0.0.0/24 to any port 2049 proto tcp",
    "allow from 10.0.0.0/24 to any port 111 proto tcp",
    "allow from 2001:db8::/64 to any port 2049 proto tcp",
    "allow from 2001:db8::/64 to any port 111 proto tcp",
  ]);
});

test("the storage of an export can be waited for", async () => {
  await recordProgram(() => {
    const area = nfs(config([media]));
    assert.deepEqual([...area.storages], [["nfs-media", "nfs-storage-nfs-media"]]);
  });
});

test("an export that leaves out the node is exported, and no storage of it", async () => {
  const program = await recordProgram(() => {
    assert.deepEqual([...nfs(config([{ ...media, clients: ["10.0.0.7"] }])).storages], []);
  });
  assert.deepEqual(
    program.registered.map(({ name }) => name).filter((name) => name !== "nfs"),
    ["nfs-server", "nfs-export-media"],
  );
});

test("no exports, no server", () => assert.equal(nfsSpec(config([])), undefined));
