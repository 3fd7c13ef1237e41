/** apt-get and dpkg, with an archive of their own: here in a folder, on the lab in its network. */
import { install, type Judged, type Scenario } from "./types";

export const archive = `rm -f /etc/apt/apt.conf.d/* /etc/apt/sources.list.d/* /etc/apt/preferences.d/*
echo 'Acquire::Languages "en"; Acquire::Retries "0"; APT::Sandbox::User "root";' >/etc/apt/apt.conf.d/99judge
: >/var/lib/dpkg/status; rm -rf /var/lib/apt/lists/* /var/lib/dpkg/info/*
mkdir -p /srv/archive/dists/stable/main/binary-amd64 /srv/archive/pool /tmp/build; cd /srv/archive
make() {
  mkdir -p "/tmp/build/$1/DEBIAN"
  printf 'Package: %s\\nVersion: 1\\nArchitecture: amd64\\nMaintainer: judge <j@j>\\nDescription: judge\\n%b' "$1" "\${2:-}" >"/tmp/build/$1/DEBIAN/control"
  dpkg-deb -b "/tmp/build/$1" "pool/$1_1_amd64.deb" >/dev/null
}
make htop; make jq; make python3-yaml; make nfs-kernel-server 'Recommends: python3-yaml\\n'
for file in pool/*.deb; do
  dpkg-deb -f "$file"
  printf 'Filename: %s\\nSize: %s\\nSHA256: %s\\n\\n' "$file" "$(stat -c %s "$file")" "$(sha256sum <"$file" | cut -d' ' -f1)"
done >dists/stable/main/binary-amd64/Packages
cd dists/stable; list=main/binary-amd64/Packages
printf 'Origin: judge\\nSuite: stable\\nCodename: stable\\nDate: %s\\nArchitectures: amd64\\nComponents: main\\nSHA256:\\n %s %s %s\\n' \\
  "$(date -Ru)" "$(sha256sum <$list | cut -d' ' -f1)" "$(stat -c %s $list)" "$list" >Release
echo 'deb [trusted=yes] file:/srv/archive stable main' >/root/good`;

const node = 'apt-get -y -q -o "DPkg::Lock::Timeout=600"';
const guest = "apt-get -y -q -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold";
const inNode = 'apt-get -y -q -o "DPkg::Lock::Timeout=$((left > 0 ? left : 1))" "$@"';
const inGuest = 'apt-get -y -q -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold "$@"';

/** Every update that the scripts make, with these sources beside the good one. */
const updates = (...sources: string[]): Judged[] =>
  [
    { call: `${node} update --error-on=any`, of: ["packages_apt update --error-on=any", inNode] },
    { call: `${node} update`, of: ["packages_apt update", inNode] },
    { call: `${guest} update`, of: ["apt update", inGuest] },
    { call: "apt-get update", of: ["apt-get update"] },
  ].map(({ call, of }) => ({
    line: `printf '%s\\n' "$(cat /root/good)" ${sources.map((one) => `'${one}'`).join(" ")} >/etc/apt/sources.list; ${call} >/dev/null`,
    of,
  }));
const states = (...names: string[]) =>
  `for name in ${names.join(" ")}; do dpkg-query -W --showformat='\${db:Status-Status}\\n' "$name" 2>/dev/null | grep -x installed || echo no; done`;

export const apt: Scenario = {
  tool: "apt-get",
  programs: ["/usr/bin/apt-get", "/usr/bin/dpkg-deb"],
  package: "apt",
  real: archive,
  lab: `${install("jq")}; apt-get -y purge jq >/dev/null; rm -f /etc/apt/sources.list.d/*; echo 'deb http://deb.debian.org/debian trixie main' >/root/good`,
  even: (text) =>
    text.replace(/ {2}(Temporary failure resolving|Could not resolve) /g, "  Could not resolve "),
  cases: [
    ...updates(),
    ...updates("deb http://apt.gone.example/debian stable main"),
    ...updates("deb http://apt.gone.example/debian stable main", "deb http://b.gone.example/flat ./"),
    ...updates("deb foo://apt.gone.example/debian stable main"),
    ...updates("deb foo"),
    ...updates("deb foo stable main"),
    ...updates("dep http://a.example/d stable main"),
    ...updates(
      "deb [signed-by=/a] http://a.example/d stable main",
      "deb [signed-by=/b] http://a.example/d stable x",
    ),
    {
      line: `cat /root/good /root/good >/etc/apt/sources.list; ${node} update --error-on=any >/dev/null`,
      of: ["packages_apt update --error-on=any"],
    },
    {
      line: `${node} install --no-remove htop >/dev/null`,
      of: ['packages_apt install --no-remove "${missing[@]}"', inNode],
    },
    { line: `cp /root/good /etc/apt/sources.list; ${node} update >/dev/null; ${states("htop", "jq")}` },
    {
      line: `${node} install --no-remove nosuch htop`,
      of: ['packages_apt install --no-remove "${missing[@]}"'],
    },
    {
      line: `${node} install --no-remove nfs-kernel-server >/dev/null; ${states("nfs-kernel-server", "python3-yaml")}`,
      of: ['packages_apt install --no-remove "${missing[@]}"'],
    },
    {
      line: `${node} purge nfs-kernel-server python3-yaml >/dev/null; ${states("nfs-kernel-server", "python3-yaml")}`,
      of: ['packages_apt purge "${found[@]}"'],
    },
    {
      line: `${guest} install --no-install-recommends nfs-kernel-server >/dev/null; ${states("nfs-kernel-server", "python3-yaml")}`,
      of: ['apt install "${options[@]}" "${wanted[@]}"', inGuest],
    },
    { line: `${guest} install nosuch`, of: ['apt install "${options[@]}" "${wanted[@]}"', inGuest] },
    { line: `${node} dist-upgrade --no-remove >/dev/null`, of: ["packages_apt dist-upgrade --no-remove"] },
    {
      line: `${node} install --fix-broken --no-remove >/dev/null`,
      of: ["packages_apt install --fix-broken --no-remove"],
    },
    { line: `apt-get install -y jq >/dev/null; ${states("jq")}`, of: ["apt-get install -y jq"] },
    { line: "apt-get -y -q frob; apt-get -y -q install --frob jq", compare: "code" },
  ],
};

const status = "--showformat='${Package} ${db:Status-Status}\\n'";

export const dpkg: Scenario = {
  tool: "dpkg",
  programs: ["/usr/bin/dpkg-query"],
  package: "dpkg",
  cases: [
    { line: "dpkg --configure -a", of: ["dpkg --configure -a"] },
    { line: `dpkg-query -W ${status} bash coreutils`, of: [`dpkg-query -W ${status} "$@"`] },
    { line: `dpkg-query -W ${status} bash nosuch-package`, of: [`dpkg-query -W ${status} "$@"`] },
    {
      line: "dpkg-query -W -f '${db:Status-Status}\\n' bash",
      of: ["dpkg-query -W -f '${db:Status-Status}\\n' \"$name\""],
    },
    {
      line: "dpkg-query -W -f '${db:Status-Status}\\n' nosuch-package",
      of: ["dpkg-query -W -f '${db:Status-Status}\\n' \"$name\""],
    },
    {
      line: "dpkg-query -W --showformat='${db:Status-Status} ${Package}\\n' | grep -x 'installed bash'",
      of: ["dpkg-query -W --showformat='${db:Status-Status} ${Package}\\n'"],
    },
    {
      line: "dpkg-query -S /usr/share/keyrings/debian-archive-keyring.gpg",
      of: ['dpkg-query -S "$path"'],
    },
    { line: "dpkg-query -S /nosuch", of: ['dpkg-query -S "$path"'] },
    { line: "dpkg-query --frob", compare: "code" },
  ],
};
