import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { answers, session } from "./answers";
import { labForTests, type LabUnderTest, run } from "./labUnderTest";

/** What a new connection to the SSH server hears within a time, in milliseconds. */
function greeting(lab: LabUnderTest, wait: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect(lab.info.ssh.port, "127.0.0.1");
    socket.on("error", reject);
    socket.on("data", (data) => (heard += data.toString()));
    setTimeout(() => {
      socket.destroy();
      resolve(heard);
    }, wait);
  });
}

const both = (text: string) => `${text}\n${text} (v6)\n`;
const head = "To                         Action      From\n--                         ------      ----\n";
const row = (to: string, action: string, from: string) =>
  `${to.padEnd(26)} ${action.padEnd(12)}${from.padEnd(26)}\n`;

// Texts of ufw 0.36.2 (src/frontend.py, src/backend_iptables.py, src/parser.py).
describe("ufw", () => {
  const lab = labForTests();
  const client = session(lab);

  describe("rules and answers", () => {
    answers(client, [
      ["command -v ufw", 1, ""],
      [
        "apt-get update >/dev/null 2>&1; apt-get install -y ufw >/dev/null; ufw status",
        0,
        "Status: inactive\n",
      ],
      ["ufw show added", 0, "Added user rules (see 'ufw status' for running firewall):\n(None)\n"],
      ["ufw allow OpenSSH", 0, both("Rules updated")],
      [
        "ufw allow OpenSSH; ufw --dry-run allow OpenSSH",
        0,
        both("Skipping adding existing rule") + both("Skipping adding existing rule"),
      ],
      ["ufw allow 8006/tcp", 0, both("Rules updated")],
      ["ufw allow from 10.0.0.77/24 to any port 2049 proto tcp", 0, "Rules updated\n"],
      [
        "ufw limit 22/tcp comment 'slow down'; ufw route allow in on vmbr0 out on vmbr0",
        0,
        both("Rules updated") + both("Rules updated"),
      ],
      [
        "ufw show added",
        0,
        "Added user rules (see 'ufw status' for running firewall):\nufw allow OpenSSH\nufw allow 8006/tcp\nufw allow from 10.0.0.0/24 to any port 2049 proto tcp\nufw limit 22/tcp comment 'slow down'\nufw route allow in on vmbr0 out on vmbr0\n",
      ],
      ["ufw --force enable", 0, "Firewall is active and enabled on system startup\n"],
      [
        "ufw delete limit 22/tcp; ufw route delete allow in on vmbr0 out on vmbr0",
        0,
        both("Rule deleted") + both("Rule deleted"),
      ],
      ["ufw delete allow 99/udp", 0, both("Could not delete non-existent rule")],
      [
        "ufw status verbose",
        0,
        "Status: active\nLogging: on (low)\nDefault: deny (incoming), allow (outgoing), disabled (routed)\nNew profiles: skip\n\n" +
          head +
          row("OpenSSH", "ALLOW IN", "Anywhere") +
          row("8006/tcp", "ALLOW IN", "Anywhere") +
          row("2049/tcp", "ALLOW IN", "10.0.0.0/24") +
          row("OpenSSH (v6)", "ALLOW IN", "Anywhere (v6)") +
          row("8006/tcp (v6)", "ALLOW IN", "Anywhere (v6)") +
          "\n",
      ],
      ["ufw status numbered | sed -n 5p", 0, `[ 1] ${row("OpenSSH", "ALLOW IN", "Anywhere")}`],
      ["echo n | ufw delete 2", 0, "Deleting:\n allow 8006/tcp\nProceed with operation (y|n)? Aborted\n"],
      ["ufw --force delete 9", 1, "", "ERROR: Could not find rule '9'\n"],
      ["ufw allow 70000", 1, "", "ERROR: Bad port\n"],
      ["ufw allow Nosuch", 1, "", "ERROR: Could not find a profile matching 'Nosuch'\n"],
      ["ufw allow from 10.0.0.300 to any", 1, "", "ERROR: Bad source address\n"],
      ["ufw allow to any port 22 proto xyz", 1, "", "ERROR: Unsupported protocol 'xyz'\n"],
      ["ufw allow 1,2", 1, "", "ERROR: Must specify 'tcp' or 'udp' with multiple ports\n"],
      ["ufw allow | sed -n 2p; exit ${PIPESTATUS[0]}", 1, "Usage: ufw COMMAND\n", "ERROR: Invalid syntax\n"],
      ["ufw frob >/dev/null", 1, "", "ERROR: Invalid syntax\n"],
      ["ufw delete route allow in on vmbr0 out on vmbr0 >/dev/null", 1, "", "ERROR: Invalid syntax\n"],
      ["ufw route delete 1", 1, "", "ERROR: 'route delete NUM' unsupported. Use 'delete NUM' instead.\n"],
      [
        "ufw default deny incoming",
        0,
        "Default incoming policy changed to 'deny'\n(be sure to update your rules accordingly)\n",
      ],
      ["ufw app info OpenSSH | tail -n 2", 0, "Port:\n  22/tcp\n"],
    ]);
  });

  test("without a rule for SSH, open connections stay and new ones get no answer", async () => {
    assert.equal((await run(client(), "ufw delete allow OpenSSH")).stdout, both("Rule deleted"));
    assert.equal(await greeting(lab, 1500), "");
    assert.equal((await run(client(), "ufw allow from 192.0.2.0/24 to any port 22")).stdout, "Rule added\n");
    assert.equal(await greeting(lab, 1500), "");
    assert.equal((await run(client(), "ufw allow from 10.0.0.0/24 to any port 22")).stdout, "Rule added\n");
    assert.equal((await lab.sh("echo in")).stdout, "in\n");
  });
});

describe("the host's interfaces", () => {
  const lab = labForTests();
  const client = session(lab);
  const file = "/etc/network/interfaces";

  answers(client, [
    [
      "ip -4 -o address show dev vmbr0 scope global",
      0,
      "3: vmbr0    inet 10.0.0.13/24 scope global vmbr0\\       valid_lft forever preferred_lft forever\n",
    ],
    ["ip -4 route show default dev vmbr0", 0, "default via 10.0.0.1 proto kernel onlink \n"],
    ["ip -br link show type bridge | cut -d' ' -f1", 0, "vmbr0\n"],
    ["ip address show dev nosuch", 1, "", 'Device "nosuch" does not exist.\n'],
    ["ip frob", 255, "", 'Object "frob" is unknown, try "ip help".\n'],
    [
      "ifreload -a -s && ifreload -a && ifquery -c vmbr0",
      0,
      "auto vmbr0\niface vmbr0 inet static   [pass]\n\taddress 10.0.0.13/24   [pass]\n\tgateway 10.0.0.1   [pass]\n\n",
    ],
    [
      "ifup nosuch",
      1,
      "",
      "error: main exception: cannot find interfaces: nosuch (interface was probably never up ?)\n",
    ],
    [
      `sed -i s/gateway/gatewya/ ${file}; ifreload -a; code=$?; sed -i s/gatewya/gateway/ ${file}; exit $code`,
      1,
      "",
      `error: ${file}: line9: iface vmbr0: unsupported keyword (gatewya)\n`,
    ],
    ["ip address add 10.0.0.13/24 dev vmbr0", 2, "", "Error: ipv4: Address already assigned.\n"],
    [
      "ls /sys/class/net; cat /sys/class/net/vmbr0/operstate; ls /sys/class/net/vmbr0/brif",
      0,
      "lo\nnic0\nvmbr0\nup\nnic0\n",
    ],
  ]);

  test("a wrong address cuts every connection; they go on when it is taken back", async () => {
    const guard = `cp ${file} /root/kept; (sleep 2; cp /root/kept ${file}; ifreload -a) </dev/null >/dev/null 2>&1 & sed -i s/10.0.0.13/192.0.2.13/ ${file}; ifreload -a; sleep 0.2; echo here`;
    const begun = Date.now();
    const cut = run(client(), guard);
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.equal(await greeting(lab, 500), "");
    assert.deepEqual(await cut, { code: 0, stdout: "here\n", stderr: "" });
    assert.ok(Date.now() - begun >= 1900, "its end arrived only after the way back");
    assert.equal((await lab.sh("echo in")).stdout, "in\n");
  });
});
