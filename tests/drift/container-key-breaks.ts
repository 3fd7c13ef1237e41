/** What somebody changes of keys that a container's entry need not have. */
import type { Settings as Configure } from "../../components/container/configure/step";
import type { Settings as Mounts } from "../../components/container/mounts/step";
import type { Settings as Pool } from "../../components/container/pool/step";
import type { Settings as RootAccess } from "../../components/container/root-access/step";
import type { ScriptStep } from "../../plan/step";
import type { Break, BreaksOf } from "./break";

const settings = <T>(step: ScriptStep): T => step.settings as T;

const confOf = (ctid: number): string => `/etc/pve/lxc/${ctid}.conf`;

/** Shell text: the value that the configuration has now for the key that this expression of sed finds. */
const now = (ctid: number, key: string, change = ""): string =>
  `"$(sed -n '/^\\[/q; s/^${key}: //p' ${confOf(ctid)} | head -n 1${change && ` | ${change}`})"`;

/** Shell text: the number in the first key of such a line. */
const numberOf = (ctid: number, kind: string, line: string): string =>
  `$(sed -n 's|^${kind}\\([0-9]*\\): .*${line}.*|\\1|p' ${confOf(ctid)} | head -n 1)`;

/** By option: what somebody sets. */
const byHand: Record<string, string> = {
  ...{ cpulimit: "3", cpuunits: "7", nameserver: "8.8.8.8", searchdomain: "x.example" },
  ...{ timezone: "Asia/Tokyo", tty: "3", cmode: "tty", console: "1" },
};

const shown = (option: string, value: unknown): string =>
  /^(acl|backup|console|quota|replicate)$/.test(option) ? String(String(value) === "1") : String(value);

/** `acl=1,quota=0` as keys and values. */
const pairs = (options = ""): [string, string][] =>
  options
    .split(",")
    .filter(Boolean)
    .map((pair) => pair.split("=") as [string, string]);

const without = (what: string, options: [string, string][]): string[] =>
  options.map(([key, value]) => `${what} ${key}: is not set, wanted ${shown(key, value)}`);

/** Options of the container itself, its cards and devices. */
export const optionBreaks: BreaksOf = (step) => {
  const { ctid, values, tags = [], networks = [], devices = [], rootfs } = settings<Configure>(step);
  const ct = `CT ${ctid}`;
  const options = Object.entries(byHand).flatMap(([option, to]): Break[] => {
    const wanted = (values as unknown as Record<string, unknown>)[option];
    if (wanted === undefined) return [];
    return [
      {
        sets: option,
        by: `pct set ${ctid} --${option} '${to}'`,
        shows: [`${ct} ${option}: is ${shown(option, to)}, wanted ${shown(option, wanted)}`],
      },
    ];
  });
  return [
    ...options,
    ...tags.slice(0, 1).map((tag) => ({
      sets: "tags",
      by: `pct set ${ctid} --tags ${now(ctid, "tags", `tr ';' '\\n' | grep -vx ${tag} | paste -sd ';' -`)}`,
      shows: [`${ct} tags: is without ${tag}, wanted with it`],
    })),
    ...networks.flatMap((card): Break[] => {
      const net = numberOf(ctid, "net", `name=${card.name},`);
      const apart = [`${ct} card ${card.name}`];
      return [
        {
          sets: "networks: a card",
          by: `pct set ${ctid} --delete net${net}`,
          shows: [`${ct} network card ${card.name}: is missing, wanted by networks`],
          apart,
        },
        {
          sets: "networks: what a card is",
          by: `pct set ${ctid} --net${net} ${now(ctid, "net[1-9]", "sed 's/,tag=[0-9]*/,tag=99/; s/,ip=dhcp//'")}`,
          shows: [
            `${ct} networks ${card.name}.ip: is not set, wanted ${card.ip}`,
            `${ct} networks ${card.name}.vlan: is 99, wanted ${card.tag}`,
          ],
          apart,
        },
      ];
    }),
    ...devices.map(({ path }) => ({
      sets: "devices",
      by: `pct set ${ctid} --delete dev${numberOf(ctid, "dev", path)}`,
      shows: [`${ct} device ${path}: is missing, wanted by devices`],
    })),
    ...(rootfs === undefined
      ? []
      : [
          {
            sets: "rootfs: acl, quota, mountoptions, replicate",
            by: `pct set ${ctid} --rootfs ${now(ctid, "rootfs", "sed -E 's/,(acl|quota|mountoptions|replicate)=[^,]*//g'")}`,
            shows: without(`${ct} rootfs`, pairs(rootfs)),
          },
        ]),
  ];
};

/** Options of volumes' mounts. */
export const mountOptionBreaks: BreaksOf = (step) => {
  const { ctid, mounts } = settings<Mounts>(step);
  return mounts.flatMap((mount): Break[] => {
    if ("source" in mount || mount.options === undefined) return [];
    const mp = numberOf(ctid, "mp", `,mp=${mount.target},`);
    const strip = "sed -E 's/,(acl|backup|quota|mountoptions|replicate|size)=[^,]*//g'";
    return [
      {
        sets: "volumes: acl, backup, quota, mountoptions, replicate",
        by: `pct set ${ctid} --mp${mp} ${now(ctid, "mp[0-9]*", strip)}`,
        shows: without(`CT ${ctid} volume ${mount.name}`, pairs(mount.options)),
        apart: [`CT ${ctid} mount ${mount.target}`],
        needs: [`CT ${ctid} mounts`],
      },
    ];
  });
};

export const poolBreaks: BreaksOf = (step) => {
  const { ctid, pool } = settings<Pool>(step);
  return [
    {
      sets: "pool",
      by: `pveum pool modify ${pool} --vms ${ctid} --delete 1`,
      shows: [`CT ${ctid} pool: is none, wanted ${pool}`],
    },
  ];
};

export const rootAccessBreaks: BreaksOf = (step) => {
  const { ctid, keys, passwordHash } = settings<RootAccess>(step);
  const inside = (command: string) => `pct exec ${ctid} -- sh -c '${command}'`;
  const needs = [`CT ${ctid} runs`];
  const [first = ""] = keys.map((line) => line.split(" ")[2] ?? "");
  return [
    ...(keys.length === 0
      ? []
      : [
          {
            sets: "root_ssh_keys",
            by: inside(`sed -i /${first}/d /root/.ssh/authorized_keys`),
            shows: [`CT ${ctid} root_ssh_keys: is without ${first}, wanted with it`],
            needs,
          },
        ]),
    ...(passwordHash === undefined
      ? []
      : [
          {
            sets: "root_password_hash",
            by: inside("echo root:\\* | chpasswd -e"),
            shows: [`CT ${ctid} root_password_hash: is another one, wanted that of the entry`],
            needs,
          },
        ]),
  ];
};
