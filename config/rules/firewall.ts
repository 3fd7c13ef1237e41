/** Firewalls, of the datacenter and of guests: rules that Proxmox VE accepts, and a warning for rules without effect. */
import { concernsPort, type FirewallRule, networkOf } from "../firewall-schema";
import type { Draft } from "../check";
import type { Path, Report } from "../findings";
import { type Context, readable, type Rule } from "./context";

type DraftRule = Draft<FirewallRule>;

/** Rules of both files, and which firewall counts. */
export const firewalls: Rule = (context) => {
  const { hypervisor, hypervisorReport, lxcReport, containers } = context;
  checkRules(hypervisorReport, ["firewall", "rules"], hypervisor?.firewall?.rules);
  for (const { id, entry } of containers)
    checkRules(lxcReport, ["lxc_configs", id, "firewall", "rules"], entry.firewall?.rules);
  for (const { item, index } of readable(hypervisor?.vms))
    checkRules(hypervisorReport, ["vms", index, "firewall", "rules"], item.firewall?.rules);
  checkInert(context);
  if (hypervisor?.firewall?.enabled === true) checkDatacenter(context);
};

function checkRules(report: Report, path: Path, rules: readonly (DraftRule | undefined)[] | undefined): void {
  for (const { item, index } of readable(rules)) {
    if (item.port !== undefined && (item.proto === undefined || item.proto === "icmp")) {
      report.mistake(
        [...path, index, "port"],
        item.proto === undefined ? "is given without a proto" : "is given with a proto that has no ports",
        "set proto to tcp or udp, or remove port",
        item.port,
      );
    }
    for (const key of ["source", "dest"] as const) {
      const value = item[key];
      const network = value === undefined ? undefined : networkOf(value);
      if (network === undefined || network === value) continue;
      report.mistake(
        [...path, index, key],
        "is an address in a subnet, and Proxmox VE would leave the rule out",
        `write ${network} for the subnet, or the address alone`,
        value,
      );
    }
  }
}

/** Proxmox VE looks at no guest's rules while the datacenter's firewall is off. */
function checkInert({ containers, hypervisor, lxcReport, hypervisorReport }: Context): void {
  if (hypervisor === undefined || hypervisor.firewall?.enabled === true) return;
  const tell = (report: Report, guests: readonly { path: Path; name: string }[]) => {
    const [first, ...others] = guests;
    if (!first) return;
    const also = others.length === 0 ? "" : ` (also in ${others.map(({ name }) => name).join(", ")})`;
    report.warning(
      [...first.path, "firewall"],
      `has no effect while the datacenter's firewall is off${also}`,
      "add firewall with enabled true to the host's file, or remove it",
    );
  };
  const on = containers.filter(({ entry }) => entry.firewall?.enabled === true);
  tell(
    lxcReport,
    on.map(({ id }) => ({ path: ["lxc_configs", id], name: id })),
  );
  const machines = readable(hypervisor.vms).filter(({ item }) => item.firewall?.enabled === true);
  tell(
    hypervisorReport,
    machines.map(({ item, index }) => ({ path: ["vms", index], name: item.name ?? String(index) })),
  );
}

function checkDatacenter({ hypervisor, hypervisorReport: report }: Context): void {
  const { firewall, initial_setup: setup } = hypervisor ?? {};
  const rules = readable(firewall?.rules);
  if (setup?.ufw !== false) {
    report.warning(
      ["firewall"],
      "is on, and so is ufw: what reaches the node must be let in by both, and ufw knows nothing of firewall.rules",
      "set initial_setup.ufw to false",
    );
  }
  const out = firewall?.default_output_policy;
  if (out !== undefined && out !== "ACCEPT" && !rules.some(({ item }) => item.type === "out")) {
    report.warning(
      ["firewall", "default_output_policy"],
      "lets the node itself reach nothing beside its own network's nodes: no names, updates, templates",
      "set it to ACCEPT, or add rules of the type out",
      out,
    );
  }
  for (const { item, index } of rules) {
    const closes = item.type === "in" && item.action !== "ACCEPT" && item.source === undefined;
    const port = [22, 8006].find((one) => closes && concernsPort(item as FirewallRule, one));
    if (port === undefined) continue;
    const open = rules.some(
      ({ item: other, index: at }) =>
        at < index && other.type === "in" && other.action === "ACCEPT" && concernsPort(other, port),
    );
    if (open) continue;
    report.warning(
      ["firewall", "rules", index],
      `closes port ${port} to everybody but the address that the stack itself comes from`,
      "put a rule before it that lets in who is to reach it",
    );
  }
}
