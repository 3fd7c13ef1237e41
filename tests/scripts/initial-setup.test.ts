import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { hostnameStep } from "../../components/hypervisor/initial-setup/hostname/step";
import { initialSetupSteps } from "../../components/hypervisor/initial-setup/steps";
import { hostSpec } from "../../config/host";
import { hypervisorSchema } from "../../config/hypervisor-schema";
import { hypervisor as hostSample } from "../config/samples";
import { Node, noLab } from "./node";
import { bringTools, converges, difference, lookAt, runStep, snapshot } from "./stand-ins";

const { setup } = hostSpec(
  hypervisorSchema.parse({
    ...(hostSample() as object),
    timezone: "America/New_York",
    network: {
      interfaces: { name: "vmbr0", address: "10.0.0.13/24", gateway: "10.0.0.1", dns_nameservers: "8.8.8.8" },
    },
  }),
);
const steps = initialSetupSteps({ setup, sshPort: 22 });
const ours = "/etc/apt/sources.list.d/phoenix-proxmox.sources";

/** Concern, and what its first run does on the lab's machine. */
const expected: Record<string, string[]> = {
  "log-rotation": ["wrote /etc/logrotate.d/phoenix_hypervisor"],
  repositories: [
    "wrote /etc/apt/sources.list.d/ceph.sources",
    "wrote /etc/apt/sources.list.d/pve-enterprise.sources",
    `wrote ${ours}`,
  ],
  upgrade: [
    "upgraded the node for 'once' (4 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.)",
    "a reboot is needed to run kernel 6.17.2-1-pve (running 6.14.11-4-pve); Phoenix does not reboot for it",
  ],
  packages: ["installed s-tui ufw"],
  timezone: ["timezone: Etc/UTC -> America/New_York"],
  chrony: [],
  bridge: [],
  "bridge-confirm": [],
  hosts: [],
  resolver: ["dns_nameservers: 10.0.0.1 -> 8.8.8.8"],
  firewall: [
    "firewall: allow 22/tcp",
    "firewall: allow 8006/tcp",
    "firewall: allow 2049/tcp",
    "firewall: allow 111/tcp",
    "firewall: route allow in on vmbr0 out on vmbr0",
    "switched ufw on",
  ],
};

const stanza = (uri: string, component: string) =>
  `Types: deb\nURIs: ${uri}\nSuites: trixie\nComponents: ${component}\nSigned-By: /usr/share/keyrings/proxmox-archive-keyring.gpg\n`;

/** Files byte for byte. */
const files: Record<string, string> = {
  "/etc/logrotate.d/phoenix_hypervisor":
    "/var/log/phoenix_hypervisor/*.log {\n    daily\n    rotate 7\n    compress\n    delaycompress\n    missingok\n    notifempty\n    create 644 root root\n}\n",
  [ours]: `# Written by Phoenix: Proxmox VE and Ceph without a subscription.\n${stanza("http://download.proxmox.com/debian/pve", "pve-no-subscription")}\n${stanza("http://download.proxmox.com/debian/ceph-squid", "no-subscription")}`,
  "/etc/apt/sources.list.d/pve-enterprise.sources": `${stanza("https://enterprise.proxmox.com/debian/pve", "pve-enterprise")}Enabled: no\n`,
  "/etc/resolv.conf": "search local\nnameserver 8.8.8.8\n",
  "/etc/hosts": "127.0.0.1 localhost.localdomain localhost\n10.0.0.13 phoenix.local phoenix\n",
};

/** How somebody breaks one thing, what the look says, which step mends it and what that does. */
const breaks: [string, string, string, string[]][] = [
  [
    "rm /etc/logrotate.d/phoenix_hypervisor",
    "/etc/logrotate.d/phoenix_hypervisor: is missing, wanted as Phoenix wrote it",
    "log-rotation",
    expected["log-rotation"] ?? [],
  ],
  [
    "sed -i /Enabled/d /etc/apt/sources.list.d/ceph.sources",
    "/etc/apt/sources.list.d/ceph.sources with enterprise.proxmox.com: is enabled, wanted disabled",
    "repositories",
    ["wrote /etc/apt/sources.list.d/ceph.sources"],
  ],
  [`rm ${ours}`, `${ours}: is missing, wanted as Phoenix wrote it`, "repositories", [`wrote ${ours}`]],
  ["apt-get -y remove s-tui", "package s-tui: is missing, wanted installed", "packages", ["installed s-tui"]],
  [
    "timedatectl set-timezone Europe/Rome",
    "timezone: is Europe/Rome, wanted America/New_York",
    "timezone",
    ["timezone: Europe/Rome -> America/New_York"],
  ],
  ["systemctl stop chrony", "service chrony: is stopped, wanted running", "chrony", ["started chrony"]],
  ["systemctl disable chrony", "service chrony: is disabled, wanted enabled", "chrony", ["enabled chrony"]],
  [
    "sed -i 's/^10.0.0.13/10.0.0.99/' /etc/hosts",
    "/etc/hosts address of phoenix: is 10.0.0.99, wanted 10.0.0.13",
    "hosts",
    ["/etc/hosts: phoenix is 10.0.0.13"],
  ],
  [
    "echo nameserver 192.0.2.1 >>/etc/resolv.conf",
    "dns_nameservers: is 8.8.8.8 192.0.2.1, wanted 8.8.8.8",
    "resolver",
    ["dns_nameservers: 8.8.8.8 192.0.2.1 -> 8.8.8.8"],
  ],
  [
    "ufw delete allow 8006/tcp",
    "ufw rule 'allow 8006/tcp': is missing, wanted there",
    "firewall",
    ["firewall: allow 8006/tcp"],
  ],
  ["ufw --force disable", "initial_setup.ufw: is off, wanted on", "firewall", ["switched ufw on"]],
];

describe("the host's initial set-up, step by step", { skip: noLab }, () => {
  let node!: Node;
  let untouched = "";
  const step = (concern: string) => {
    const found = steps.find(([name]) => name === concern);
    assert.ok(found, concern);
    return found[1];
  };
  /** What the looks find, by the step. */
  const deviations = async () => {
    const found: Record<string, string[]> = {};
    for (const [concern, { look, settings }] of steps) {
      if (look === undefined) continue;
      const texts = await lookAt(node, look, settings);
      if (texts.length > 0) found[concern] = texts;
    }
    return found;
  };

  before(async () => {
    node = await Node.prepared();
    await bringTools(node, ["ip", "ifreload", "timedatectl"]);
    await node.sh("ln -sfn /usr/share/zoneinfo/Etc/UTC /etc/localtime");
    untouched = await snapshot(node);
  });
  after(() => node.stop());

  for (const [concern, { settings }] of steps) {
    it(`${concern}: done once, and a second run does nothing`, () =>
      converges(node, step(concern), settings, expected[concern] ?? []));
  }

  it("the files are as expected, byte for byte, and no look finds anything", async () => {
    for (const [path, text] of Object.entries(files)) assert.equal(await node.sh(`cat ${path}`), text, path);
    assert.equal(await node.sh("stat -c '%a %U %G' /etc/logrotate.d/phoenix_hypervisor"), "644 root root\n");
    assert.deepEqual(await deviations(), {});
  });

  for (const [command, deviation, concern, did] of breaks) {
    it(`${deviation}: mended, and only that`, async () => {
      await node.sh(command);
      assert.deepEqual(await deviations(), { [concern]: [deviation] });
      await converges(node, step(concern), step(concern).settings, did);
      assert.deepEqual(await deviations(), {});
    });
  }

  const local = "127.0.0.1 localhost.localdomain localhost";
  const hosts: [string, string, string][] = [
    [
      "Debian's own line",
      `${local}\\n127.0.1.1 phoenix.example.org phoenix`,
      "10.0.0.13 phoenix.example.org phoenix",
    ],
    [
      "an old address",
      `${local}\\n10.0.0.9 phoenix.lan phoenix nas\\n# end`,
      "10.0.0.13 phoenix.lan phoenix\n10.0.0.9 nas\n# end",
    ],
    ["no line at all", `${local}\\n10.0.0.2 other`, "10.0.0.2 other\n10.0.0.13 phoenix.local phoenix"],
    ["only the domain", `${local}\\n10.0.0.13 phoenix.lan # mine`, "10.0.0.13 phoenix.lan phoenix"],
    [
      "another name that begins alike",
      `${local}\\n10.0.0.2 phoenix2 phoenix-nas`,
      "10.0.0.2 phoenix2 phoenix-nas\n10.0.0.13 phoenix.local phoenix",
    ],
  ];
  for (const [what, before, after] of hosts) {
    it(`/etc/hosts with ${what}: the name leads to the address, other entries stay, and back`, async () => {
      const forget = "rm -f /var/lib/phoenix/{originals,written}/etc/hosts";
      await node.sh(
        `${forget}; cp -a /etc/hosts /run/hosts; printf '${before}\\n' >/etc/hosts; cp /etc/hosts /run/before`,
      );
      const { remove, settings } = step("hosts");
      await converges(node, step("hosts"), settings, ["/etc/hosts: phoenix is 10.0.0.13"]);
      assert.equal(await node.sh("cat /etc/hosts"), `${local}\n${after}\n`);
      await node.sh("echo 10.0.0.77 mine >>/etc/hosts");
      const kept = await runStep(node, { script: remove! }, settings);
      assert.deepEqual(kept.result, { changed: false, did: [] }, "what somebody changed since is lost");
      await node.sh("sed -i '$d' /etc/hosts");
      // A file that did not name the node at all would keep Proxmox VE from starting.
      const named = /phoenix(\s|$|\.)/.test(before);
      await converges(node, { script: remove! }, settings, named ? ["brought /etc/hosts back"] : []);
      await node.sh(
        `${named ? "cmp /etc/hosts /run/before" : "true"} && ${forget} && cp -a /run/hosts /etc/hosts`,
      );
    });
  }

  it("another name, and a package that is held: only the name is a deviation", async () => {
    await node.sh("apt-mark hold s-tui");
    assert.deepEqual(await deviations(), {});
    await node.sh("apt-mark unhold s-tui");
    const look = hostnameStep("gpu1").look!;
    assert.deepEqual(await lookAt(node, look, { hostname: "gpu1" }), ["hostname: is phoenix, wanted gpu1"]);
    assert.deepEqual(await lookAt(node, look, { hostname: "phoenix" }), []);
  });

  it("looks change nothing", async () => {
    const before = await snapshot(node);
    await deviations();
    assert.deepEqual(difference(before, await snapshot(node)), []);
  });

  it("another upgrade only for another word of the key", async () => {
    const { code, result } = await runStep(node, step("upgrade"), { upgrade: "2026-12-01" });
    assert.equal(code, 0);
    assert.match(result?.did[0] ?? "", /^upgraded the node for '2026-12-01' \(0 upgraded, /);
    await converges(node, step("upgrade"), { upgrade: "never" }, []);
  });

  it("destroy brings everything back byte for byte; packages stay", async () => {
    for (const [concern, { remove, settings }] of [...steps].reverse()) {
      if (remove === undefined) continue;
      const first = await runStep(node, { script: remove }, settings);
      assert.equal(first.code, 0, first.stderr);
      const second = await runStep(node, { script: remove }, settings);
      assert.deepEqual(second.result, { changed: false, did: [] }, concern);
    }
    assert.deepEqual(difference(restored(untouched), restored(await snapshot(node))), []);
    assert.equal(await node.sh("ufw status; ufw show added | tail -n 1"), "Status: inactive\n(None)\n");
    assert.equal(await node.sh("readlink /etc/localtime | sed 's/.*zoneinfo.//'"), "Etc/UTC\n");
  });

  it("killed at any moment and run again, every step ends as if nothing had happened", async () => {
    for (const [, one] of steps) await runStep(node, one, one.settings);
    const wanted = restored(await snapshot(node));
    for (const concern of ["log-rotation", "repositories", "timezone", "hosts", "resolver", "firewall"]) {
      const one = step(concern);
      for (const killAfter of [0.1, 0.4]) {
        await runStep(node, { script: one.remove! }, one.settings, { killAfter });
        await runStep(node, { script: one.remove! }, one.settings);
        await runStep(node, one, one.settings, { killAfter });
        const again = await runStep(node, one, one.settings);
        assert.equal(again.code, 0, again.stderr);
        assert.deepEqual((await runStep(node, one, one.settings)).result, { changed: false, did: [] });
      }
      assert.deepEqual(difference(wanted, restored(await snapshot(node))), [], concern);
    }
    assert.deepEqual(await deviations(), {});
  });
});

/** What the steps touch; the packages that stay have files of their own. */
function restored(text: string): string {
  const touched =
    /(^|\s)(\/etc\/(logrotate\.d\/phoenix|apt\/sources|hosts|hostname|resolv\.conf|network\/)|\/usr\/share\/keyrings)/;
  return text
    .split("\n")
    .filter((line) => touched.test(line))
    .join("\n");
}
