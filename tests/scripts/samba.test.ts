import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { sambaConf } from "../../components/hypervisor/samba/conf/step";
import { loadEstate } from "../../config";
import { noLab } from "./node";
import { samba, ShareNode } from "./shareNode";

const conf = "/etc/samba/smb.conf";
const ours = "/etc/samba/phoenix.conf";
const include = `   include = ${ours}\n`;
const without = `${conf}: is with 0 lines 'include = ${ours}', wanted with one`;
const shared = (share: string, path: string) =>
  sambaConf({
    owner: "heads",
    users: [],
    shares: [{ name: share, path, validUsers: ["heads"], options: { "guest ok": "no" } }],
  });
/** Our file, without the values of [global] that somebody else has set. */
const fileOf = ({ globals, text }: ReturnType<typeof sambaConf>, without: string[] = []) =>
  [
    "# Written by Phoenix from samba.shares; changes here are lost.",
    "[global]",
    ...globals.filter(([key]) => !without.includes(key)).map(([key, value]) => `   ${key} = ${value}`),
    "",
    text,
    "",
  ].join("\n");

describe("Samba: converge, again, verify, break, repair, remove", { skip: noLab }, () => {
  let node!: ShareNode;
  let before_ = "";
  before(async () => {
    node = await ShareNode.start("media");
    await node.sh("rm -f /usr/sbin/ufw; touch /tank/media/file; chown 4711 /tank/media/file");
    before_ = (await node.files(conf))[conf] ?? "";
    assert.match(before_, /^\[global\]$/m);
  });
  after(() => node.stop());

  it("the servers are installed, enabled and running", async () => {
    await node.converge(
      samba.server(),
      ["installed samba samba-common-bin"],
      [
        "package samba: is missing, wanted installed",
        "package samba-common-bin: is missing, wanted installed",
        "service smbd: is disabled, wanted enabled",
        "service smbd: is stopped, wanted running",
        "service nmbd: is disabled, wanted enabled",
        "service nmbd: is stopped, wanted running",
      ],
    );
    assert.equal(await node.sh("systemctl is-active smbd nmbd"), "active\nactive\n");
  });

  it("a user without login, with a password that connects", async () => {
    await node.converge(
      samba.user("heads", "correct horse"),
      ["created user heads", "set the Samba password of heads"],
      ["user heads: is missing, wanted there"],
    );
    assert.match(await node.sh("getent passwd heads"), /:\/nonexistent:\/usr\/sbin\/nologin\n$/);
    assert.match(await node.sh("smbclient -L localhost -U 'heads%correct horse'"), /Sharename/);
  });

  it("a new password, one that somebody changed, a user that somebody disabled", async () => {
    const user = samba.user("heads", "battery staple");
    const set = ["set the Samba password of heads"];
    const found = (now: string) => [
      `Samba user heads: is ${now}, wanted there with the password of the settings`,
    ];
    const wrong = found("changed by hand");
    await node.converge(user, set, wrong);
    assert.match(await node.sh("smbclient -L localhost -U 'heads%correct horse' || true"), /LOGON_FAILURE/);
    await node.sh(`printf 'other\\nother\\n' | smbpasswd -s heads`);
    await node.converge(user, set, wrong);
    await node.sh("smbpasswd -d heads");
    await node.converge(user, set, wrong);
    await node.sh("smbclient -L localhost -U 'heads%battery staple'");
    await node.sh("smbpasswd -x heads");
    await node.converge(user, set, found("missing"));
  });

  it("no password is anywhere on the node, and none in what a step answers", async () => {
    const found = await node.exec("grep -rlE 'battery staple|correct horse' /etc /var/lib /var/log /tmp");
    assert.equal(found.stdout, "");
    const { stderr, result } = await node.up(samba.user("heads", "another secret"));
    assert.doesNotMatch(stderr + JSON.stringify(result), /another secret/);
    assert.equal(await node.sh("stat -c %a /var/lib/phoenix/samba/passwords/heads"), "600\n");
  });

  it("what smbpasswd says of a password that it refuses, without the password", async () => {
    const standIn = "/usr/local/sbin/smbpasswd";
    await node.sh(
      `printf '#!/bin/sh\\necho "third secret is too short" >&2; exit 1' >${standIn}; chmod 755 ${standIn}`,
    );
    const { code, stderr } = await node.up(samba.user("heads", "third secret"));
    assert.equal(code, 1);
    assert.match(stderr, /^phoenix: smbpasswd refuses the password of heads: … is too short$/m);
    assert.doesNotMatch(stderr, /third secret/);
    await node.sh(`rm ${standIn}`);
    await node.up(samba.user("heads", "another secret"));
  });

  it("NOT_SET leaves a password alone, and tells when there is none", async () => {
    await node.converge(samba.user("heads", "NOT_SET"), [], []);
    await node.sh("smbclient -L localhost -U 'heads%another secret'");
    const warning = "mira has no Samba password and cannot connect: 'smbpasswd -a mira' on the node sets one";
    await node.converge(
      samba.user("mira", "NOT_SET"),
      ["created user mira"],
      ["user mira: is missing, wanted there"],
      [warning],
    );
    await node.undo(samba.user("mira", "NOT_SET"), ["removed user mira"]);
  });

  it("a user of which useradd or userdel had written only some files is made whole, and goes whole", async () => {
    const user = samba.user("nora", "NOT_SET");
    await node.up(user);
    const half = "took away half of user nora";
    await node.sh(
      "sed -i '/^nora:/d' /etc/shadow /etc/group; echo begun >/var/lib/phoenix/samba/accounts/nora",
    );
    const { result, stderr } = await node.up(user);
    assert.deepEqual(result?.did, [half, "created user nora"], stderr);
    assert.equal(await node.sh("id -gn nora; getent shadow nora | cut -d: -f2"), "nora\n!\n");
    await node.sh("sed -i '/^nora:/d' /etc/passwd");
    await node.undo(user, []);
    assert.equal(
      await node.sh("grep -c '^nora:' /etc/shadow /etc/group /etc/gshadow || true"),
      ["shadow", "group", "gshadow"].map((file) => `/etc/${file}:0\n`).join(""),
    );
  });

  it("the folder: made or there, its owner and mode, and nothing below it", async () => {
    const folder = samba.folder("media", "/tank/media", "tank/media", "heads");
    await node.converge(
      folder,
      ["/tank/media: root:root 755 -> heads:heads 770"],
      ["/tank/media: is root:root 755, wanted heads:heads 770"],
    );
    await node.sh("chmod 777 /tank/media");
    await node.converge(
      folder,
      ["/tank/media: heads:heads 777 -> heads:heads 770"],
      ["/tank/media: is heads:heads 777, wanted heads:heads 770"],
    );
    assert.equal(await node.sh("stat -c '%u %a' /tank/media/file"), "4711 644\n");
    const fresh = samba.folder("docs", "/tank/media/a/docs", "tank/media", "heads");
    await node.converge(fresh, [
      "created folder /tank/media/a/docs",
      "/tank/media/a/docs: root:root 755 -> heads:heads 770",
    ]);
  });

  it("a file of our own, one line in smb.conf, and what was there stays", async () => {
    const step = samba.conf(shared("media", "/tank/media"));
    await node.converge(
      step,
      [`wrote ${ours}`, `wrote the include line into ${conf}`],
      [`${ours}: is missing, wanted as Phoenix wrote it`, without],
    );
    const lines = before_.split("\n");
    const last = lines.findIndex((line) => line.includes("usershare allow guests"));
    const expected = [...lines.slice(0, last + 1), include.trimEnd(), ...lines.slice(last + 1)].join("\n");
    assert.deepEqual(await node.files(conf, ours), {
      [conf]: expected,
      [ours]: fileOf(shared("media", "/tank/media")),
    });
    const shown = await node.sh("testparm -s 2>/dev/null");
    assert.match(
      shown,
      /\n\[media\]\n\tcreate mask = 0770\n\tdirectory mask = 0770\n\tforce create mode = 0770\n\tforce directory mode = 0770\n\tpath = \/tank\/media\n\tread only = No\n\tvalid users = heads\n/,
    );
    assert.match(await node.sh("smbclient -L localhost -U 'heads%another secret'"), /^\tmedia +Disk/m);
  });

  it("one thing broken by hand is repaired, and only that", async () => {
    const step = samba.conf(shared("media", "/tank/media"));
    await node.sh(`sed -i '/phoenix.conf/d' ${conf}`);
    await node.converge(step, [`wrote the include line into ${conf}`], [without]);
    await node.sh(`sed -i 's/valid users.*/valid users = nobody/' ${ours}`);
    await node.converge(step, [`wrote ${ours}`], [`${ours}: is edited by hand, wanted as Phoenix wrote it`]);
    await node.sh("systemctl stop nmbd");
    await node.converge(samba.server(), ["started nmbd"], ["service nmbd: is stopped, wanted running"]);
    // A setting that somebody adds behind the line belongs to [global], not to our last share.
    await node.sh(`sed -i '/phoenix.conf/a\\   deadtime = 15' ${conf}`);
    assert.equal(await node.sh("testparm -s --parameter-name deadtime 2>/dev/null"), "15\n");
    await node.sh(`sed -i '/deadtime/d' ${conf}`);
  });

  it("removed, everything is byte for byte as before, and data stays", async () => {
    await node.undo(samba.conf(shared("media", "/tank/media")), [
      `removed the include line from ${conf}`,
      `removed ${ours}`,
    ]);
    assert.deepEqual(await node.files(conf, ours), { [conf]: before_, [ours]: undefined });
    await node.undo(samba.folder("media", "/tank/media", "tank/media", "heads"), [
      "/tank/media: heads 770 -> 0:0 755",
    ]);
    await node.undo(samba.user("heads", "another secret"), [
      "removed heads from Samba",
      "removed user heads",
    ]);
    await node.undo(samba.server(), ["stopped smbd", "disabled smbd", "stopped nmbd", "disabled nmbd"]);
    assert.equal(await node.sh("pdbedit -L; getent passwd heads; true"), "");
    assert.equal(await node.sh("stat -c '%u %a' /tank/media /tank/media/file"), "0 755\n4711 644\n");
  });

  it("what somebody else added to smb.conf meanwhile stays", async () => {
    await node.up(samba.server());
    await node.up(samba.user("heads", "another secret"));
    await node.up(samba.conf(shared("media", "/tank/media")));
    await node.sh(`printf '[own]\\n   path = /srv\\n' >> ${conf}`);
    await node.undo(samba.conf(shared("media", "/tank/media")), [
      `removed the include line from ${conf}`,
      `removed ${ours}`,
    ]);
    assert.equal((await node.files(conf))[conf], `${before_}[own]\n   path = /srv\n`);
    await node.undo(samba.server(), [], ["the server still shares what others set up (own): kept running"]);
    assert.equal(await node.sh("systemctl is-active smbd"), "active\n");
  });

  it("values of [global] that somebody set stay his, Samba's defaults too, and each is told", async () => {
    const theirs = `[global]
   workgroup = HEIM
   map to guest = Never
   server string = Attic
   syslog only = yes
   security = user
   include = /etc/samba/more.conf
[own]
   path = /srv
`;
    await node.sh("systemctl stop smbd nmbd");
    await node.up(samba.server());
    await node.sh(`cp ${conf} /root/smb.conf; cat >${conf} <<'E'\n${theirs}E`);
    await node.sh("printf '[films]\\n path = /srv\\n[global]\\n max log size = 50\\n' >/etc/samba/more.conf");
    const picture = await node.sh("testparm -s 2>/dev/null");
    const kept = (place: string, key: string, value: string, own: string) =>
      `${place} sets ${key} = ${value}: kept, where samba.shares alone would set ${own}; remove it there to have ours`;
    const step = samba.conf(shared("media", "/tank/media"));
    await node.converge(step, [`wrote ${ours}`, `wrote the include line into ${conf}`], undefined, [
      kept(`${conf}:2`, "workgroup", "HEIM", "workgroup = WORKGROUP"),
      kept(`${conf}:4`, "server string", "Attic", "server string = %h Proxmox Samba Server"),
      kept(`${conf}:3`, "map to guest", "Never", "map to guest = Bad User"),
      kept(`${conf}:5`, "syslog only", "yes", "logging = file"),
      kept("/etc/samba/more.conf:4", "max log size", "50", "max log size = 1000"),
    ]);
    const set = ["workgroup", "server string", "map to guest", "logging", "max log size", "server role"];
    assert.equal((await node.files(ours))[ours], fileOf(shared("media", "/tank/media"), set));
    const now = await node.sh("testparm -s 2>/dev/null");
    assert.deepEqual(
      picture.split("\n").filter((line) => !/\tinclude = /.test(line) && !now.split("\n").includes(line)),
      [],
      "a line of somebody else's is gone",
    );
    assert.match(now, /\tworkgroup = HEIM\n/);
    assert.match(now, /\n\[media\]\n/);
    assert.doesNotMatch(now, /map to guest/);

    // A line that he adds behind ours counts too; one that he takes out leaves the place to ours.
    await node.sh(`sed -i 's/^   syslog only.*/   log file = \\/var\\/log\\/smb/' ${conf}`);
    const { result } = await node.up(step);
    assert.deepEqual(result?.did, [`wrote ${ours}`]);
    assert.match(
      await node.sh("testparm -s 2>/dev/null"),
      /\tlog file = \/var\/log\/smb\n\tlogging = file\n/,
    );
    await node.sh(`sed -i 's/^   log file.*/   syslog only = yes/' ${conf}`);
    await node.undo(step, [`removed the include line from ${conf}`, `removed ${ours}`]);
    assert.equal((await node.files(conf))[conf], theirs);
    assert.equal(await node.sh("testparm -s 2>/dev/null"), picture);
    await node.undo(
      samba.server(),
      [],
      ["the server still shares what others set up (films; own): kept running"],
    );
    await node.sh(`mv /root/smb.conf ${conf}; rm /etc/samba/more.conf`);
  });

  it("a user that was there before keeps its account", async () => {
    await node.sh("useradd --no-create-home olaf; printf 'older one\\nolder one\\n' | smbpasswd -s -a olaf");
    const olaf = samba.user("olaf", "a new password");
    await node.converge(olaf, ["set the Samba password of olaf"]);
    await node.undo(olaf, []);
    await node.sh("getent passwd olaf; smbclient -L localhost -U 'olaf%a new password'");
  });
});

const original = resolve(__dirname, "../../../shared/phoenix");
const here = existsSync(original);

describe("the original's shares", { skip: noLab || (here ? false : "../shared/phoenix is not here") }, () => {
  it("value by value, by testparm", async () => {
    const { estate } = loadEstate({
      hypervisorConfig: resolve(original, "phoenix_hypervisor_config.json"),
      lxcConfigs: resolve(original, "phoenix_lxc_configs.json"),
    });
    const spec = estate.host.samba ?? assert.fail("no shares");
    const node = await ShareNode.start();
    try {
      await node.sh("rm -f /usr/sbin/ufw");
      await node.up(samba.server());
      await node.up(samba.conf(sambaConf(spec)));
      const shares = [
        "quickOS/shared-prod-data",
        "quickOS/shared-prod-data-sync",
        "fastData/shared-bulk-data",
        "fastData/shared-test-data",
        "fastData/shared-test-data-sync",
      ];
      for (const path of shares) {
        const name = path.split("/")[1] ?? "";
        const values = {
          path: `/${path}`,
          "read only": "No",
          browseable: "Yes",
          "guest ok": "No",
          "valid users": "heads",
          "create mask": "0770",
          "directory mask": "0770",
          "force create mode": "0770",
          "force directory mode": "0770",
        };
        for (const [key, value] of Object.entries(values)) {
          const shown = await node.sh(
            `testparm -s --section-name '${name}' --parameter-name '${key}' 2>/dev/null`,
          );
          assert.equal(shown.trim(), value, `${name}: ${key}`);
        }
      }
      const globals = {
        workgroup: "WORKGROUP",
        "server string": "%h Proxmox Samba Server",
        "server role": "standalone server",
        "map to guest": "Bad User",
        "log file": "/var/log/samba/log.%m",
        "max log size": "1000",
      };
      for (const [key, value] of Object.entries(globals)) {
        const shown = await node.sh(`testparm -s --parameter-name '${key}' 2>/dev/null`);
        assert.equal(shown.trim(), value, key);
      }
    } finally {
      await node.stop();
    }
  });
});
