/** What somebody changes of a host's set-up. */
import type { Settings as Bridge } from "../../components/hypervisor/initial-setup/bridge/step";
import type { Settings as Firewall } from "../../components/hypervisor/initial-setup/firewall/step";
import type { Settings as Prepare } from "../../components/hypervisor/prepare/step";
import type { Settings as Resolver } from "../../components/hypervisor/initial-setup/resolver/step";
import type { Settings as Timezone } from "../../components/hypervisor/initial-setup/timezone/step";
import type { Settings as Admin } from "../../components/hypervisor/admin-user/step";
import type { Settings as Hosts } from "../../components/hypervisor/initial-setup/hosts/step";
import type { ScriptStep } from "../../plan/step";
import { type Break, type BreaksOf, byHand, missing, ownFile, ownPackage, ownService } from "./break";

const state = "/var/lib/phoenix";

const settings = <T>(step: ScriptStep): T => step.settings as T;

/** A rule of ufw that somebody deletes. */
export const ownRule = (rule: string): Break => ({
  sets: "rules of ufw",
  by: rule.startsWith("route ") ? `ufw route delete ${rule.slice("route ".length)}` : `ufw delete ${rule}`,
  shows: [`ufw rule '${rule}': is missing, wanted there`],
  onlyWith: "host-setup-firewall",
});

const prepare: BreaksOf = (step) => {
  const stack = `${state}/stacks/phoenix-${settings<Prepare>(step).identity}`;
  return [
    { sets: "who sets the host up", by: `rm ${state}/host-owner`, shows: [missing(`${state}/host-owner`)] },
    {
      sets: "the registration of the stack",
      by: `echo '{}' >${stack}`,
      shows: [byHand(stack)],
      apart: [stack],
    },
    { sets: "the registration of the stack", by: `rm ${stack}`, shows: [missing(stack)], apart: [stack] },
  ];
};

const repositories: BreaksOf = () => {
  const folder = "/etc/apt/sources.list.d";
  const enterprise = (name: string): Break => ({
    sets: "repositories that need a subscription",
    by: `sed -i /^Enabled:/d ${folder}/${name}.sources`,
    shows: [`${folder}/${name}.sources with enterprise.proxmox.com: is enabled, wanted disabled`],
  });
  return [
    ...ownFile(`${folder}/phoenix-proxmox.sources`, "repositories"),
    enterprise("ceph"),
    enterprise("pve-enterprise"),
  ];
};

const timezone: BreaksOf = (step) => [
  {
    sets: "timezone",
    by: "timedatectl set-timezone Asia/Tokyo",
    shows: [`timezone: is Asia/Tokyo, wanted ${settings<Timezone>(step).timezone}`],
  },
];

const bridge: BreaksOf = (step) => {
  const { bridge: name, gateway } = settings<Bridge>(step);
  // The step that confirms it has the same look.
  if (step.name.endsWith("-confirm")) return [];
  const shows = [`${name} gateway in /etc/network: is 192.0.2.7, wanted ${gateway}`];
  const files = "/etc/network/interfaces /etc/network/interfaces.d/*";
  return [
    {
      sets: "address and gateway of the bridge",
      by: `sed -i 's/gateway ${gateway}$/gateway 192.0.2.7/' $(ls ${files} 2>/dev/null)`,
      shows,
      also: { [`${step.name}-confirm`]: shows },
    },
  ];
};

const hosts: BreaksOf = (step) => {
  const [address = ""] = settings<Hosts>(step).address.split("/");
  return [
    {
      sets: "the host's name in /etc/hosts",
      by: `sed -i 's/^${address}/10.0.0.99/' /etc/hosts`,
      shows: [`/etc/hosts address of phoenix: is 10.0.0.99, wanted ${address}`],
    },
  ];
};

const resolver: BreaksOf = (step) => {
  const wanted = settings<Resolver>(step).nameservers.join(" ");
  return [
    {
      sets: "name servers",
      by: "echo nameserver 192.0.2.1 >>/etc/resolv.conf",
      shows: [`dns_nameservers: is ${wanted} 192.0.2.1, wanted ${wanted}`],
    },
  ];
};

const firewall: BreaksOf = (step) => {
  const off: Break = {
    sets: "that ufw is on",
    by: "ufw --force disable",
    shows: ["initial_setup.ufw: is off, wanted on"],
    apart: ["ufw is on"],
  };
  // While ufw is on, nobody reaches Proxmox VE's API without it, nor can plan anything.
  const api = "allow 8006/tcp";
  const rules = settings<Firewall>(step).rules.map((rule) => ({ rule, found: ownRule(rule) }));
  return [
    off,
    ...rules.map(({ rule, found }) =>
      rule === api ? { ...off, by: `${off.by}; ${found.by}`, shows: [...off.shows, ...found.shows] } : found,
    ),
  ];
};

const packages: BreaksOf = () => ["s-tui", "logrotate"].map(ownPackage);

const admin: BreaksOf = (step) => {
  const { username: name } = settings<Admin>(step);
  const file = `/etc/sudoers.d/phoenix-${name}`;
  const sudoers = [`administrator's sudo`];
  return [
    {
      sets: "the administrator's shell",
      by: `usermod -s /bin/sh ${name}`,
      shows: [`shell of ${name}: is /bin/sh, wanted /bin/bash`],
    },
    {
      sets: "the administrator's sudo",
      by: `gpasswd -d ${name} sudo`,
      shows: [`group sudo of ${name}: is missing, wanted there`],
    },
    ...ownFile(file, "the administrator's sudo").map((each) => ({ ...each, apart: sudoers })),
    {
      sets: "the administrator's sudo",
      by: `chmod 644 ${file}`,
      shows: [`${file} mode: is 644, wanted 440`],
      apart: sudoers,
    },
    {
      sets: "the administrator in Proxmox VE",
      by: `pveum acl delete / --users ${name}@pam --roles Administrator`,
      shows: [`role of ${name}@pam: is missing, wanted Administrator`],
      apart: ["user of Proxmox VE"],
    },
    {
      sets: "the administrator in Proxmox VE",
      by: `pveum user delete ${name}@pam`,
      shows: [
        `user ${name}@pam of Proxmox VE: is missing, wanted there`,
        `role of ${name}@pam: is missing, wanted Administrator`,
      ],
      apart: ["user of Proxmox VE"],
    },
  ];
};

export const hostBreaks: Record<string, BreaksOf> = {
  "hypervisor/prepare": prepare,
  "hypervisor/initial-setup/log-rotation": () => ownFile("/etc/logrotate.d/phoenix_hypervisor"),
  "hypervisor/initial-setup/repositories": repositories,
  "hypervisor/initial-setup/packages": packages,
  "hypervisor/initial-setup/timezone": timezone,
  "hypervisor/initial-setup/chrony": () => ownService("chrony"),
  "hypervisor/initial-setup/bridge": bridge,
  "hypervisor/initial-setup/hosts": hosts,
  "hypervisor/initial-setup/resolver": resolver,
  "hypervisor/initial-setup/firewall": firewall,
  "hypervisor/admin-user": admin,
};
