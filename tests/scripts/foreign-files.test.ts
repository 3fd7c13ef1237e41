// Every file of somebody else's that a step rewrites, with a mode and an owner that nobody else would give it, and once
// more as a link: after the step and after its removal it has them still, and a link is one.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { adminUserStep } from "../../components/hypervisor/admin-user/step";
import { initialSetupSteps } from "../../components/hypervisor/initial-setup/steps";
import type { StepBody } from "../../plan/step";
import { sambaConf } from "../../components/hypervisor/samba/conf/step";
import { hostSpec } from "../../config/host";
import { hypervisorSchema } from "../../config/hypervisor-schema";
import { hypervisor as hostSample } from "../config/samples";
import { create, fetchTemplate, net0, stepFile } from "./container-node";
import { Node, noLab, tag } from "./node";
import { samba } from "./shareNode";
import { runStep } from "./stand-ins";

const host = hostSpec(
  hypervisorSchema.parse({
    ...(hostSample() as object),
    network: {
      interfaces: { name: "vmbr0", address: "10.0.0.14/24", gateway: "10.0.0.1", dns_nameservers: "8.8.8.8" },
    },
  }),
);
const setup = new Map(initialSetupSteps({ setup: host.setup, sshPort: 22 }));
const smb = samba.conf(
  sambaConf({
    owner: "root",
    users: [],
    shares: [{ name: "media", path: "/tank/media", validUsers: ["root"], options: {} }],
  }),
);
const guest = { ctid: 900, tag };
const configure = {
  ...guest,
  diskGb: 4,
  rawLines: [],
  hostIds: { users: ["1500:1"], groups: ["1500:1"] },
  net0: { name: "eth0", bridge: "vmbr0", ip: "10.0.0.200/24", gw: "10.0.0.1", type: "veth" },
  values: { cores: 1, description: "ours\n", hostname: "base", memory: 512, onboot: 0, swap: 512 },
};
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICTl8hvcjkwC482dD1Z2vc7CvX3VMV84zzngOMPgUQnW a@b";

interface Case {
  files: string[];
  step: Pick<StepBody, "script" | "remove">;
  settings: unknown;
  /** A shell command that makes the files where the lab has none. */
  from?: string;
  /** What our own mode is, where the step owns it; it comes back with the removal all the same. */
  mode?: string;
  /** No links there: the step refuses them. */
  noLink?: boolean;
}

const steps: Record<string, Case> = {
  "/etc/hosts": { files: ["/etc/hosts"], step: setup.get("hosts")!, settings: setup.get("hosts")!.settings },
  "the name servers": {
    files: ["/etc/resolv.conf"],
    step: setup.get("resolver")!,
    settings: setup.get("resolver")!.settings,
    // Another program keeps it then: refused.
    noLink: true,
  },
  "the rotation of logs": {
    files: ["/etc/logrotate.d/phoenix_hypervisor"],
    step: setup.get("log-rotation")!,
    settings: {},
    from: "echo '# mine' >/etc/logrotate.d/phoenix_hypervisor",
  },
  "lists of repositories": {
    files: ["/etc/apt/sources.list.d/ceph.sources", "/etc/apt/sources.list.d/pve-enterprise.sources"],
    step: setup.get("repositories")!,
    settings: setup.get("repositories")!.settings,
  },
  "Samba's configuration": { files: ["/etc/samba/smb.conf"], step: smb, settings: smb.settings },
  "the maps of ids": {
    files: ["/etc/subuid", "/etc/subgid"],
    step: { script: stepFile("configure") },
    settings: configure,
  },
  "the administrator's keys": {
    files: ["/home/ops/.ssh/authorized_keys"],
    step: adminUserStep({
      user: { username: "ops", passwordHash: "NOT_SET", sudo: false, sshPublicKey: key },
    }),
    settings: { username: "ops", sudo: false, passwordHash: "NOT_SET", sshPublicKey: key },
    from: "id ops >/dev/null 2>&1 || useradd -m -s /bin/bash ops; mkdir -p /home/ops/.ssh; echo '# mine' >/home/ops/.ssh/authorized_keys; chown -R ops: /home/ops",
    mode: "600 ops:ops",
    noLink: true,
  },
};

describe("files of somebody else's keep mode, owner and link", { skip: noLab }, () => {
  let node!: Node;
  before(async () => {
    node = await Node.prepared();
    await node.sh(
      "apt-get update >/dev/null; apt-get install -y samba >/dev/null; mkdir -p /tank/media; " +
        `pvesm set local --content images,iso,vztmpl,backup,rootdir && ${fetchTemplate} && ` +
        create(900, `--hostname base --tags ${tag} --memory 512 ${net0}`, "local"),
    );
  });
  after(() => node.stop());

  const attributes = (files: string[]) => node.sh(`stat -c '%A %U:%G %n' ${files.join(" ")}`);
  const run = async (script: string, settings: unknown) => {
    const { code, stderr } = await runStep(node, { script }, settings);
    assert.equal(code, 0, stderr);
  };

  for (const [name, { files, step, settings, from = "true", mode, noLink }] of Object.entries(steps)) {
    it(name, async () => {
      const paths = files.join(" ");
      await node.sh(from);
      await node.sh(`chmod 640 ${paths}; ${mode ? "chgrp adm" : "chown backup:adm"} ${paths}`);
      const wanted = await attributes(files);
      const texts = await node.sh(`sha256sum ${paths}`);
      await run(step.script, settings);
      assert.notEqual(await node.sh(`sha256sum ${paths}`), texts, "it was rewritten");
      const owned = mode && `-rw------- ${mode.split(" ")[1]} ${files[0]}\n`;
      assert.equal(await attributes(files), owned ?? wanted);
      assert.equal(
        await node.sh(`find ${files.map((file) => file.replace(/[^/]*$/, "")).join(" ")} -name '.phoenix.*'`),
        "",
      );
      if (step.remove === undefined) return;
      await run(step.remove, settings);
      assert.equal(await attributes(files), wanted);
      assert.equal(await node.sh(`sha256sum ${paths}`), texts);
      if (noLink) return;
      // The same as links to files that lie elsewhere.
      const real = (file: string) => `/srv/real${file.replaceAll("/", "-")}`;
      await node.sh(
        files.map((file) => `cp -a ${file} ${real(file)} && ln -sf ${real(file)} ${file}`).join(" && "),
      );
      const links = await attributes([...files, ...files.map(real)]);
      await run(step.script, settings);
      assert.equal(await attributes([...files, ...files.map(real)]), links);
      assert.notEqual(await node.sh(`sha256sum ${paths}`), texts, "it was rewritten");
      await run(step.remove, settings);
      assert.equal(await attributes([...files, ...files.map(real)]), links);
      assert.equal(await node.sh(`sha256sum ${paths}`), texts);
    });
  }

  it("a link to nothing is refused, and stays", async () => {
    await node.sh(
      "rm -f /etc/logrotate.d/phoenix_hypervisor && ln -s nowhere /etc/logrotate.d/phoenix_hypervisor",
    );
    const { code, stderr } = await runStep(node, setup.get("log-rotation")!, {});
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^phoenix: \/etc\/logrotate\.d\/phoenix_hypervisor is a link to nowhere, where no file is; make \S+ a file, or a link to one, and run again\. It is unchanged\n$/,
    );
    assert.equal(await node.sh("readlink /etc/logrotate.d/phoenix_hypervisor"), "nowhere\n");
  });

  it("the cluster's file system, which takes neither modes nor owners, is written all the same", async () => {
    // As pmxcfs answers: chmod and chown are not permitted, and there are no attributes.
    await node.sh(`for tool in chmod chown cp; do real=$(command -v $tool); printf '#!/bin/bash\\nfor word; do [[ $word != /etc/pve/* ]] || { echo "%s: $word: Operation not permitted" >&2; exit 1; }; done\\nexec %s "$@"\\n' $tool $real >/srv/$tool; install -m 755 /srv/$tool /usr/local/sbin/$tool; done
      mkdir -p /etc/pve/firewall; printf '[OPTIONS]\\n\\nenable: 0\\n' >/etc/pve/firewall/900.fw; echo left >/etc/pve/firewall/900.fw.tmp.999999; echo theirs >/etc/pve/firewall/900.fw.tmp.1`);
    const settings = { ...guest, enabled: true, rules: ["IN ACCEPT -p tcp -dport 22"] };
    // The copy that is kept of the original comes from there.
    await node.sh(
      "mkdir -p /var/lib/phoenix/originals/etc/pve/firewall; cat /etc/pve/firewall/900.fw >/var/lib/phoenix/originals/etc/pve/firewall/900.fw",
    );
    await run(stepFile("firewall"), settings);
    assert.match(await node.sh("cat /etc/pve/firewall/900.fw"), /^enable: 1$/m);
    await run(stepFile("firewall-remove"), settings);
    assert.equal(await node.sh("cat /etc/pve/firewall/900.fw"), "[OPTIONS]\n\nenable: 0\n");
    assert.equal(await node.sh("ls -A /etc/pve/firewall"), "900.fw\n900.fw.tmp.1\n");
    await node.sh("rm /usr/local/sbin/{chmod,chown,cp}");
  });
});
