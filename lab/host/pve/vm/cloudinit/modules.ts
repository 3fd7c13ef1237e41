/** cloud-init's modules, as far as the lab has them, in the order in which they run. */
import type { Host } from "../../../types";

export type CloudConfig = Record<string, unknown>;

export interface Module {
  name: string;
  /** Keys of the configuration that it reads. */
  keys: string[];
  /** Runs before the services of the system start. */
  early?: true;
  /** Answers what it printed; throws what it fails with. */
  run: (guest: Host, config: CloudConfig) => Promise<string>;
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const strings = (value: unknown): string[] => (typeof value === "string" ? [value] : list(value).map(String));
const tree = (value: unknown): CloudConfig =>
  typeof value === "object" && value !== null ? (value as CloudConfig) : {};
const truth = (value: unknown): boolean => value === true || value === "true" || value === "True";

/** Runs a script in the guest, with arguments. */
async function sh(guest: Host, script: string, args: string[] = [], input?: string): Promise<string> {
  const done = await guest.run(["bash", "-euc", script, "cloud-init", ...args], {
    ...(input !== undefined && { input }),
  });
  if (done.code !== 0) throw new Error((done.stderr || done.stdout).trim() || `exit code ${done.code}`);
  return done.stdout + done.stderr;
}

/** A list of commands, each a line for the shell or a list of words; one that fails does not stop the next. */
async function commands(guest: Host, entries: unknown[]): Promise<string> {
  let output = "";
  let failed = false;
  for (const entry of entries) {
    const argv = Array.isArray(entry) ? entry.map(String) : ["sh", "-c", String(entry)];
    const done = await guest.run(argv);
    output += done.stdout + done.stderr;
    failed ||= done.code !== 0;
  }
  if (failed) throw new Error(`Runparts: 1 failures (runcmd) in 1 attempted commands\n${output.trim()}`);
  return output;
}

const WRITE = `mkdir -p "$(dirname "$1")"; umask 077
if [ "$4" = append ]; then cat >>"$1"; else cat >"$1"; fi
chmod "$2" "$1"; [ -z "$3" ] || chown "$3" "$1"`;

async function writeFiles(guest: Host, config: CloudConfig, deferred: boolean): Promise<string> {
  for (const entry of list(config["write_files"]).map(tree)) {
    if (truth(entry["defer"]) !== deferred) continue;
    const encoding = text(entry["encoding"]) ?? "text/plain";
    let content = text(entry["content"]) ?? "";
    if (/^(b64|base64)$/.test(encoding)) content = Buffer.from(content, "base64").toString("utf8");
    else if (encoding !== "text/plain")
      throw new Error(`the lab does not simulate the encoding '${encoding}'`);
    const given = entry["permissions"];
    const mode = typeof given === "number" ? given.toString(8) : (text(given) ?? "0644");
    const how = truth(entry["append"]) ? "append" : "replace";
    await sh(guest, WRITE, [String(entry["path"]), mode, text(entry["owner"]) ?? "", how], content);
  }
  return "";
}

const HOSTNAME = `printf '%s\\n' "$1" >/etc/hostname; hostname "$1"
if [ "$3" = yes ]; then
  printf '127.0.1.1 %s %s\\n127.0.0.1 localhost\\n\\n::1 localhost ip6-localhost ip6-loopback\\n' "$2" "$1" >/etc/hosts
fi`;

/** Hashes are taken as they are; anything else is a password (cc_set_passwords). */
const PASSWORD = `IFS= read -r line
case \${line#*:} in
'$1$'* | '$2a$'* | '$2y$'* | '$5$'* | '$6$'* | '$y$'*) printf '%s\\n' "$line" | chpasswd -e ;;
*) printf '%s\\n' "$line" | chpasswd ;;
esac`;

const USER = `name=$1 gecos=$2 groups=$3 shell=$4 sudo=$5
if [ "$name" != root ]; then
  for group in \${groups//,/ }; do getent group "$group" >/dev/null || groupadd "$group"; done
  id -u "$name" >/dev/null 2>&1 || useradd -m -U -c "$gecos" -s "$shell" -G "$groups" "$name"
fi
home=$(getent passwd "$name" | cut -d: -f6)
keys=$(cat)
if [ -n "$keys" ]; then
  mkdir -p -m 700 "$home/.ssh"
  touch "$home/.ssh/authorized_keys"
  while IFS= read -r key; do
    grep -qxF -- "$key" "$home/.ssh/authorized_keys" || printf '%s\\n' "$key" >>"$home/.ssh/authorized_keys"
  done <<<"$keys"
  chmod 600 "$home/.ssh/authorized_keys"
  chown -R "$name:" "$home/.ssh"
fi
if [ -n "$sudo" ]; then
  mkdir -p -m 750 /etc/sudoers.d
  printf '%s %s\\n' "$name" "$sudo" >>/etc/sudoers.d/90-cloud-init-users
  chmod 440 /etc/sudoers.d/90-cloud-init-users
fi`;

const NOPASSWD = "ALL=(ALL) NOPASSWD:ALL";

interface User {
  name: string;
  gecos: string;
  groups: string;
  shell: string;
  sudo: string;
  keys: string[];
  password?: string;
}

/** The image's own user, under the name that `user` gives it; `users` without `default` leaves it out. */
function users(config: CloudConfig): User[] {
  const keys = strings(config["ssh_authorized_keys"]);
  const given = config["user"];
  const own = tree(tree(config["system_info"])["default_user"]);
  const name = text(given) ?? text(tree(given)["name"]) ?? text(own["name"]) ?? "ubuntu";
  const standard: User = {
    name,
    gecos: text(own["gecos"]) ?? "",
    groups: strings(own["groups"]).join(","),
    shell: "/bin/bash",
    sudo: name === "root" ? "" : NOPASSWD,
    keys,
  };
  if (config["users"] === undefined) return [standard];
  return list(config["users"]).map((entry): User => {
    if (entry === "default") return standard;
    const one = tree(entry);
    const groups = Array.isArray(one["groups"]) ? strings(one["groups"]).join(",") : text(one["groups"]);
    const sudo = Array.isArray(one["sudo"]) ? strings(one["sudo"])[0] : text(one["sudo"]);
    const password = text(one["passwd"]) ?? text(one["hashed_passwd"]) ?? text(one["plain_text_passwd"]);
    return {
      name: String(one["name"] ?? entry),
      gecos: text(one["gecos"]) ?? "",
      groups: groups ?? "",
      shell: text(one["shell"]) ?? "/bin/sh",
      sudo: sudo ?? "",
      keys: strings(one["ssh_authorized_keys"]),
      ...(password !== undefined && { password }),
    };
  });
}

async function makeUsers(guest: Host, config: CloudConfig): Promise<string> {
  for (const { name, gecos, groups, shell, sudo, keys, password } of users(config)) {
    await sh(guest, USER, [name, gecos, groups, shell, sudo], keys.join("\n"));
    if (password !== undefined) await sh(guest, PASSWORD, [], `${name}:${password}\n`);
  }
  return "";
}

async function setPasswords(guest: Host, config: CloudConfig): Promise<string> {
  const [first] = users(config);
  const password = text(config["password"]);
  if (first !== undefined && password !== undefined)
    await sh(guest, PASSWORD, [], `${first.name}:${password}\n`);
  for (const entry of list(tree(config["chpasswd"])["users"]).map(tree))
    await sh(guest, PASSWORD, [], `${String(entry["name"])}:${String(entry["password"])}\n`);
  return "";
}

/** apt-get, with a second try: the lock may be another's. */
const PACKAGES = `export DEBIAN_FRONTEND=noninteractive
apt-get update
[ "$1" = no ] || apt-get --assume-yes upgrade
shift
[ "$#" = 0 ] || apt-get --assume-yes install "$@"`;

async function packages(guest: Host, config: CloudConfig): Promise<string> {
  const upgrade = truth(config["package_upgrade"]) || truth(config["apt_upgrade"]);
  const update = truth(config["package_update"]) || truth(config["apt_update"]);
  const names = list(config["packages"]).map((one) =>
    Array.isArray(one) ? one.map(String).join("=") : String(one),
  );
  if (!upgrade && !update && names.length === 0) return "";
  return sh(guest, PACKAGES, [upgrade ? "yes" : "no", ...names]);
}

export const MODULES: readonly Module[] = [
  {
    name: "bootcmd",
    early: true,
    keys: ["bootcmd"],
    run: (guest, config) => commands(guest, list(config["bootcmd"])),
  },
  {
    name: "write_files",
    early: true,
    keys: ["write_files"],
    run: (guest, config) => writeFiles(guest, config, false),
  },
  // The lab's disks have no partitions and take what they are given.
  { name: "growpart", early: true, keys: ["growpart", "resize_rootfs"], run: async () => "" },
  {
    name: "set_hostname",
    early: true,
    keys: ["hostname", "fqdn", "manage_etc_hosts", "preserve_hostname", "prefer_fqdn_over_hostname"],
    async run(guest, config) {
      const name = text(config["hostname"])?.split(".")[0] ?? text(config["fqdn"])?.split(".")[0];
      if (name === undefined || truth(config["preserve_hostname"])) return "";
      const manage = [true, "true", "localhost"].includes(config["manage_etc_hosts"] as string | boolean);
      return sh(guest, HOSTNAME, [name, text(config["fqdn"]) ?? name, manage ? "yes" : "no"]);
    },
  },
  {
    name: "users_groups",
    early: true,
    keys: ["user", "users", "ssh_authorized_keys", "disable_root", "system_info"],
    run: makeUsers,
  },
  { name: "set_passwords", keys: ["password", "chpasswd", "ssh_pwauth"], run: setPasswords },
  {
    name: "timezone",
    keys: ["timezone"],
    run: async (guest, config) =>
      text(config["timezone"]) === undefined
        ? ""
        : sh(
            guest,
            'ln -sfn "/usr/share/zoneinfo/$1" /etc/localtime; printf "%s\\n" "$1" >/etc/timezone',
            strings(config["timezone"]),
          ),
  },
  {
    name: "package_update_upgrade_install",
    keys: [
      "packages",
      "package_update",
      "package_upgrade",
      "package_reboot_if_required",
      "apt_update",
      "apt_upgrade",
    ],
    run: packages,
  },
  { name: "write_files_deferred", keys: [], run: (guest, config) => writeFiles(guest, config, true) },
  { name: "scripts_user", keys: ["runcmd"], run: (guest, config) => commands(guest, list(config["runcmd"])) },
  {
    name: "final_message",
    keys: ["final_message"],
    run: async () =>
      `Cloud-init v. 25.2 finished at ${new Date().toUTCString()}. Datasource DataSourceNoCloud\n`,
  },
];
