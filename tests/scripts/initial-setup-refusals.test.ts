import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { nodeSource } from "../../components/hypervisor/initial-setup/repositories/step";
import { initialSetupSteps } from "../../components/hypervisor/initial-setup/steps";
import { hostSpec } from "../../config/host";
import { hypervisorSchema } from "../../config/hypervisor-schema";
import { hypervisor as hostSample } from "../config/samples";
import { labFault } from "../helpers/fault";
import { Node, noLab } from "./node";
import { bringTools, refuses, runStep } from "./stand-ins";

const { setup } = hostSpec(
  hypervisorSchema.parse({
    ...(hostSample() as object),
    initial_setup: { hostname: "phoenix", nodesource: true },
  }),
);
const steps = new Map(initialSetupSteps({ setup, sshPort: 22 }));

interface Case {
  what: string;
  concern: string;
  settings: object;
  /** How the host gets into that state, and out of it again. */
  bad?: string;
  good?: string;
  /** A fault of the lab: words of `lab fault add`. */
  fault?: string[];
  environment?: Record<string, string>;
  message: string;
}

const noServer = (hosts: string[]) =>
  hosts
    .map((url) => `E: Failed to fetch ${url}/InRelease  Could not resolve '${new URL(url).hostname}'`)
    .join(" ");
const debian = "http://deb.debian.org/debian/dists/trixie";
const enterprise = "https://enterprise.proxmox.com/debian/pve/dists/trixie";
const proxmox = "http://download.proxmox.com/debian";
const check =
  "check the node's network, its repositories ('apt-get update') and its free space ('df -h'), then run again";
const dns = { bad: "mv /etc/resolv.conf /run/resolv.conf", good: "mv /run/resolv.conf /etc/resolv.conf" };
const firewall = { sshPort: 22, bridge: "vmbr0", rules: [] };
const chronyJournal = (more: string) =>
  `chrony ${more}; see 'systemctl status chrony' on the node, then run again`;

const table: Case[] = [
  {
    what: "no network for the repositories",
    concern: "repositories",
    settings: {},
    ...dns,
    message: `the package lists could not be refreshed: ${noServer([`${debian}-updates`, `${proxmox}/pve/dists/trixie`, `${proxmox}/ceph-squid/dists/trixie`])}; check the node's network and its name server; nothing was changed`,
  },
  {
    what: "no network for the upgrade",
    concern: "upgrade",
    settings: { upgrade: "once" },
    ...dns,
    message: `the package lists could not be refreshed: ${noServer([debian, `${debian}-updates`, enterprise])}; no package was changed; mend that repository or the node's network and name server ('apt-get update' shows it), then run again`,
  },
  {
    what: "no network for a package",
    concern: "packages",
    settings: { packages: ["s-tui"] },
    ...dns,
    message: `packages could not be installed: s-tui: E: Unable to locate package s-tui (the package lists could not be refreshed: ${noServer([debian, `${debian}-updates`, enterprise])}); ${check}`,
  },
  {
    what: "the keys of Proxmox gone",
    concern: "repositories",
    settings: {},
    bad: "mv /usr/share/keyrings/proxmox-archive-keyring.gpg /run/keyring",
    good: "mv /run/keyring /usr/share/keyrings/proxmox-archive-keyring.gpg",
    message:
      "the keys of Proxmox's repositories are missing; install the package proxmox-archive-keyring: nothing was changed",
  },
  {
    what: "another release of Debian below Proxmox VE",
    concern: "repositories",
    settings: {},
    bad: "cp -a /etc/os-release /run/os; sed -i s/=trixie/=sid/ /etc/os-release",
    good: "cp -a /run/os /etc/os-release",
    message:
      "Proxmox VE 9 stands on Debian trixie and 8 on bookworm; this node has pve-manager/9.2.11/VERSION on 'sid': nothing was changed",
  },
  {
    what: "sources that apt cannot read",
    concern: "repositories",
    settings: {},
    bad: "echo 'deb nonsense' >/etc/apt/sources.list.d/mine.list",
    good: "rm /etc/apt/sources.list.d/mine.list",
    message:
      "the package lists could not be refreshed: E: Malformed entry 1 in list file /etc/apt/sources.list.d/mine.list (Suite) E: The list of sources could not be read.; check the node's network and its name server; nothing was changed",
  },
  {
    what: "another key than NodeSource's",
    concern: "repositories",
    settings: { nodeSource: { ...nodeSource, fingerprint: "0".repeat(40) } },
    message: `the key at ${nodeSource.keyUrl} is not NodeSource's: its fingerprint is '${nodeSource.fingerprint}' and ${"0".repeat(40)} was expected; nothing was changed`,
  },
  {
    what: "a key that is not there",
    concern: "repositories",
    settings: { nodeSource: { ...nodeSource, keyUrl: "https://deb.nodesource.com/no-such-key" } },
    message:
      "the key of NodeSource could not be fetched from https://deb.nodesource.com/no-such-key; nothing was changed",
  },
  {
    what: "another process that installs packages and does not end",
    concern: "packages",
    settings: { packages: ["s-tui"] },
    fault: ["lock", "dpkg"],
    environment: { PHOENIX_PACKAGES_WAIT: "1" },
    message: `packages could not be installed: s-tui: E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process PID (unattended-upgr) E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?; ${check}`,
  },
  {
    what: "a package that no repository has",
    concern: "packages",
    settings: { packages: ["no-such-thing"] },
    message: `packages could not be installed: no-such-thing: E: Unable to locate package no-such-thing (the package lists could not be refreshed: E: The repository 'https://enterprise.proxmox.com/debian/ceph-squid trixie InRelease' is not signed. E: Failed to fetch ${enterprise}/InRelease  401  Unauthorized [IP: 51.91.38.34 443] E: The repository 'https://enterprise.proxmox.com/debian/pve trixie InRelease' is not signed.); ${check}`,
  },
  {
    what: "a full disk",
    concern: "log-rotation",
    settings: {},
    fault: ["fill", "/"],
    message: "/etc/logrotate.d/phoenix_hypervisor could not be written; it is unchanged",
  },
  {
    what: "a time zone that is none",
    concern: "timezone",
    settings: { timezone: "Mars/Olympus" },
    message:
      "this node does not know the time zone Mars/Olympus ('timedatectl list-timezones' shows those it knows); nothing was changed",
  },
  {
    what: "a path for a time zone",
    concern: "timezone",
    settings: { timezone: "../../../etc/passwd" },
    message: "'../../../etc/passwd' is not a time zone; nothing was changed",
  },
  {
    what: "no time zone",
    concern: "timezone",
    settings: { timezone: "" },
    message: "'' is not a time zone; nothing was changed",
  },
  {
    what: "a service that does not start",
    concern: "chrony",
    settings: {},
    bad: "systemctl stop chrony; cp -a /etc/chrony/chrony.conf /run/chrony; echo nonsense >/etc/chrony/chrony.conf",
    good: "cp -a /run/chrony /etc/chrony/chrony.conf; systemctl start chrony",
    message: chronyJournal(
      `could not be started: See "systemctl status chrony.service" and "journalctl -xeu chrony.service" for details.; its journal ends with: Starting chrony.service - chrony, an NTP client/server... | Fatal error : Invalid directive at line 1 in file /etc/chrony/chrony.conf | chrony.service: Main process exited, code=exited, status=1/FAILURE | chrony.service: Failed with result 'exit-code'. | Failed to start chrony.service - chrony, an NTP client/server.`,
    ),
  },
  {
    what: "a host name that is none",
    concern: "hostname",
    settings: { hostname: "no_such.name" },
    message: "'no_such.name' is not a host name; nothing was changed",
  },
  {
    what: "another name for a node with guests",
    concern: "hostname",
    settings: { hostname: "gpu1" },
    bad: "for id in 901 950; do : >/etc/pve/nodes/phoenix/lxc/$id.conf; done",
    good: "rm /etc/pve/nodes/phoenix/lxc/901.conf /etc/pve/nodes/phoenix/lxc/950.conf",
    message:
      "this node is called phoenix and has guests (901,950): renaming it to gpu1 would hide them; remove or move them first, or set initial_setup.hostname to phoenix; nothing was changed",
  },
  {
    what: "another name for a node of a cluster",
    concern: "hostname",
    settings: { hostname: "gpu1" },
    bad: ": >/etc/pve/corosync.conf",
    good: "rm /etc/pve/corosync.conf",
    message:
      "this node is called phoenix and is in a cluster: it cannot be renamed; set initial_setup.hostname to phoenix; nothing was changed",
  },
  {
    what: "no /etc/hosts",
    concern: "hosts",
    settings: { address: "10.0.0.13/24" },
    bad: "mv /etc/hosts /run/hosts",
    good: "mv /run/hosts /etc/hosts",
    message: "/etc/hosts is missing or empty; nothing was changed",
  },
  {
    what: "name servers that another program keeps",
    concern: "resolver",
    settings: { nameservers: ["9.9.9.9", "8.8.8.8"] },
    bad: "mv /etc/resolv.conf /run/stub.conf; ln -s /run/stub.conf /etc/resolv.conf",
    good: "rm /etc/resolv.conf; mv /run/stub.conf /etc/resolv.conf",
    message:
      "/etc/resolv.conf is a link to /run/stub.conf: another program keeps it; give that one the name servers 9.9.9.9 8.8.8.8, or make /etc/resolv.conf a file, and run again; nothing was changed",
  },
  {
    what: "no name server at all",
    concern: "resolver",
    settings: { nameservers: [] },
    message: "no name server is given; nothing was changed",
  },
  {
    what: "ufw that is not there",
    concern: "firewall",
    settings: firewall,
    message: "'ufw' is not installed on phoenix",
  },
  {
    what: "ufw on a node of a cluster",
    concern: "firewall",
    settings: firewall,
    bad: "apt-get -y update >/dev/null; apt-get -y install ufw >/dev/null; : >/etc/pve/corosync.conf",
    good: "rm /etc/pve/corosync.conf",
    message:
      "this node is in a cluster, which ufw would cut off from the others; set initial_setup.ufw to false and use Proxmox VE's firewall; nothing was changed",
  },
  {
    what: "a rule of somebody else that would count once ufw is on",
    concern: "firewall",
    settings: firewall,
    bad: "ufw deny from 10.0.0.0/24 >/dev/null",
    good: "ufw delete deny from 10.0.0.0/24 >/dev/null",
    message:
      "ufw is off and has the rule 'ufw deny from 10.0.0.0/24' of somebody else, which would count from now on; remove it ('ufw delete deny from 10.0.0.0/24') or switch ufw on by hand, then run again; nothing was changed",
  },
  {
    what: "a routed rule of somebody else, with the words that take it away",
    concern: "firewall",
    settings: firewall,
    bad: "ufw route deny in on vmbr0 >/dev/null",
    good: "ufw route delete deny in on vmbr0 >/dev/null",
    message:
      "ufw is off and has the rule 'ufw route deny in on vmbr0' of somebody else, which would count from now on; remove it ('ufw route delete deny in on vmbr0') or switch ufw on by hand, then run again; nothing was changed",
  },
  {
    what: "a rule that ufw does not understand",
    concern: "firewall",
    settings: { ...firewall, sshPort: 99999 },
    message:
      "ufw refused '--dry-run allow 99999/tcp': ERROR: Bad port; see 'ufw status' and 'ufw show added' on the node",
  },
];

describe("bad input and a host in a bad state", { skip: noLab }, () => {
  let node!: Node;
  let version = "";
  const fault = (...words: string[]) => labFault((node as unknown as { dir: string }).dir, words);

  before(async () => {
    node = await Node.prepared();
    await bringTools(node, ["timedatectl"]);
    version = (await node.sh("pveversion")).trim();
  });
  after(() => node.stop());

  for (const { what, concern, settings, bad, good, fault: order, environment, message } of table) {
    it(`${what}: said, and nothing is changed`, async () => {
      const step = steps.get(concern);
      assert.ok(step, concern);
      if (bad !== undefined) await node.sh(bad);
      if (order !== undefined) await fault("add", ...order);
      try {
        const wanted = message.replace("pve-manager/9.2.11/VERSION", version);
        await refuses(node, step, settings, wanted, environment && { environment });
      } finally {
        if (order !== undefined) await fault("clear");
        if (good !== undefined) await node.sh(good);
      }
    });
  }

  it("an installation that was cut off is finished first", async () => {
    const step = steps.get("packages");
    assert.ok(step);
    const settings = { packages: ["s-tui"] };
    for (const killAfter of [0.3, 0.6, 0.9]) {
      await runStep(node, step, settings, { killAfter });
      const again = await runStep(node, step, settings);
      assert.equal(again.code, 0, again.stderr);
      assert.deepEqual((await runStep(node, step, settings)).result, { changed: false, did: [] });
      assert.equal(await node.sh("dpkg --audit"), "");
      await node.sh("apt-get -y remove s-tui >/dev/null");
    }
  });

  it("SSH is let in on every port that it is reached on, before ufw is switched on", async () => {
    const step = steps.get("firewall");
    assert.ok(step);
    const environment = { SSH_CONNECTION: "10.0.0.253 50000 10.0.0.13 2222" };
    const answer = await runStep(node, step, firewall, { environment });
    assert.ok(answer.result?.did.includes("firewall: allow 2222/tcp"), answer.stderr);
    assert.equal(answer.result?.did.at(-1), "switched ufw on");
    // Somebody's own rate limit stays; it lets SSH in as well.
    await node.sh("ufw delete allow 2222/tcp >/dev/null; ufw limit 2222/tcp >/dev/null");
    const kept = await runStep(node, step, firewall, { environment });
    assert.deepEqual(kept.result, { changed: false, did: [] });
    assert.match(
      kept.stderr,
      /warning: ufw has 'limit 2222\/tcp', made by somebody else; it stays, and 'allow 2222\/tcp' is not added/,
    );
    await runStep(node, { script: step.remove! }, firewall);
    assert.equal(
      await node.sh("ufw status; ufw show added | tail -n 1"),
      "Status: inactive\nufw limit 2222/tcp\n",
    );
  });
});
