import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { adminUserStep } from "../../components/hypervisor/admin-user/step";
import { Node, noLab } from "./node";
import { bringTools, refuses, runStep } from "./stand-ins";

const step = adminUserStep({
  user: { username: "admin", passwordHash: "NOT_SET", sudo: true, sshPublicKey: "" },
});
const wanted = { username: "admin", sudo: true, passwordHash: "NOT_SET", sshPublicKey: "" };
const notAHash =
  "users.password_hash is not a password hash (it is not shown, in case it is a password): make one with 'mkpasswd -m yescrypt', or write NOT_SET; nothing was changed";
const notAKey =
  "users.ssh_public_key is not a public key (it is not shown): give the line of a .pub file; nothing was changed";
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIlZbGWX+vtiLJmyfSd8MIX2qOrYm2v+nDgVfJdEj3nF me";
const home = "choose another users.username, or move it away; nothing was changed";

/** What is wrong with the settings or with the host; how the host gets there and back; what is said. */
const table: { what: string; settings?: object; bad?: string; good?: string; message: string }[] = [
  { what: "a password in clear", settings: { passwordHash: "correct horse battery" }, message: notAHash },
  { what: "a short password", settings: { passwordHash: "x" }, message: notAHash },
  { what: "an empty hash", settings: { passwordHash: "" }, message: notAHash },
  { what: "half a hash", settings: { passwordHash: "$6$salt$short" }, message: notAHash },
  { what: "two lines for a hash", settings: { passwordHash: "!\nroot:!" }, message: notAHash },
  {
    what: "a hash for another user",
    settings: { passwordHash: "$6$salt$abcdefghijklmnopqrst\nroot:x" },
    message: notAHash,
  },
  { what: "a malformed key", settings: { sshPublicKey: "ssh-ed25519 AAAA me" }, message: notAKey },
  {
    what: "a private key",
    settings: { sshPublicKey: "-----BEGIN OPENSSH PRIVATE KEY-----" },
    message: notAKey,
  },
  { what: "a key with its end missing", settings: { sshPublicKey: key.slice(0, 50) }, message: notAKey },
  {
    what: "a name with a slash",
    settings: { username: "../root" },
    message: "'../root' is not a Linux user name; nothing was changed",
  },
  {
    what: "a name in capitals",
    settings: { username: "Admin" },
    message: "'Admin' is not a Linux user name; nothing was changed",
  },
  {
    what: "no name",
    settings: { username: "" },
    message: "'' is not a Linux user name; nothing was changed",
  },
  {
    what: "root",
    settings: { username: "root" },
    message:
      "root is a system account of this node (uid 0); choose another users.username; nothing was changed",
  },
  {
    what: "a daemon's account",
    settings: { username: "www-data" },
    message:
      "www-data is a system account of this node (uid 33); choose another users.username; nothing was changed",
  },
  {
    what: "nobody",
    settings: { username: "nobody" },
    message:
      "nobody is a system account of this node (uid 65534); choose another users.username; nothing was changed",
  },
  {
    what: "a group of that name",
    bad: "groupadd admin",
    good: "groupdel admin",
    message:
      "there is a group admin on this node, without a user of that name; choose another users.username, or remove it ('groupdel admin'); nothing was changed",
  },
  {
    what: "the home of somebody else",
    bad: "useradd -M other; mkdir /home/admin; chown other: /home/admin",
    good: "userdel other; rmdir /home/admin",
    message: `/home/admin is there and belongs to other; give it to nobody else: ${home}`,
  },
  {
    what: "a home that is a link",
    bad: "ln -s /etc /home/admin",
    good: "rm /home/admin",
    message: "/home/admin is a link; choose another users.username or remove it; nothing was changed",
  },
  {
    what: "a link where root would write the key",
    settings: { sshPublicKey: key, sudo: false },
    bad: "useradd -m -s /bin/bash admin; ln -s /etc /home/admin/.ssh; pveum user add admin@pam; pveum acl modify / --users admin@pam --roles Administrator; install -d -m 700 /var/lib/phoenix/admin-user /var/lib/phoenix/admin-user/admin; (umask 077; echo >/var/lib/phoenix/admin-user/admin/known)",
    good: "userdel -r admin; pveum user delete admin@pam; rm -r /var/lib/phoenix/admin-user",
    message: "/home/admin/.ssh is a link to /etc; make it a real one and run again; no key was changed",
  },
];

describe("an account that cannot be, or a host where it cannot be made", { skip: noLab }, () => {
  let node!: Node;
  before(async () => {
    node = await Node.prepared();
    await bringTools(node, ["visudo"]);
  });
  after(() => node.stop());

  for (const { what, settings, bad, good, message } of table) {
    it(`${what} is refused and nothing changes`, async () => {
      if (bad !== undefined) await node.sh(bad);
      await refuses(node, step, { ...wanted, ...settings }, message);
      if (good !== undefined) await node.sh(good);
    });
  }

  it("no word of a refused password is shown", async () => {
    const { stderr } = await runStep(node, step, { ...wanted, passwordHash: "correct horse battery" });
    assert.doesNotMatch(stderr, /correct|horse|battery/);
  });

  it("without a network, sudo cannot be installed; the next run with one goes on from there", async () => {
    await node.sh("cp /etc/resolv.conf /run/resolv; rm /etc/resolv.conf");
    const refused = await runStep(node, step, wanted);
    assert.match(
      refused.stderr,
      /phoenix: packages could not be installed: sudo: E: .*; check the node's network, /,
    );
    await node.sh("cp /run/resolv /etc/resolv.conf");
    const done = await runStep(node, step, wanted);
    assert.equal(done.result?.did[0], "installed sudo", done.stderr);
  });

  const broken: [string, string, string, string][] = [
    [
      "sudoers that are broken already",
      "echo 'nonsense here' >/etc/sudoers.d/90-mine",
      "rm /etc/sudoers.d/90-mine",
      "the node's sudoers are broken already: /etc/sudoers.d/90-mine:1:1: syntax error; mend them with visudo and run again; no rule was added",
    ],
    [
      "sudoers that read no folder",
      "cp -a /etc/sudoers /run/sudoers; sed -i '/includedir/d' /etc/sudoers",
      "cp -a /run/sudoers /etc/sudoers",
      "/etc/sudoers does not read /etc/sudoers.d; add the line '@includedir /etc/sudoers.d' with visudo and run again",
    ],
  ];
  for (const [what, bad, good, message] of broken) {
    it(`${what} are refused`, async () => {
      await node.sh("rm -f /etc/sudoers.d/phoenix-admin");
      await node.sh(bad);
      await refuses(node, step, wanted, message);
      await node.sh(good);
      const done = await runStep(node, step, wanted);
      assert.deepEqual(done.result?.did, ["wrote /etc/sudoers.d/phoenix-admin"], done.stderr);
    });
  }

  it("an account that is in use is not removed in silence", async () => {
    await node.sh("setpriv --reuid=$(id -u admin) --clear-groups sleep 30 >/dev/null 2>&1 & sleep 0.2");
    const answer = await runStep(node, { script: step.remove! }, {});
    assert.match(
      answer.stderr,
      /phoenix: the user admin cannot be removed \(see above\): end what runs for it \('loginctl terminate-user admin'\) and run again\n$/,
    );
    await node.sh("kill $(ps -o pid= -u admin)");
    const again = await runStep(node, { script: step.remove! }, {});
    assert.deepEqual(again.result?.did, ["removed the user admin; /home/admin stays"], again.stderr);
  });
});
