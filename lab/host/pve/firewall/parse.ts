/** /etc/pve/firewall/cluster.fw and a node's host.fw, as generic_fw_config_parser of pve-firewall 6 reads them. */
import { addressListProblem, portsProblem } from "./addresses";

export interface Rule {
  type: "in" | "out" | "forward" | "group";
  /** ACCEPT, DROP or REJECT; the name of a security group. */
  action: string;
  macro?: string;
  iface?: string;
  proto?: string;
  dport?: string;
  sport?: string;
  source?: string;
  dest?: string;
}

export interface Firewall {
  options: Record<string, string>;
  rules: Rule[];
  groups: Record<string, Rule[]>;
  aliases: Record<string, string>;
  ipsets: Record<string, string[]>;
  /** What the parser says of lines that it skips, or of rules that never count. */
  warnings: string[];
}

/** Macros that the lab knows, with what they stand for. */
export const macros: Record<string, { proto: string; dport?: string }[]> = {
  SSH: [{ proto: "tcp", dport: "22" }],
  HTTP: [{ proto: "tcp", dport: "80" }],
  HTTPS: [{ proto: "tcp", dport: "443" }],
  DNS: [
    { proto: "udp", dport: "53" },
    { proto: "tcp", dport: "53" },
  ],
  Ping: [{ proto: "icmp" }],
  Web: [
    { proto: "tcp", dport: "80" },
    { proto: "tcp", dport: "443" },
  ],
};

const withPorts = ["tcp", "udp", "udplite", "sctp", "dccp"];
const protocols = [...withPorts, "icmp", "igmp", "gre", "esp", "ah", "ospf"];
const name = /^[A-Za-z][A-Za-z0-9_-]+$/;

/** The options of each file: their names, and what they may say. */
const options = {
  cluster: [
    /^(enable):\s*(\d+)$/i,
    /^(ebtables):\s*(0|1)$/i,
    /^(policy_in|policy_out|policy_forward):\s*(ACCEPT|DROP|REJECT)$/i,
    /^(log_ratelimit):\s*(\S+)$/,
  ],
  host: [
    /^(enable|nosmurfs|tcpflags|ndp|nf_conntrack_allow_invalid|protection_synflood|nftables):\s*(0|1)$/i,
    /^(log_level_in|log_level_out|log_level_forward|tcp_flags_log_level|smurf_log_level):\s*(\S+)$/i,
    /^(nf_conntrack_max|nf_conntrack_tcp_timeout_established|nf_conntrack_tcp_timeout_syn_recv):\s*(\d+)$/i,
  ],
};

export type Kind = keyof typeof options;

const empty = (): Firewall => ({
  options: {},
  rules: [],
  groups: {},
  aliases: {},
  ipsets: {},
  warnings: [],
});

/**
 * Reads a file.
 *
 * @param file its name in warnings
 * @param cluster what cluster.fw says, for the aliases and sets that a host.fw names
 */
export function parse(
  text: string,
  kind: Kind,
  file: string,
  services: ReadonlyMap<string, number>,
  cluster?: Firewall,
): Firewall {
  const result = empty();
  let section = "";
  let group = "";
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const place = `${file} (line ${index + 1})`;
    const warn = (what: string) => result.warnings.push(`${place}: ${what}`);
    const [, head, headName = ""] =
      /^\[(options|rules|aliases|group|ipset)(?:\s+(\S+))?\]\s*(?:#.*)?$/i.exec(line) ?? [];
    if (head !== undefined && (kind === "cluster" || /^(options|rules)$/i.test(head))) {
      section = head.toLowerCase();
      group = headName.toLowerCase();
      if (section === "group" || section === "ipset") {
        if (!name.test(group)) {
          warn(`invalid ${section === "group" ? "security group" : "ipset"} name '${group}'`);
          section = "";
        } else if (section === "group") result.groups[group] = [];
        else result.ipsets[group] = [];
      }
    } else if (section === "") warn("skip line - no section");
    else if (section === "options") {
      const found = options[kind].map((pattern) => pattern.exec(line)).find((match) => match !== null);
      if (found) result.options[(found[1] ?? "").toLowerCase()] = found[2] ?? "";
      else warn(`can't parse option '${line}'`);
    } else if (section === "aliases") {
      const [, alias, cidr] = /^(\S+)\s(\S+?)\s*(?:#.*)?$/.exec(line) ?? [];
      if (alias !== undefined && cidr !== undefined) result.aliases[alias.toLowerCase()] = cidr;
    } else if (section === "ipset") {
      const [, not, cidr = ""] = /^(!)?\s*(\S+)\s*(?:#.*)?$/.exec(line) ?? [];
      // Entries that are excepted are left out; an alias stands for its network.
      if (not === undefined)
        result.ipsets[group]?.push(result.aliases[cidr.replace(/^dc\//, "").toLowerCase()] ?? cidr);
    } else {
      const rule = parseRule(line, place, result, services, cluster ?? result, section === "group");
      if (rule) (section === "group" ? result.groups[group] : result.rules)?.push(rule);
    }
  }
  return result;
}

const parameters: [keyof Rule, RegExp][] = [
  ["iface", /^-i (\S+)\s*/],
  ["proto", /^(?:-p|--?proto) (\S+)\s*/],
  ["dport", /^--?dport (\S+)\s*/],
  ["sport", /^--?sport (\S+)\s*/],
  ["source", /^--?source (\S+)\s*/],
  ["dest", /^--?dest (\S+)\s*/],
];

/** A rule that counts; undefined for one that is switched off or wrong, of which there is a warning then. */
function parseRule(
  text: string,
  place: string,
  { warnings }: Firewall,
  services: ReadonlyMap<string, number>,
  known: Firewall,
  inGroup: boolean,
): Rule | undefined {
  let line = text.replace(/#\s*(.*?)\s*$/, "");
  const off = line.startsWith("|");
  if (off) line = line.slice(1);
  const head = /^(\S+)\s+(\S+)\s*/.exec(line);
  if (head === null) {
    warnings.push(`${place}: unable to parse rule: ${line}`);
    return undefined;
  }
  line = line.slice(head[0].length);
  const rule = { type: (head[1] ?? "").toLowerCase(), action: head[2] ?? "" } as Rule;
  const [, macro, action] = /^(\S+)\((ACCEPT|DROP|REJECT)\)$/.exec(rule.action) ?? [];
  if (macro !== undefined && action !== undefined) Object.assign(rule, { macro, action });
  for (let taken = true; taken && line !== "";) {
    taken = false;
    for (const [key, pattern] of parameters) {
      const found = rule.type === "group" && key !== "iface" ? null : pattern.exec(line);
      if (found === null) continue;
      Object.assign(rule, { [key]: found[1] });
      line = line.slice(found[0].length);
      taken = true;
    }
    const log = /^--?log (emerg|alert|crit|err|warning|notice|info|debug|nolog)\s*/.exec(line);
    if (log) [line, taken] = [line.slice(log[0].length), true];
  }
  if (line !== "") {
    warnings.push(`${place}: unable to parse rule parameters: ${line}`);
    return undefined;
  }
  const errors = ruleErrors(rule, services, known, inGroup);
  if (errors.length > 0) {
    warnings.push(`${place} - errors in rule parameters: ${text}`);
    for (const [key, what] of errors) warnings.push(`  ${key}: ${what}`);
  }
  return off || errors.length > 0 ? undefined : rule;
}

/** What verify_rule finds. */
function ruleErrors(
  rule: Rule,
  services: ReadonlyMap<string, number>,
  known: Firewall,
  inGroup: boolean,
): [string, string][] {
  const errors: [string, string][] = [];
  if (rule.type === "group") {
    if (inGroup) errors.push(["type", "security groups not allowed"]);
    if (!name.test(rule.action)) errors.push(["action", "invalid characters in security group name"]);
  } else if (["in", "out", "forward"].includes(rule.type)) {
    if (!/^(ACCEPT|DROP|REJECT)$/.test(rule.action))
      errors.push(["action", `unknown action '${rule.action}'`]);
  } else {
    errors.push(["type", `unknown rule type '${String(rule.type)}'`]);
  }
  if (rule.macro !== undefined && !Object.hasOwn(macros, rule.macro))
    errors.push(["macro", `unknown macro '${rule.macro}' (the lab knows ${Object.keys(macros).join(", ")})`]);
  const { proto } = rule;
  if (proto !== undefined && !protocols.includes(proto) && !/^\d+$/.test(proto))
    errors.push(["proto", `unknown protocol '${proto}'`]);
  for (const key of ["dport", "sport"] as const) {
    const ports = rule[key];
    if (ports === undefined) continue;
    const problem = portsProblem(ports, services);
    if (problem !== undefined) errors.push([key, problem]);
    if (proto === undefined) errors.push(["proto", `missing property - '${key}' requires this property`]);
    else if (!withPorts.includes(proto)) errors.push([key, `protocol '${proto}' does not support ports`]);
  }
  for (const key of ["source", "dest"] as const) {
    const value = rule[key];
    if (value === undefined) continue;
    const [, set] = /^\+(?:dc\/)?(\S+)$/.exec(value) ?? [];
    const [, alias] = /^(?:dc\/)?([A-Za-z][A-Za-z0-9_-]+)$/.exec(value) ?? [];
    const problem =
      set !== undefined
        ? known.ipsets[set] === undefined && set !== "management"
          ? `no such ipset '${set}'`
          : undefined
        : alias !== undefined
          ? known.aliases[alias.toLowerCase()] === undefined && alias !== "local_network"
            ? `no such alias '${value}'`
            : undefined
          : addressListProblem(value);
    if (problem !== undefined) errors.push([key, problem]);
  }
  return errors;
}
