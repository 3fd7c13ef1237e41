import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answers, session } from "./answers";
import { labForTests, run } from "./labUnderTest";

const lists = "Reading package lists...\nBuilding dependency tree...\nReading state information...\n";
const unsigned =
  "N: Updating from such a repository can't be done securely, and is therefore disabled by default.\n" +
  "N: See apt-secure(8) manpage for repository creation and user configuration details.\n";
const refused = (name: string) =>
  `E: Failed to fetch https://enterprise.proxmox.com/debian/${name}/dists/trixie/InRelease  401  Unauthorized [IP: 51.91.38.34 443]\n` +
  `E: The repository 'https://enterprise.proxmox.com/debian/${name} trixie InRelease' is not signed.\n${unsigned}`;
const unauthorized = "  401  Unauthorized [IP: 51.91.38.34 443]\n";
const folder = "/etc/apt/sources.list.d";

describe("packages on a bare node", () => {
  const lab = labForTests({ machine: "bare" });
  const client = session(lab);

  describe("before the lists were read, and with repositories that need a subscription", () => {
    answers(client, [
      ["command -v jq", 1, ""],
      ["apt-get install -y jq", 100, lists, "E: Unable to locate package jq\n"],
      ["apt-get frobnicate", 100, "", "E: Invalid operation frobnicate\n"],
      ["apt-get install -y --frob jq", 100, "", "E: apt-get: the lab does not simulate --frob\n"],
      [
        "apt-get update",
        100,
        `Err:1 https://enterprise.proxmox.com/debian/ceph-squid trixie InRelease\n${unauthorized}` +
          "Get:2 http://deb.debian.org/debian trixie InRelease\nGet:3 http://deb.debian.org/debian trixie-updates InRelease\n" +
          `Err:4 https://enterprise.proxmox.com/debian/pve trixie InRelease\n${unauthorized}Reading package lists...\n`,
        refused("ceph-squid") + refused("pve"),
      ],
      ["apt-get install -y nosuch jq", 100, lists, "E: Unable to locate package nosuch\n"],
      [
        "apt-get install jq </dev/null",
        1,
        `${lists}The following additional packages will be installed:\n  libjq1 libonig5\nThe following NEW packages will be installed:\n  jq libjq1 libonig5\n` +
          "0 upgraded, 3 newly installed, 0 to remove and 1 not upgraded.\nDo you want to continue? [Y/n] Abort.\n",
      ],
      [
        "apt-get install -y -q -o DPkg::Lock::Timeout=60 -o Dpkg::Options::=--force-confold jq | tail -n 3; command -v jq",
        0,
        "Setting up libonig5 (6.9.9-1+b1) ...\nSetting up libjq1 (1.7.1-6+deb13u1) ...\nSetting up jq (1.7.1-6+deb13u1) ...\n/usr/bin/jq\n",
      ],
      [
        "apt-get install -y jq",
        0,
        `${lists}jq is already the newest version (1.7.1-6+deb13u1).\n0 upgraded, 0 newly installed, 0 to remove and 1 not upgraded.\n`,
      ],
      ["dpkg-query -W -f '${db:Status-Status} ${Version}\\n' jq", 0, "installed 1.7.1-6+deb13u1\n"],
      ["dpkg-query -W htop", 1, "", "dpkg-query: no packages found matching htop\n"],
      [
        "dpkg -s htop",
        1,
        "",
        "dpkg-query: package 'htop' is not installed and no information is available\nUse dpkg --info (= dpkg-deb --info) to examine archive files.\n",
      ],
      [
        "apt-mark showmanual | grep -x -e jq -e libjq1; apt-mark showauto | grep -e jq -e onig",
        0,
        "jq\nlibjq1\nlibonig5\n",
      ],
      [
        "apt-mark hold jq; apt-mark hold jq; apt-mark unhold jq",
        0,
        "jq set on hold.\njq was already set on hold.\nCanceled hold on jq.\n",
      ],
      [
        "apt-cache policy jq; apt-cache madison htop",
        0,
        "jq:\n  Installed: 1.7.1-6+deb13u1\n  Candidate: 1.7.1-6+deb13u1\n  Version table:\n *** 1.7.1-6+deb13u1 500\n" +
          "        500 http://deb.debian.org/debian trixie/main amd64 Packages\n        100 /var/lib/dpkg/status\n" +
          "      htop | 3.4.1-5 | http://deb.debian.org/debian trixie/main amd64 Packages\n",
      ],
      [
        "apt-get remove -y jq >/dev/null; command -v jq; apt-get autoremove -y | tail -n 2",
        0,
        "Removing libjq1 (1.7.1-6+deb13u1) ...\nRemoving libonig5 (6.9.9-1+b1) ...\n",
      ],
      ["dpkg --compare-versions 1.0~rc1 lt 1.0 && dpkg --compare-versions 1:1 gt 9-1; echo $?", 0, "0\n"],
    ]);
  });

  describe("configuration files", () => {
    answers(client, [
      [
        "apt-get install -y ufw >/dev/null; stat -c %a /etc/ufw/user.rules; command -v ufw",
        0,
        "640\n/usr/sbin/ufw\n",
        "Created symlink '/etc/systemd/system/multi-user.target.wants/ufw.service' → '/usr/lib/systemd/system/ufw.service'.\n".slice(
          0,
          0,
        ),
      ],
      [
        "echo mine >>/etc/default/ufw; apt-get remove -y ufw >/dev/null; tail -n 1 /etc/default/ufw; dpkg -l ufw | tail -n 1 | cut -c 1-7",
        0,
        "mine\nrc  ufw\n",
      ],
      ["apt-get install -y ufw >/dev/null; tail -n 1 /etc/default/ufw", 0, "mine\n"],
      [
        "apt-get purge -y ufw | tail -n 2; ls /etc/default/ufw",
        2,
        "Removing ufw (0.36.2-9) ...\nPurging configuration files for ufw (0.36.2-9) ...\n",
        "ls: cannot access '/etc/default/ufw': No such file or directory\n",
      ],
    ]);
  });

  describe("sources that apt cannot read", () => {
    const broken = (name: string, text: string, message: string): [string, number, string, string] => [
      `printf '${text}' >${folder}/${name}; apt-get update; code=$?; rm ${folder}/${name}; exit $code`,
      100,
      "",
      `E: ${message}\nE: The list of sources could not be read.\n`,
    ];
    answers(client, [
      broken(
        "x.sources",
        "URIs: http://deb.debian.org/debian\\n",
        `Malformed stanza 1 in source list ${folder}/x.sources (type)`,
      ),
      broken(
        "x.sources",
        "Types: deb\\nSuites: trixie\\nComponents: main\\n",
        `Malformed entry 1 in sources file ${folder}/x.sources (URI)`,
      ),
      broken(
        "x.sources",
        "Types: deb\\nURIs: http://a.b/c\\nComponents: main\\n",
        `Malformed entry 1 in sources file ${folder}/x.sources (Suite)`,
      ),
      broken(
        "x.sources",
        "Types: deb\\nURIs: http://a.b/c\\nSuites: trixie\\n",
        `Malformed entry 1 in sources file ${folder}/x.sources (Component)`,
      ),
      broken(
        "x.sources",
        "Types: rpm\\nURIs: http://a.b/c\\nSuites: trixie\\nComponents: main\\n",
        `Type 'rpm' is not known on stanza 1 in source list ${folder}/x.sources`,
      ),
      broken(
        "x.list",
        "dep http://a.b/c trixie main\\n",
        `Type 'dep' is not known on line 1 in source list ${folder}/x.list`,
      ),
      broken("x.list", "\\ndeb http://a.b/c\\n", `Malformed entry 2 in list file ${folder}/x.list (Suite)`),
    ]);
  });

  describe("repositories that do not answer as they should", () => {
    const only = (line: string, more = "") =>
      `mkdir -p /root/kept; mv ${folder}/* /root/kept; echo '${line}' >${folder}/x.list; apt-get update ${more}; code=$?; rm ${folder}/x.list; mv /root/kept/* ${folder}; exit $code`;
    answers(client, [
      [
        only("deb http://nosuch.example/debian trixie main"),
        0,
        "Err:1 http://nosuch.example/debian trixie InRelease\n  Could not resolve 'nosuch.example'\nReading package lists...\n",
        "W: Failed to fetch http://nosuch.example/debian/dists/trixie/InRelease  Could not resolve 'nosuch.example'\n" +
          "W: Some index files failed to download. They have been ignored, or old ones used instead.\n",
      ],
      [
        only("deb http://nosuch.example/debian trixie main", "--error-on=any"),
        100,
        "Err:1 http://nosuch.example/debian trixie InRelease\n  Could not resolve 'nosuch.example'\nReading package lists...\n",
        "E: Failed to fetch http://nosuch.example/debian/dists/trixie/InRelease  Could not resolve 'nosuch.example'\n" +
          "E: Some index files failed to download. They have been ignored, or old ones used instead.\n",
      ],
      [
        only("deb http://download.proxmox.com/debian/pve sid pve-no-subscription"),
        100,
        "Err:1 http://download.proxmox.com/debian/pve sid InRelease\n  404  Not Found\nReading package lists...\n",
        `E: The repository 'http://download.proxmox.com/debian/pve sid Release' does not have a Release file.\n${unsigned}`,
      ],
      [
        only(
          "deb [signed-by=/etc/nosuch.gpg] http://download.proxmox.com/debian/pve trixie pve-no-subscription",
        ),
        100,
        'Err:1 http://download.proxmox.com/debian/pve trixie InRelease\n  Sub-process /usr/bin/sqv returned an error code (1), error message is: Error: Failed to parse keyring "/etc/nosuch.gpg"  Caused by:     0: Reading "/etc/nosuch.gpg": No such file or directory (os error 2)     1: No such file or directory (os error 2)\nReading package lists...\n',
        'W: OpenPGP signature verification failed: http://download.proxmox.com/debian/pve trixie InRelease: Sub-process /usr/bin/sqv returned an error code (1), error message is: Error: Failed to parse keyring "/etc/nosuch.gpg"  Caused by:     0: Reading "/etc/nosuch.gpg": No such file or directory (os error 2)     1: No such file or directory (os error 2)\n' +
          `E: The repository 'http://download.proxmox.com/debian/pve trixie InRelease' is not signed.\n${unsigned}`,
      ],
      [
        only(
          "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://download.proxmox.com/debian/pve trixie pve-no-subscription",
        ),
        100,
        "Err:1 http://download.proxmox.com/debian/pve trixie InRelease\n  Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key 24B30F06ECC1836A4E5EFECBA7BCD1420BFE778E, which is needed to verify signature.\nReading package lists...\n",
        "W: OpenPGP signature verification failed: http://download.proxmox.com/debian/pve trixie InRelease: Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key 24B30F06ECC1836A4E5EFECBA7BCD1420BFE778E, which is needed to verify signature.\n" +
          `E: The repository 'http://download.proxmox.com/debian/pve trixie InRelease' is not signed.\n${unsigned}`,
      ],
    ]);
  });

  // Measured with apt 2.6.1: a warning of each update; it fails nothing.
  describe("a repository that is there twice", () => {
    const list = "/etc/apt/sources.list";
    const debian = "deb http://deb.debian.org/debian trixie main contrib";
    const target = (what: string, component: string) =>
      `W: Target ${what} is configured multiple times in ${list}:2 and ${folder}/debian.sources:1\n`.replace(
        "COMPONENT",
        component,
      );
    const twice = ["main", "contrib"]
      .flatMap((component) => [
        target("Packages (COMPONENT/binary-amd64/Packages)", component),
        target("Packages (COMPONENT/binary-all/Packages)", component),
        target("Translations (COMPONENT/i18n/Translation-en)", component),
      ])
      .join("");
    const off = `sed -i 's/^Enabled:.*//; $a Enabled: no' ${folder}/*enterprise* ${folder}/ceph.sources`;
    answers(client, [
      [
        `${off}; printf '# one more\n${debian}\n' >${list}; apt-get update --error-on=any >/dev/null`,
        0,
        "",
        twice + twice,
      ],
      ["apt-get install -y htop >/dev/null", 0, ""],
      ["apt-get clean", 0, ""],
      [
        `sed -i '2s/deb /deb [signed-by=\\/etc\\/other.gpg] /' ${list}; apt-get install -y htop`,
        100,
        "Reading package lists...\n",
        `E: Conflicting values set for option Signed-By regarding source http://deb.debian.org/debian/ trixie: /etc/other.gpg != /usr/share/keyrings/debian-archive-keyring.gpg\nE: The list of sources could not be read.\n`,
      ],
      [`rm -f ${list}; apt-get update --error-on=any >/dev/null`, 0, ""],
    ]);
  });

  test("an upgrade brings a kernel, which runs after a reboot; the boot id is another one", async () => {
    const source =
      "Types: deb\\nURIs: http://download.proxmox.com/debian/pve\\nSuites: trixie\\nComponents: pve-no-subscription\\nSigned-By: /usr/share/keyrings/proxmox-archive-keyring.gpg\\n";
    const sh = async (command: string) => (await run(client(), command)).stdout;
    await sh(
      `rm ${folder}/pve-enterprise.sources ${folder}/ceph.sources; printf '${source}' >${folder}/proxmox.sources`,
    );
    assert.equal((await run(client(), "apt-get update")).code, 0);
    assert.equal(
      await sh(
        "apt-get -y --no-remove dist-upgrade | grep upgraded,; apt-get -y dist-upgrade | grep upgraded,",
      ),
      "4 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n",
    );
    assert.equal(
      await sh("ls /boot/vmlinuz-*; uname -r"),
      "/boot/vmlinuz-6.14.11-4-pve\n/boot/vmlinuz-6.17.2-1-pve\n6.14.11-4-pve\n",
    );
    const before = await sh("cat /proc/sys/kernel/random/boot_id");
    await sh("echo gone >/run/mark; echo kept >/root/mark; reboot");
    const gone = new Promise((resolve) => client().once("close", () => resolve(undefined)));
    await gone;
    await assert.rejects(lab.sh("true"), { code: "ECONNREFUSED" });
    const end = Date.now() + 15_000;
    const up = async () => {
      for (;;) {
        try {
          return await lab.sh(
            "cat /proc/sys/kernel/random/boot_id; uname -r; ls /run/mark; cat /root/mark; systemctl is-active ssh",
          );
        } catch (error) {
          assert.ok(Date.now() < end, String(error));
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    };
    const after = await up();
    const [id = "", ...rest] = after.stdout.split("\n");
    assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.notEqual(id, before.trim());
    assert.deepEqual(rest, ["6.17.2-1-pve", "kept", "active", ""]);
    assert.equal(after.stderr, "ls: cannot access '/run/mark': No such file or directory\n");
  });
});
