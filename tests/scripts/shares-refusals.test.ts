import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { sambaConf } from "../../components/hypervisor/samba/conf/step";
import { noLab } from "./node";
import { nfs, samba, ShareNode, type Step } from "./shareNode";

const conf = "/etc/samba/smb.conf";
const text = (lines: string, share = "docs"): ReturnType<typeof sambaConf> => ({
  globals: [["workgroup", "WORKGROUP"]],
  text: `[${share}]\n   path = /tank/media\n${lines}\n[global]`,
});
const included = "/etc/samba/mine.conf";
/** Lines in front of all others of smb.conf, and gone again. */
const above = (...lines: string[]) => `sed -i '1i ${lines.join("\\n")}' ${conf}`;
const gone = (lines: number) => `sed -i '1,${lines}d' ${conf}`;
const includes = (path: string) => above("[global]", `include = ${path}`);
const unincluded = `${gone(2)}; rm -f ${included}*`;
const taken = (place: string) =>
  `${place} has a share docs of its own; nothing was changed: remove it there, or give this one another name`;

/** What is wrong with the host, how it is mended, the step, and the one message. */
type Row = [name: string, breakIt: string, mendIt: string, step: Step, message: string];

const options = "no_root_squash,no_subtree_check,rw,sync";
const exportRows: Row[] = [
  [
    "a dataset that is not there",
    "true",
    "true",
    nfs.export("/tank/gone", { dataset: "tank/gone" }),
    "dataset tank/gone is not there, so /tank/gone would lie on the root disk; nothing was changed: correct zfs.datasets or the path",
  ],
  [
    "a dataset that is not mounted",
    "zfs unmount tank/media",
    "zfs mount tank/media",
    nfs.export("/tank/media", { dataset: "tank/media" }),
    "dataset tank/media is not mounted, so /tank/media would lie on the root disk; nothing was changed: 'zfs mount tank/media' tells why",
  ],
  [
    "a folder of the root disk that is not there",
    "true",
    "true",
    nfs.export("/srv/gone"),
    "/srv/gone is not there, and on no dataset; nothing was changed: make the folder first, or correct the path",
  ],
  [
    "a file in the place of the folder",
    "touch /srv/file",
    "rm /srv/file",
    nfs.export("/srv/file"),
    "/srv/file is not a folder; nothing was changed: move it away, or correct the path",
  ],
  [
    "a link that leads elsewhere",
    "ln -s /etc /tank/media/link",
    "rm /tank/media/link",
    nfs.export("/tank/media/link", { dataset: "tank/media" }),
    "/tank/media/link leads to /etc; nothing was changed: write that path, if that is what is to be shared",
  ],
  [
    "a folder that a user exports already",
    "printf '\\n/tank/media/ 10.9.9.9(ro)\\n' > /etc/exports",
    ": > /etc/exports",
    nfs.export("/tank/media", { dataset: "tank/media" }),
    "/tank/media is exported by /etc/exports:2 already; nothing was changed: remove that line, or the entry in nfs.exports",
  ],
  [
    "a file of somebody else's by the name of ours",
    "echo '/srv 10.9.9.9(ro,no_subtree_check)' > /etc/exports.d/phoenix-media.exports",
    "rm /etc/exports.d/phoenix-media.exports",
    nfs.export("/tank/media", { dataset: "tank/media" }),
    "/etc/exports.d/phoenix-media.exports was not written by us; nothing was changed: give it another name, or remove the entry in nfs.exports",
  ],
  [
    "a host name that nobody knows",
    "true",
    "true",
    nfs.export("/tank/media", { dataset: "tank/media", clients: ["10.0.0.0/24", "nowhere.lan"] }),
    `exportfs refuses /tank/media for nowhere.lan (${options}): exportfs: Failed to resolve nowhere.lan; the exports are as they were`,
  ],
  [
    "an option that this exportfs does not have",
    "true",
    "true",
    nfs.export("/tank/media", { dataset: "tank/media", options: ["rw", "writable"] }),
    `exportfs refuses /tank/media for 10.0.0.0/24 (rw,writable): exportfs: command line:0: unknown keyword "writable"; the exports are as they were`,
  ],
  [
    "a subnet that is none",
    "true",
    "true",
    nfs.export("/tank/media", { dataset: "tank/media", clients: ["10.0.0.0/40"] }),
    `exportfs refuses /tank/media for 10.0.0.0/40 (${options}): exportfs: Invalid prefix \`40' for 10.0.0.0/40; exportfs: Invalid prefix \`40' for 10.0.0.0/40; the exports are as they were`,
  ],
  [
    "a storage that is another one",
    "mkdir -p /srv/other; pvesm add dir nfs-media --path /srv/other",
    "pvesm remove nfs-media; rm -r /srv/other",
    nfs.storage("/tank/media"),
    "storage nfs-media already exists as dir on :/srv/other, not as nfs on 10.0.0.13:/tank/media; it was left untouched: remove it by hand ('pvesm remove nfs-media' keeps its data), or export a folder of another name",
  ],
];

const sambaRows: Row[] = [
  [
    "root as a user of Samba",
    "true",
    "true",
    samba.user("root", "correct horse"),
    "root is root on this node; nothing was changed: name another user for Samba",
  ],
  [
    "another name for root",
    "useradd -o -u 0 --no-create-home toor",
    "userdel -f toor",
    samba.user("toor", "correct horse"),
    "toor is root on this node; nothing was changed: name another user for Samba",
  ],
  [
    "the administrator before it is made",
    "true",
    "true",
    samba.user("phoenix_admin", "correct horse", false),
    "the Linux user phoenix_admin is not there, and another step makes it; nothing was changed: see users.username",
  ],
  [
    "a folder whose owner is not there",
    "true",
    "true",
    samba.folder("docs", "/tank/media", "tank/media", "ghost"),
    "the Linux user ghost is not there; nothing was changed",
  ],
  [
    "a folder on a dataset that is not there",
    "true",
    "true",
    samba.folder("docs", "/tank/gone", "tank/gone", "daemon"),
    "dataset tank/gone is not there, so /tank/gone would lie on the root disk; nothing was changed: correct zfs.datasets or the path",
  ],
  [
    "a link into the system, which would be given away",
    "ln -s /etc /tank/media/link",
    "rm /tank/media/link",
    samba.folder("docs", "/tank/media/link", "tank/media", "daemon"),
    "/tank/media/link leads to /etc; nothing was changed: write that path, if that is what is to be shared",
  ],
  [
    "a share that smb.conf has already",
    above("[ Docs ]", "path = /srv"),
    gone(2),
    samba.conf(text("")),
    taken(`${conf}:1`),
  ],
  [
    "the folder of a share that smb.conf has already",
    above("[ Docs ]", "path = /srv"),
    gone(2),
    samba.folder("Docs", "/tank/media", "tank/media", "daemon"),
    taken(`${conf}:1`),
  ],
  [
    "a share in a file that smb.conf includes",
    `printf '# mine\\n[DOCS]\\n path = /srv\\n' > ${included}; ${includes(included)}`,
    unincluded,
    samba.conf(text("")),
    taken(`${included}:2`),
  ],
  [
    "a share in a file that an included file includes",
    `printf '[Docs]\\n path = /srv\\n' > ${included}.b; echo 'include = ${included}.b' > ${included}; ${includes(included)}`,
    unincluded,
    samba.conf(text("")),
    taken(`${included}.b:1`),
  ],
  [
    "a share in a file that is for one client only",
    `printf '[docs]\\n path = /srv\\n' > ${included}.desk; ${includes(`${included}.%m`)}`,
    unincluded,
    samba.conf(text("")),
    taken(`${included}.desk:1`),
  ],
  [
    "a share in Samba's registry",
    `printf '[Docs]\\n path = /srv\\n' > /root/r.conf; net conf import /root/r.conf; ${includes("registry")}`,
    `net conf drop; rm /root/r.conf; ${unincluded}`,
    samba.conf(text("")),
    taken("Samba's registry ('net conf list')"),
  ],
  [
    "a share that a user made",
    "mkdir -p /var/lib/samba/usershares; printf '#VERSION 2\\npath=/srv\\n' > /var/lib/samba/usershares/docs",
    "rm -r /var/lib/samba/usershares",
    samba.conf(text("")),
    "/var/lib/samba/usershares/docs is a share docs that a user made; nothing was changed: give this one another name, or remove that one ('net usershare delete docs')",
  ],
  [
    "a server that takes its shares from the registry alone",
    above("[global]", "config backend = registry"),
    gone(2),
    samba.conf(text("")),
    `${conf} sends Samba to its registry (config backend = registry): shares in a file do not count; nothing was changed: write 'include = registry' in its place, or remove samba.shares`,
  ],
  [
    "a server that takes its shares from another file",
    above("[global]", "config file = /srv/other.conf"),
    gone(2),
    samba.conf(text("")),
    `${conf}:2 sends Samba to /srv/other.conf (config file): shares in ${conf} do not count; nothing was changed: remove that line, or samba.shares`,
  ],
  [
    "a file of somebody else's by the name of ours",
    "echo '[mine]' > /etc/samba/phoenix.conf",
    "rm /etc/samba/phoenix.conf",
    samba.conf(text("")),
    `/etc/samba/phoenix.conf was not written by us; nothing was changed: move it away, and include it from ${conf} by another name`,
  ],
  [
    "an smb.conf that is broken already",
    `printf '[half\\n' >> ${conf}`,
    `sed -i '/half/d' ${conf}`,
    samba.conf(text("")),
    `${conf} is not usable as it is: it cannot be read; nothing was changed: mend it ('testparm -s'), then run again`,
  ],
  [
    "an smb.conf with a wrong value already",
    `printf '[global]\\n read raw = perhaps\\n' >> ${conf}`,
    `sed -i '/perhaps/d;$d' ${conf}`,
    samba.conf(text("")),
    `${conf} is not usable as it is: set_variable_helper(perhaps): value is not boolean!; nothing was changed: mend it ('testparm -s'), then run again`,
  ],
  [
    "no smb.conf",
    `mv ${conf} /root/`,
    `mv /root/smb.conf /etc/samba/`,
    samba.conf(text("")),
    `${conf} is not there; nothing was changed: 'apt-get install --reinstall -o Dpkg::Options::=--force-confmiss samba-common' brings it back`,
  ],
  [
    "a parameter that Samba does not have",
    "true",
    "true",
    samba.conf(text("   wirteable = yes")),
    'testparm refuses the shares: Unknown parameter encountered: "wirteable"; Ignoring unknown parameter "wirteable"; nothing was changed: correct samba.shares',
  ],
  [
    "a parameter of [global] in a share",
    "true",
    "true",
    samba.conf(text("   workgroup = OFFICE")),
    "testparm refuses the shares: Global parameter workgroup found in service section!; nothing was changed: correct samba.shares",
  ],
  [
    "a value that Samba does not take",
    "true",
    "true",
    samba.conf(text("   case sensitive = maybe")),
    "testparm refuses the shares: WARNING: Ignoring invalid value 'maybe' for parameter 'case sensitive'; nothing was changed: correct samba.shares",
  ],
  [
    "a group that is not there",
    "true",
    "true",
    samba.conf(text(""), ["ghosts"]),
    "the group ghosts is not there; nothing was changed: make it, or remove it from valid_users",
  ],
];

describe("states of the host that exports and shares are refused on", { skip: noLab }, () => {
  let node!: ShareNode;
  before(async () => {
    node = await ShareNode.start("media");
    await node.sh("rm -f /usr/sbin/ufw");
    for (const server of [nfs.server(), samba.server()]) assert.equal((await node.up(server)).code, 0);
  });
  after(() => node.stop());

  for (const [name, breakIt, mendIt, step, message] of [...exportRows, ...sambaRows]) {
    it(name, async () => {
      await node.sh(breakIt);
      try {
        await node.refuse(step, message);
      } finally {
        await node.sh(mendIt);
      }
    });
  }

  it("a broken line of a user's own is told, and stops no export of ours", async () => {
    await node.sh("echo '/srv 10.0.0.1(rw' > /etc/exports");
    const media = nfs.export("/tank/media", { dataset: "tank/media" });
    const { result } = await node.up(media);
    assert.deepEqual(result, {
      changed: true,
      did: ["wrote /etc/exports.d/phoenix-media.exports"],
      warnings: [
        "exportfs complains about other exports: exportfs: /etc/exports:1: syntax error: bad option list",
      ],
    });
    assert.equal(await node.sh("exportfs -s | cut -d'(' -f1"), "/tank/media  10.0.0.0/24\n");
    await node.remove(media);
    await node.sh(": > /etc/exports; exportfs -ra");
  });

  it("a server that does not start: the last lines of its journal", async () => {
    await node.sh(`systemctl stop smbd; printf '[half\\n' >> ${conf}`);
    const { code, stderr } = await node.up(samba.server());
    assert.notEqual(code, 0);
    assert.match(
      stderr,
      /phoenix: smbd could not be started: .*its journal ends with: .*Can't load \/etc\/samba\/smb\.conf - run testparm to debug it/,
    );
    await node.sh(`sed -i '/half/d' ${conf}`);
    assert.deepEqual((await node.up(samba.server())).result?.did, ["started smbd"]);
  });

  it("an export whose server does not run: the storage waits, and tells", async () => {
    await node.sh("systemctl stop nfs-server");
    await node.refuse(
      nfs.storage("/tank/media"),
      "the NFS server at 10.0.0.13 does not show /tank/media after 20 s; see 'showmount -e 10.0.0.13' and 'systemctl status nfs-server' on the node",
    );
  });
});

describe(
  "killed, or its connection dropped, at random moments: run again, nothing is doubled",
  { skip: noLab },
  () => {
    let node!: ShareNode;
    before(async () => {
      node = await ShareNode.start("media");
      await node.sh("rm -f /usr/sbin/ufw");
    });
    after(() => node.stop());

    const steps: [string, Step][] = [
      ["NFS server", nfs.server()],
      ["export", nfs.export("/tank/media", { dataset: "tank/media" })],
      ["storage", nfs.storage("/tank/media")],
      ["Samba server", samba.server()],
      ["user", samba.user("heads", "correct horse")],
      ["folder", samba.folder("docs", "/tank/media/docs", "tank/media", "heads")],
      ["configuration", samba.conf(text(""))],
    ];

    for (const [name, step] of steps) {
      it(name, async () => {
        for (let time = 0; time < 3; time++) {
          const moment = 50 + Math.random() * 700;
          if (time === 2) await node.dropped(step, moment);
          else await node.killed(step, moment);
          const again = await node.up(step);
          assert.equal(again.code, 0, `after ${moment} ms: ${again.stderr}`);
          assert.deepEqual((await node.verify(step)).result?.deviations, []);
          if (time < 2 && name !== "NFS server") assert.equal((await node.remove(step)).code, 0);
        }
        assert.deepEqual((await node.up(step)).result?.did, []);
      });
    }

    it("each thing is there once", async () => {
      const counted = await node.sh(
        [
          `grep -c phoenix.conf ${conf}`,
          "exportfs -s | grep -c tank",
          "grep -c 'nfs: nfs-media' /etc/pve/storage.cfg",
          "pdbedit -L | grep -c heads",
          "grep -c ^heads: /etc/passwd",
          "ls -A /etc/samba /etc/exports.d | grep -c '^\\.phoenix' || true",
        ].join("; "),
      );
      assert.equal(counted, "1\n1\n1\n1\n1\n0\n");
    });

    it("and all of it goes", async () => {
      const original = await node.sh("cat /var/lib/phoenix/originals/etc/samba/smb.conf");
      for (const [name, step] of [...steps].reverse()) {
        const { code, stderr } = await node.remove(step);
        assert.equal(code, 0, `${name}: ${stderr}`);
      }
      assert.equal(await node.sh(`cat ${conf}`), original);
      assert.equal(
        await node.sh(
          "exportfs -s; pdbedit -L; getent passwd heads; ls /etc/exports.d; systemctl is-active smbd nmbd; true",
        ),
        "inactive\ninactive\n",
      );
    });
  },
);
