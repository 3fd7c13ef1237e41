/** The network, units, disks, devices and what else of a machine shows without its kernel and systemd. */
import { install, type Scenario } from "./types";

const interfaces = `printf 'auto lo\\niface lo inet loopback\\n\\nauto nic0\\niface nic0 inet manual\\n\\nauto vmbr0\\niface vmbr0 inet static\\n\\taddress 10.0.0.13/24\\n\\tgateway 10.0.0.1\\n\\tbridge-ports nic0\\n\\tbridge-stp off\\n\\tbridge-fd 0\\n' >/etc/network/interfaces; rm -rf /etc/network/interfaces.d; mkdir -p /etc/network/interfaces.d /run/network`;

export const network: Scenario = {
  tool: "ifreload and ip",
  programs: ["/usr/sbin/ifreload", "/usr/sbin/brctl"],
  package: "ifupdown2",
  real: `ip link add nic0 type veth peer name far; ip link set far up; ip link add vmbr0 type bridge; ${interfaces}`,
  lab: interfaces,
  // An interface's number.
  even: (text) => text.replace(/^\d+: /gm, "N: "),
  cases: [
    { line: "ifreload -a -s", of: ["ifreload -a -s"] },
    { line: "ifreload -a", of: ["ifreload -a"] },
    {
      line: "ip -4 -o address show dev vmbr0 scope global",
      of: ['ip -4 -o address show dev "$1" scope global', 'ip -4 -o address show dev "$name" scope global'],
    },
    { line: "ip -4 -o address show scope global", of: ["ip -4 -o address show scope global"] },
    { line: "ip -4 -o address show dev vmbr0", of: ['ip -4 -o address show dev "$1"'] },
    { line: "ip -4 route show default dev vmbr0", of: ['ip -4 route show default dev "$BRIDGE"'] },
    { line: "ip -4 route show default", of: ["ip -4 route show default"] },
    { line: "ip -4 -o address show dev lo scope global" },
    {
      line: "ip -4 -o address show dev nosuch scope global",
      of: ['ip -4 -o address show dev "$1" scope global'],
    },
    { line: "ip -4 route show default dev nosuch", of: ['ip -4 route show default dev "$BRIDGE"'] },
    {
      line: "sed -i s/10.0.0.13/10.0.0.14/ /etc/network/interfaces; ifreload -a; ip -4 -o address show dev vmbr0 scope global",
      of: ["ifreload -a"],
    },
    // Words differ by version; the refusal does not.
    {
      line: "sed -i 's/10.0.0.14.24/10.0.0.300/' /etc/network/interfaces; ifreload -a -s",
      of: ["ifreload -a -s"],
      compare: "code",
    },
    { line: "echo iface >>/etc/network/interfaces; ifreload -a -s", of: ["ifreload -a -s"], compare: "code" },
  ],
};

const unit =
  "[Unit]\\nDescription=judge\\n[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n";
const timer = "[Timer]\\nOnCalendar=weekly\\n[Install]\\nWantedBy=timers.target\\n";
const files = `printf '${unit}' >/etc/systemd/system/judge.service; printf '${timer}' >/etc/systemd/system/judge@.timer`;
const links = "find /etc/systemd/system -name 'judge*' -type l -printf '%p %l\\n'";
const enabled = ["docker", '"$1"', '"$NVIDIA_UNIT"', '"$timer"', '"$unit"'].map(
  (name) => `systemctl is-enabled --quiet ${name}`,
);

export const units: Scenario = {
  tool: "systemctl",
  programs: ["/usr/bin/systemctl"],
  package: "systemd",
  real: files,
  lab: `${files}; systemctl daemon-reload`,
  cases: [
    { line: "systemctl is-enabled --quiet judge", of: enabled },
    // Quotation marks and arrows differ by version.
    {
      line: `systemctl enable judge 2>/dev/null; ${links}`,
      of: [
        "systemctl enable docker",
        'service_try enable "$1" "could not be enabled"',
        'service_try enable "$NVIDIA_UNIT" "could not be enabled"',
        'systemctl "$1" "$2"',
      ],
    },
    { line: "systemctl is-enabled --quiet judge", of: enabled },
    {
      line: `systemctl disable judge 2>/dev/null; ${links}`,
      of: ['service_try disable "$unit" "could not be disabled"', 'systemctl "$1" "$2"'],
    },
    { line: `systemctl enable judge@bulk.timer 2>/dev/null; ${links}` },
    { line: "systemctl is-enabled --quiet judge@bulk.timer", of: ['systemctl is-enabled --quiet "$timer"'] },
    { line: `systemctl disable judge@bulk.timer 2>/dev/null; ${links}` },
    { line: "systemctl enable nosuch", of: ['systemctl "$1" "$2"'], compare: "code" },
    { line: "! systemctl is-enabled --quiet nosuch 2>/dev/null", of: enabled },
  ],
};

export const journal: Scenario = {
  tool: "journalctl",
  programs: ["/usr/bin/journalctl"],
  package: "systemd",
  cases: [
    {
      line: "journalctl -u nosuch -n 5 --no-pager -o cat",
      of: ['journalctl -u "$1" -n 5 --no-pager -o cat'],
    },
    { line: "journalctl --frob", compare: "code" },
  ],
};

const columns = "NAME,TYPE,FSTYPE,LABEL,UUID,PTTYPE,PARTLABEL,MOUNTPOINTS";

export const disks: Scenario = {
  tool: "lsblk and wipefs",
  programs: ["/usr/bin/lsblk", "/usr/sbin/wipefs"],
  package: "util-linux",
  cases: [
    { line: `lsblk -J -o ${columns} /dev/nosuch`, of: [`lsblk -J -o ${columns} "$1"`] },
    { line: "lsblk -bdno NAME,SIZE,TYPE,MODEL >/dev/null", of: ["lsblk -bdno NAME,SIZE,TYPE,MODEL"] },
    {
      line: "lsblk -brdno SIZE /dev/nosuch /dev/nosuch",
      of: ['lsblk -brdno SIZE "${seen[@]}"'],
      compare: "code",
    },
    { line: "lsblk -dnro PKNAME /dev/nosuch", of: ['lsblk -dnro PKNAME "$1"'] },
    { line: "lsblk -lno NAME /dev/nosuch", of: ['lsblk -lno NAME "$1"'] },
    { line: "lsblk -lnpo NAME,TYPE /dev/nosuch", of: ['lsblk -lnpo NAME,TYPE "$device"'] },
    {
      line: "lsblk -no FSTYPE,PTTYPE,MOUNTPOINT /dev/nosuch",
      of: ['lsblk -no FSTYPE,PTTYPE,MOUNTPOINT "$1"'],
    },
    { line: "lsblk -no NAME /etc/hosts", of: ['lsblk -no NAME "$1"'] },
    { line: "lsblk -o FROB" },
    {
      line: "wipefs --noheadings --output TYPE /dev/nosuch",
      of: ['wipefs --noheadings --output TYPE "/dev/$part"'],
    },
    { line: "wipefs -aq /dev/nosuch", of: ['wipefs -aq "$part"'] },
    { line: "lsblk --frob; wipefs --frob", compare: "code" },
  ],
};

export const devices: Scenario = {
  tool: "driverctl",
  programs: ["/usr/sbin/driverctl"],
  package: "driverctl",
  lab: install("driverctl"),
  cases: [
    { line: "driverctl set-override 0000:ff:1f.7 vfio-pci", of: ['driverctl "$@"'] },
    { line: "driverctl unset-override 0000:ff:1f.7", of: ['driverctl "$@"'] },
    { line: "driverctl set-override 0000:ff:1f.7; driverctl frob; driverctl" },
  ],
};

export const dkms: Scenario = {
  tool: "dkms",
  programs: ["/usr/sbin/dkms"],
  package: "dkms",
  lab: install("dkms"),
  cases: [
    { line: "dkms status", of: ["dkms status"] },
    {
      line: "dkms remove nvidia/580.76.05 --all",
      of: ['dkms remove "nvidia/$old" --all', 'dkms remove "nvidia/$version" --all'],
    },
    // Older ones say first with what they would sign.
    {
      line: "dkms install nvidia/580.76.05 -k 6.14.11-4-pve",
      of: ['dkms install "nvidia/$VERSION" -k "$1"', 'dkms install "nvidia/$VERSION" -k "$(uname -r)"'],
      compare: "stderr",
    },
  ],
};

const fetch = "curl -fsSL --proto '=https,file'";

export const download: Scenario = {
  tool: "curl",
  programs: ["/usr/bin/curl"],
  package: "curl",
  // The words for a protocol that is not allowed.
  even: (text) => text.replace(/ not supported or disabled in libcurl| disabled/, " refused"),
  cases: [
    {
      line: `${fetch} --max-time 60 -o /tmp/got file:///etc/hostname; cmp /tmp/got /etc/hostname`,
      of: ['curl -fsSL --proto \'=https,file\' --max-time 60 -o "$new" "$1"'],
    },
    {
      line: `${fetch} --max-time 60 -o /tmp/got file:///nosuch`,
      of: ['curl -fsSL --proto \'=https,file\' --max-time 60 -o "$new" "$1"'],
    },
    {
      line: `${fetch} --retry 3 -o /tmp/got http://example.org/key`,
      of: ['curl -fsSL --proto \'=https,file\' --retry 3 -o "$keyring.part" "$key_url"'],
    },
    {
      line: "curl -fsSL --proto =https,file --retry 0 --connect-timeout 30 -o /tmp/got https://nosuch.example/x",
      of: ['curl -fsSL --proto "=$allowed" --retry 3 --connect-timeout 30 -o "$part" "$url"'],
    },
    {
      line: "printf ab >/tmp/part; printf abcd >/srv/whole; curl -fsSL --proto =https,file --retry 3 --connect-timeout 30 -C - -o /tmp/part file:///srv/whole; cat /tmp/part",
      of: ['curl -fsSL --proto "=$allowed" --retry 3 --connect-timeout 30 -C - -o "$part" "$url"'],
    },
    { line: "curl --frob", compare: "code" },
  ],
};

export const kernel: Scenario = {
  tool: "kmod, udevadm and lspci",
  programs: ["/usr/sbin/rmmod", "/usr/bin/udevadm", "/usr/bin/lspci"],
  package: "kmod, udev and pciutils",
  cases: [
    { line: "rmmod nosuch", of: ['rmmod "$module"'] },
    { line: "rmmod" },
    // The words differ by version.
    { line: "modinfo -F version nosuch", of: ["modinfo -F version nvidia"], compare: "code" },
    { line: "udevadm settle -t 10 2>/dev/null", of: ["udevadm settle -t 10"] },
    { line: "udevadm settle --frob", compare: "code" },
    { line: "lspci -D >/dev/null", of: ["lspci -D"] },
  ],
};
