import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { AdminUserArgs } from "../../components/hypervisor/admin-user/step";
import { adminUserStep } from "../../components/hypervisor/admin-user/step";
import { Node, noLab } from "./node";
import { bringTools, converges, difference, lookAt, runStep, snapshot } from "./stand-ins";

const user: AdminUserArgs["user"] = {
  username: "phoenix_admin",
  passwordHash: "NOT_SET",
  sudo: true,
  sshPublicKey: "",
};
const step = adminUserStep({ user });
const hash = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7";
const keys = [
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIlZbGWX+vtiLJmyfSd8MIX2qOrYm2v+nDgVfJdEj3nF first@example",
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMk0sm9w+1wTn2O7vYr7aUBcz9wB5vcnYl8cUUx4Jm3A second@example",
];
const original = { username: "phoenix_admin", sudo: true, passwordHash: "NOT_SET", sshPublicKey: "" };
const full = { ...original, passwordHash: hash, sshPublicKey: keys[0] };
const sudoers = "/etc/sudoers.d/phoenix-phoenix_admin";
const made = [
  "made the user phoenix_admin",
  "set the password hash of phoenix_admin",
  "phoenix_admin is in the group sudo",
  `wrote ${sudoers}`,
  "added phoenix_admin@pam to Proxmox VE",
  "phoenix_admin@pam is Administrator",
  "/home/phoenix_admin/.ssh is 700",
  "added the key of phoenix_admin",
];

describe("the administrator's account", { skip: noLab }, () => {
  let node!: Node;
  let untouched = "";
  /** The account as the node and Proxmox VE show it. */
  const account = (name: string) =>
    node.sh(
      `getent passwd ${name} | cut -d: -f6,7; id -nG ${name}; getent shadow ${name} | cut -d: -f2; pveum acl list --output-format json`,
    );
  const deviations = (settings: object) => lookAt(node, step.look!, settings);
  const destroy = (did: string[]) =>
    converges(node, { script: step.remove! }, { username: "phoenix_admin" }, did);

  before(async () => {
    node = await Node.prepared();
    await bringTools(node, ["visudo"]);
    // It brings the package sudo, which stays.
    const first = await runStep(node, step, original);
    assert.equal(first.code, 0, first.stderr);
    await runStep(node, { script: step.remove! }, {});
    await node.sh("rm -r /home/phoenix_admin");
    untouched = await snapshot(node);
  });
  after(() => node.stop());

  it("is made as the original makes it, and a second run does nothing", async () => {
    await converges(node, step, original, [made[0], made[2], made[3], made[4], made[5]] as string[]);
    const acl =
      '[{"path":"/","propagate":1,"roleid":"Administrator","type":"user","ugid":"phoenix_admin@pam"}]';
    assert.equal(
      await account("phoenix_admin"),
      `/home/phoenix_admin:/bin/bash\nphoenix_admin sudo\n!\n${acl}\n`,
    );
    assert.equal(
      await node.sh(`cat ${sudoers}`),
      "# Written by Phoenix from users.sudo_access.\nphoenix_admin ALL=(ALL:ALL) ALL\n",
    );
    assert.equal(await node.sh(`stat -c '%a %U %G' ${sudoers}`), "440 root root\n");
    assert.deepEqual(await deviations(original), []);
  });

  it("takes a hash and a key later; a look sees each thing that was broken, and only that is mended", async () => {
    await converges(node, step, full, [made[1], made[6], made[7]] as string[]);
    assert.deepEqual(await deviations(full), []);
    const files = "/home/phoenix_admin/.ssh/authorized_keys";
    const breaks: [string, string, string[]][] = [
      [`rm ${sudoers}`, `${sudoers}: is missing, wanted as Phoenix wrote it`, [`wrote ${sudoers}`]],
      [
        `echo '# mine' >>${sudoers}`,
        `${sudoers}: is edited by hand, wanted as Phoenix wrote it`,
        [`wrote ${sudoers}`],
      ],
      [`chmod 644 ${sudoers}`, `${sudoers} mode: is 644, wanted 440`, [`${sudoers} mode: 644 -> 440`]],
      [
        "usermod -s /bin/sh phoenix_admin",
        "shell of phoenix_admin: is /bin/sh, wanted /bin/bash",
        ["shell of phoenix_admin: /bin/sh -> /bin/bash"],
      ],
      [
        "usermod -p '!' phoenix_admin",
        "password_hash of phoenix_admin: is another one, wanted that of the settings",
        ["set the password hash of phoenix_admin"],
      ],
      [
        "gpasswd -d phoenix_admin sudo",
        "group sudo of phoenix_admin: is missing, wanted there",
        ["phoenix_admin is in the group sudo"],
      ],
      [`chmod 644 ${files}`, `${files}: is 644 phoenix_admin, wanted 600 phoenix_admin`, [`${files} is 600`]],
      [
        "chmod 755 /home/phoenix_admin/.ssh",
        "/home/phoenix_admin/.ssh: is 755 phoenix_admin, wanted 700 phoenix_admin",
        ["/home/phoenix_admin/.ssh is 700"],
      ],
      [
        `echo other >${files}`,
        `${files}: is without users.ssh_public_key, wanted with it`,
        ["added the key of phoenix_admin"],
      ],
      [
        "userdel phoenix_admin",
        "user phoenix_admin: is missing, wanted there",
        [made[0], made[1], made[2]] as string[],
      ],
      [
        "pveum acl delete / --users phoenix_admin@pam --roles Administrator",
        "role of phoenix_admin@pam: is missing, wanted Administrator",
        ["phoenix_admin@pam is Administrator"],
      ],
      [
        "pveum user delete phoenix_admin@pam",
        "user phoenix_admin@pam of Proxmox VE: is missing, wanted there\nrole of phoenix_admin@pam: is missing, wanted Administrator",
        ["added phoenix_admin@pam to Proxmox VE", "phoenix_admin@pam is Administrator"],
      ],
    ];
    for (const [command, deviation, did] of breaks) {
      await node.sh(command);
      const before = await snapshot(node);
      assert.deepEqual(await deviations(full), deviation.split("\n"), command);
      assert.deepEqual(difference(before, await snapshot(node)), [], "the look changes nothing");
      await converges(node, step, full, did);
      assert.deepEqual(await deviations(full), []);
    }
    assert.equal(await node.sh(`cat ${files}`), `other\n${keys[0]}\n`);
  });

  it("another key takes the place of the one we added; the user's own stay", async () => {
    await node.sh("printf 'ssh-rsa AAAAB3 own' >>/home/phoenix_admin/.ssh/authorized_keys");
    await converges(node, step, { ...full, sshPublicKey: keys[1] }, [
      "removed the key of phoenix_admin",
      "added the key of phoenix_admin",
    ]);
    assert.equal(
      await node.sh("cat /home/phoenix_admin/.ssh/authorized_keys"),
      `other\nssh-rsa AAAAB3 own\n${keys[1]}\n`,
    );
    assert.equal(
      await node.sh("stat -c '%a %U %G' /home/phoenix_admin/.ssh/authorized_keys"),
      "600 phoenix_admin phoenix_admin\n",
    );
  });

  it("loses sudo when the file no longer gives it", async () => {
    await converges(node, step, { ...full, sshPublicKey: "", sudo: false }, [
      `removed ${sudoers}`,
      "phoenix_admin is no longer in the group sudo",
      "removed the key of phoenix_admin",
    ]);
  });

  it("another name: the new account first, then the old one goes and its home stays", async () => {
    await node.sh("echo precious >/home/phoenix_admin/notes; chown phoenix_admin: /home/phoenix_admin/notes");
    await converges(node, step, { ...original, username: "boss", sudo: false }, [
      "made the user boss",
      "added boss@pam to Proxmox VE",
      "boss@pam is Administrator",
      "phoenix_admin@pam is no longer Administrator",
      "removed phoenix_admin@pam from Proxmox VE",
      "removed the user phoenix_admin; /home/phoenix_admin stays",
    ]);
    assert.equal(await node.sh("cat /home/phoenix_admin/notes"), "precious\n");
    assert.equal((await node.exec(["id", "phoenix_admin"])).code, 1);
    // Back again: the home is its own once more.
    await runStep(node, step, full);
    assert.equal(await node.sh("stat -c %U /home/phoenix_admin/notes"), "phoenix_admin\n");
  });

  it("destroy takes away what was made and leaves the homes", async () => {
    await destroy([
      "removed the key of phoenix_admin",
      `removed ${sudoers}`,
      "phoenix_admin is no longer in the group sudo",
      "phoenix_admin@pam is no longer Administrator",
      "removed phoenix_admin@pam from Proxmox VE",
      "removed the user phoenix_admin; /home/phoenix_admin stays",
    ]);
    await node.sh("rm -r /home/phoenix_admin /home/boss");
    assert.deepEqual(difference(withoutAccounts(untouched), withoutAccounts(await snapshot(node))), []);
  });

  it("an account that was there before is adopted, and destroy gives it back byte for byte", async () => {
    await node.sh(
      "useradd -m -s /bin/sh -G sudo phoenix_admin && usermod -p '$6$old$abcdefghijklmnopqrstuvwxyz' phoenix_admin",
    );
    await node.sh(
      `install -d -m 700 -o phoenix_admin -g phoenix_admin /home/phoenix_admin/.ssh; echo '${keys[1]}' >/home/phoenix_admin/.ssh/authorized_keys; chown phoenix_admin: /home/phoenix_admin/.ssh/authorized_keys; chmod 600 /home/phoenix_admin/.ssh/authorized_keys; pveum user add phoenix_admin@pam`,
    );
    const adopted = await snapshot(node);
    await converges(node, step, full, [
      "shell of phoenix_admin: /bin/sh -> /bin/bash",
      "set the password hash of phoenix_admin",
      `wrote ${sudoers}`,
      "phoenix_admin@pam is Administrator",
      "added the key of phoenix_admin",
    ]);
    await destroy([
      "removed the key of phoenix_admin",
      `removed ${sudoers}`,
      "phoenix_admin@pam is no longer Administrator",
      "gave phoenix_admin its shell back",
      "gave phoenix_admin its password back",
    ]);
    assert.deepEqual(difference(withoutAccounts(adopted), withoutAccounts(await snapshot(node))), []);
    await node.sh("pveum user delete phoenix_admin@pam; userdel -r phoenix_admin");
  });

  it("an account of which useradd had written only some files is made whole", async () => {
    await runStep(node, step, full);
    const wanted = await account("phoenix_admin");
    const files = ["shadow", "group", "gshadow", "subuid", "subgid"];
    for (let written = 0; written <= files.length; written++) {
      for (const file of files.slice(written)) await node.sh(`sed -i '/^phoenix_admin:/d' /etc/${file}`);
      await node.sh(
        `cd /var/lib/phoenix/admin-user/phoenix_admin && echo begun >user && echo >home && rm -r /home/phoenix_admin && install -d -m 0 /home/phoenix_admin`,
      );
      const again = await runStep(node, step, full);
      assert.equal(again.code, 0, again.stderr);
      assert.equal(await account("phoenix_admin"), wanted, `${written} files`);
      assert.equal(
        await node.sh("cat /home/phoenix_admin/.profile"),
        await node.sh("cat /etc/skel/.profile"),
      );
      for (const file of files) await node.sh(`grep -c '^phoenix_admin:' /etc/${file} | grep -Fx 1`);
    }
  });

  it("an account of which userdel had cleared only some files is gone after the next destroy", async () => {
    const files = ["passwd", "shadow", "group", "gshadow"];
    for (let cleared = 1; cleared <= files.length; cleared++) {
      await runStep(node, step, full);
      for (const file of files.slice(0, cleared)) await node.sh(`sed -i '/^phoenix_admin:/d' /etc/${file}`);
      const destroyed = await runStep(node, { script: step.remove! }, {});
      assert.equal(destroyed.code, 0, destroyed.stderr);
      for (const file of files)
        assert.equal((await node.exec(["grep", "^phoenix_admin:", `/etc/${file}`])).code, 1, file);
    }
  });

  it("a home that somebody has put something into is not cleared away with a half-made account", async () => {
    await runStep(node, step, full);
    await node.sh(
      "cd /var/lib/phoenix/admin-user/phoenix_admin && echo begun >user && echo >home && echo kept >/home/phoenix_admin/notes",
    );
    const again = await runStep(node, step, full);
    assert.equal(again.code, 0, again.stderr);
    assert.equal(await node.sh("cat /home/phoenix_admin/notes"), "kept\n");
    await runStep(node, { script: step.remove! }, {});
    await node.sh("rm -r /home/phoenix_admin");
  });

  it("what a run that was killed while it wrote left beside a file is cleared away", async () => {
    await runStep(node, step, full);
    await node.sh(
      `printf half >/etc/sudoers.d/.phoenix.phoenix-phoenix_admin.a1B2c3; rm ${sudoers}; printf half >/home/phoenix_admin/.ssh/.phoenix.authorized_keys.a1B2c3; : >/home/phoenix_admin/.ssh/authorized_keys`,
    );
    await runStep(node, step, full);
    assert.equal(await node.sh("ls -A /etc/sudoers.d"), "README\nphoenix-phoenix_admin\n");
    assert.equal(await node.sh("ls -A /home/phoenix_admin/.ssh"), "authorized_keys\n");
    await node.sh("printf half >/etc/sudoers.d/.phoenix.phoenix-phoenix_admin.a1B2c3");
    await runStep(node, { script: step.remove! }, {});
    assert.equal(await node.sh("ls -A /etc/sudoers.d"), "README\n");
  });

  it("killed at any moment and run again, it ends as if nothing had happened", async () => {
    const clean = await account("root");
    await runStep(node, step, full);
    const wanted = await account("phoenix_admin");
    for (const killAfter of [0.1, 0.25, 0.4, 0.6, 0.9]) {
      await runStep(node, { script: step.remove! }, {}, { killAfter });
      await runStep(node, { script: step.remove! }, {});
      assert.equal((await node.exec(["id", "phoenix_admin"])).code, 1, String(killAfter));
      await runStep(node, step, full, { killAfter });
      const again = await runStep(node, step, full);
      assert.equal(again.code, 0, again.stderr);
      assert.equal(await account("phoenix_admin"), wanted, String(killAfter));
      assert.deepEqual((await runStep(node, step, full)).result, { changed: false, did: [] });
      assert.equal(await node.sh("grep -c first@example /home/phoenix_admin/.ssh/authorized_keys"), "1\n");
    }
    await runStep(node, { script: step.remove! }, {});
    assert.equal(await account("root"), clean);
    assert.equal(
      await node.sh("ls -A /var/lib/phoenix | grep admin || true; ls -A /etc/sudoers.d"),
      "README\n",
    );
  });
});

/** Without the account files: their lines move, and Debian keeps copies of its own. */
function withoutAccounts(text: string): string {
  const accounts = /(?:^|\s)\/etc\/(passwd|group|shadow|gshadow|subuid|subgid)-?(?:\s|$)/;
  return text
    .split("\n")
    .filter((line) => !accounts.test(line))
    .join("\n");
}
