import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { sambaConf } from "../../components/hypervisor/samba/conf/step";
import { planSamba } from "../../components/hypervisor/samba/plan";
import type { HypervisorConfig } from "../../config/hypervisor-schema";
import { sambaSpec } from "../../config/sharing";
import { Secret } from "../../plan/values";
import { recordProgram, settingsOf, waitsFor } from "./recorder";
import { register } from "./register";

const shares = [
  {
    name: "photos",
    path: "tank/media",
    options: "browseable=no read_only=yes create_mode=0640",
    valid_users: ["mira", "heads", "@staff"],
  },
  { name: "docs", path: "/srv/docs", options: "", valid_users: [] },
];
const spec = () =>
  sambaSpec({
    samba: { user: "heads", shares },
    users: { username: "mira" },
    zfs: { pools: [{ name: "tank" }], datasets: [{ pool: "tank", name: "media" }] },
    proxmox_storage_ids: {},
  } as unknown as HypervisorConfig) ?? assert.fail("no shares");

function samba() {
  const passwords = { heads: new Secret("correct horse"), mira: new Secret(pulumi.secret("battery staple")) };
  register({ parts: [planSamba("samba", { samba: spec(), passwords }, undefined, [])] });
}

test("server, users, folders, and the configuration when all of them are there", async () => {
  const program = await recordProgram(() => void samba());
  assert.deepEqual(program.names, [
    "samba",
    "samba-conf",
    "samba-folder-docs",
    "samba-folder-photos",
    "samba-server",
    "samba-user-heads",
    "samba-user-mira",
  ]);
  assert.deepEqual(waitsFor(program.find("samba-user-mira")), ["samba-server"]);
  assert.deepEqual(waitsFor(program.find("samba-folder-photos")), ["samba-user-heads"]);
  assert.deepEqual(waitsFor(program.find("samba-conf")), [
    "samba-folder-docs",
    "samba-folder-photos",
    "samba-user-heads",
    "samba-user-mira",
  ]);
  assert.deepEqual(settingsOf(program.find("samba-server")), {
    area: "samba",
    packages: ["samba", "samba-common-bin", "smbclient"],
    units: ["smbd", "nmbd"],
    rules: ["allow 137,138/udp", "allow 139,445/tcp"],
  });
  assert.deepEqual(settingsOf(program.find("samba-folder-photos")), {
    share: "photos",
    path: "/tank/media",
    dataset: "tank/media",
    owner: "heads",
  });
  assert.deepEqual(settingsOf(program.find("samba-folder-docs")), {
    share: "docs",
    path: "/srv/docs",
    owner: "heads",
  });
  assert.deepEqual(settingsOf(program.find("samba-conf")), { groups: ["staff"], ...sambaConf(spec()) });
});

test("a password is a secret, on standard input only; the administrator is made elsewhere", async () => {
  const program = await recordProgram(() => void samba());
  const settings = (name: string) => settingsOf(program.find(`samba-user-${name}`));
  assert.deepEqual(settings("heads"), {
    name: "heads",
    create: true,
    makes: ["user heads"],
    password: "correct horse",
  });
  assert.deepEqual(settings("mira"), {
    name: "mira",
    create: false,
    makes: ["user mira"],
    password: "battery staple",
  });
  for (const { name, inputs } of program.registered) {
    const others = Object.entries(inputs).filter(([key]) => key !== "stdin");
    assert.doesNotMatch(JSON.stringify(others), /correct horse|battery staple/, name);
  }
});

test("every step takes away what it made", async () => {
  const program = await recordProgram(() => void samba());
  for (const { name, inputs } of program.registered.filter(({ name }) => name !== "samba")) {
    assert.equal(typeof inputs.delete, "string", name);
    assert.doesNotMatch(String(inputs.create) + String(inputs.delete), /chown -R|chmod -R/, name);
  }
});

test("values of [global], and the shares: writable without a word, masks of the file's own kept", () => {
  const { globals, text } = sambaConf(spec());
  assert.deepEqual(globals, [
    ["workgroup", "WORKGROUP"],
    ["server string", "%h Proxmox Samba Server"],
    ["server role", "standalone server"],
    ["map to guest", "Bad User"],
    ["logging", "file"],
    ["log file", "/var/log/samba/log.%m"],
    ["max log size", "1000"],
  ]);
  assert.equal(
    text,
    `[docs]
   path = /srv/docs
   browseable = yes
   writable = yes
   guest ok = no
   valid users = heads
   create mask = 0770
   directory mask = 0770
   force create mode = 0770
   force directory mode = 0770

[photos]
   path = /tank/media
   browseable = no
   writable = no
   guest ok = no
   valid users = @staff heads mira
   force user = heads
   create mask = 0640
   directory mask = 0770
   force create mode = 0640
   force directory mode = 0770

# What follows the include line in smb.conf belongs to [global].
[global]`,
  );
});
