import { describe } from "node:test";
import { answers, session } from "./answers";
import { labForTests } from "./labUnderTest";

const key = "6F71F525282841EEDAF851B42F59B5F99B1BE0B4";
/** MD5 of the output of `seq 300000`. */
const numbers = "daef482d6c698625ab13d987d14e8781";

describe("tools of a node", () => {
  // This machine file counts jq, sudo and visudo as missing, so that their stand-ins are proven.
  const lab = labForTests({ machine: "bare" });
  const client = session(lab);

  describe("jq where the machine has none", () => {
    answers(client, [
      [
        "apt-get update >/dev/null 2>&1; apt-get install -y jq sudo >/dev/null; readlink /usr/bin/jq",
        0,
        "../lib/phoenix-lab/client\n",
      ],
      [`jq -c .a <<<'{"a":[1,{"b":"x y"}]}'`, 0, '[1,{"b":"x y"}]\n'],
      [
        "jq -cn '{did: $ARGS.positional}' --args 'one thing' two; jq -cn '{did: $ARGS.positional}' --args",
        0,
        '{"did":["one thing","two"]}\n{"did":[]}\n',
      ],
      [`jq -j '(.a | tostring), "\\u0000"' <<<'{"a":"v"}' | od -An -c`, 0, "   v  \\0\n"],
      [`jq -e 'type == "object"' <<<'[]'`, 1, "false\n"],
      ["jq . <<<'{'", 5, "", "jq: parse error: Unfinished JSON term at EOF at line 2, column 0\n"],
      ["jq .q /nosuch", 2, "", "jq: error: Could not open file /nosuch: No such file or directory\n"],
      [
        `echo '{"q":1}' >/root/q; jq .q /root/q; jq -n --slurpfile f /root/q '$f[0].q + 1'; jq -nr --arg x 'a b' '$x'`,
        0,
        "1\n2\na b\n",
      ],
      [
        "echo '[1]' | jq -c .; jq -c . </root/q; jq -c . </dev/null; jq -c . < <(cat /root/q)",
        0,
        '[1]\n{"q":1}\n{"q":1}\n',
      ],
      ["printf 'rest' | { jq -n 1; cat; }", 0, "1\nrest"],
      ["printf '1 2 3' | jq -n 'input, input'", 0, "1\n2\n"],
      ["seq 300000 | jq -c . | md5sum; seq 300000 | md5sum", 0, `${numbers}  -\n`.repeat(2)],
      [
        `jq -rj '"  a\\n", "b\\u0000", "\\u0000\\n\\n"' <<<0 | od -An -c`,
        0,
        "           a  \\n   b  \\0  \\0  \\n  \\n\n",
      ],
    ]);
  });

  describe("downloads", () => {
    answers(client, [
      ["curl -fsSL https://nosuch.example/x", 6, "", "curl: (6) Could not resolve host: nosuch.example\n"],
      [
        "curl -fsSL https://deb.nodesource.com/x",
        22,
        "",
        "curl: (22) The requested URL returned error: 404\n",
      ],
      [
        "curl -fsSL --proto =https http://deb.nodesource.com/x",
        1,
        "",
        'curl: (1) Protocol "http" disabled\n',
      ],
      ["curl --frob https://x", 2, "", "curl: the lab does not simulate --frob\n"],
      ["curl -s file:///etc/hostname", 0, "bare\n"],
      ["wget https://nosuch.example/", 4, "", "wget: unable to resolve host address ‘nosuch.example’\n"],
      ["wget -nv -O /root/k https://deb.nodesource.com/x", 8, ""],
      [
        "curl -fsSL -o /root/k https://deb.nodesource.com/gpgkey/nodesource-repo.gpg.key && gpg --batch --with-colons --show-keys /root/k | grep ^fpr",
        0,
        `fpr:::::::::${key}:\n`,
      ],
      [
        "gpg --dearmor </root/k >/root/k.gpg; gpg --with-colons --show-keys /root/k.gpg | grep ^fpr",
        0,
        `fpr:::::::::${key}:\n`,
      ],
    ]);
  });

  describe("checks", () => {
    answers(client, [
      ["visudo -c", 0, "/etc/sudoers: parsed OK\n/etc/sudoers.d/README: parsed OK\n"],
      [
        "echo 'bad line here x' >/root/s; visudo -cf /root/s",
        1,
        "",
        `/root/s:1:16: syntax error\nbad line here x\n${" ".repeat(15)}^\n`,
      ],
      ["echo 'joe ALL=(ALL:ALL) NOPASSWD: ALL' >/root/s; visudo -cf /root/s", 0, "/root/s: parsed OK\n"],
      ["sshd -T | head -n 1", 0, "port 22\n"],
      [
        "sysctl -n vm.swappiness; sysctl -w vm.swappiness=10; sysctl nosuch.key",
        255,
        "60\nvm.swappiness = 10\n",
        "sysctl: cannot stat /proc/sys/nosuch/key: No such file or directory\n",
      ],
    ]);
  });

  describe("time and name", () => {
    answers(client, [
      [
        "timedatectl set-timezone Mars/X",
        1,
        "",
        "Failed to set time zone: Invalid or not installed time zone 'Mars/X'\n",
      ],
      [
        "timedatectl set-timezone Europe/Berlin; readlink /etc/localtime; timedatectl show -p Timezone --value",
        0,
        "../usr/share/zoneinfo/Europe/Berlin\nEurope/Berlin\n",
      ],
      ["hostnamectl set-hostname -- 'a b'", 1, "", "hostnamectl: the lab does not simulate --\n"],
      ["hostnamectl set-hostname other; hostname; cat /etc/hostname", 0, "other\nother\n"],
      [
        "proxmox-boot-tool refresh | tail -n 1; update-initramfs -u",
        0,
        "No /etc/kernel/proxmox-boot-uuids found, skipping ESP sync.\nupdate-initramfs: Generating /boot/initrd.img-6.14.11-4-pve\n",
      ],
    ]);
  });
});
