/** The service pve-firewall: what it has applied, which is what the files said at its last look. */
import { existsSync, readFileSync } from "node:fs";
import { networkOf } from "../../machine/network/ipv4";
import { addresses } from "../../machine/network/reach";
import { stateOf } from "../../machine/units/state";
import type { Host } from "../../types";
import { inHost } from "../paths";
import { hasPort, isAmong } from "./addresses";
import { type Firewall, macros, parse, type Rule } from "./parse";

export const clusterFile = "/etc/pve/firewall/cluster.fw";
const hostFile = (host: Host) => `/etc/pve/nodes/${host.node}/host.fw`;
/** Milliseconds between two looks at whether the files have changed. */
const look = 200;

export interface Loaded {
  cluster: Firewall;
  host: Firewall;
  services: ReadonlyMap<string, number>;
}

const read = (host: Host, path: string): string => {
  const file = inHost(host, path);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
};

const texts = (host: Host): string => JSON.stringify([read(host, clusterFile), read(host, hostFile(host))]);

/** The files as they are now. */
export function load(host: Host): Loaded {
  const services = new Map(
    [...read(host, "/etc/services").matchAll(/^([^#\s]\S*)\s+(\d+)\/(?:tcp|udp|sctp)/gm)].map(
      ([, service = "", port]) => [service, Number(port)],
    ),
  );
  const cluster = parse(read(host, clusterFile), "cluster", clusterFile, services);
  const own = parse(read(host, hostFile(host)), "host", hostFile(host), services, cluster);
  return { cluster, host: own, services };
}

/** `enable` of cluster.fw: a time counts for a minute from then on (parse_clusterfw_option). */
export function isEnabled({ options }: Firewall): boolean {
  const value = Number(options["enable"] ?? "0");
  return value > 1 ? Date.now() / 1000 - value <= 60 : value === 1;
}

const applied = new WeakMap<Host, { texts: string; rules: Loaded }>();

const isRunning = (host: Host): boolean => stateOf(host, "pve-firewall.service").active === "active";

/** Begins to follow the files, as the service does while it runs: at once when it starts, then every ten seconds. */
export function followFirewall(host: Host): void {
  let waiting = false;
  setInterval(() => {
    if (!isRunning(host)) return void applied.delete(host);
    const before = applied.get(host);
    if (waiting || before?.texts === texts(host)) return;
    waiting = true;
    const wait = before === undefined ? Promise.resolve() : host.latency("pve-firewall update");
    void wait
      .then(() => applied.set(host, { texts: texts(host), rules: load(host) }))
      // A file that went while it was read: the next look reads again.
      .catch((error: unknown) => process.stderr.write(`pve-firewall: ${String(error)}\n`))
      .finally(() => (waiting = false));
  }, look).unref();
}

/** What `pve-firewall status` tells. */
export function status(host: Host): {
  enabled: boolean;
  running: boolean;
  changes: boolean;
  warnings: string[];
} {
  const { cluster, host: own } = load(host);
  const running = isRunning(host);
  return {
    enabled: isEnabled(cluster),
    running,
    changes: running && applied.get(host)?.texts !== texts(host),
    warnings: [...cluster.warnings, ...own.warnings],
  };
}

/** Whether the firewall lets a new TCP connection of the user to a port of the node in (enable_host_firewall). */
export function letsIn(host: Host, port: number): boolean {
  const rules = applied.get(host)?.rules;
  if (rules === undefined || !isRunning(host) || !isEnabled(rules.cluster)) return true;
  if (rules.host.options["enable"] === "0") return true;
  const { user } = addresses(host);
  const { cluster } = rules;
  if (cluster.ipsets["blacklist"]?.some((entry) => isAmong(user, entry))) return false;
  const all = [...rules.host.rules, ...cluster.rules].flatMap((rule) =>
    rule.type === "group" && (rule.iface === undefined || rule.iface === bridge(host))
      ? (cluster.groups[rule.action.toLowerCase()] ?? [])
      : [rule],
  );
  const rule = all.find((one) => hits(host, rules, one, port));
  if (rule) return rule.action === "ACCEPT";
  if (["22", "3128", "5900:5999", "8006", "60000:60050"].some((ports) => hasPort(port, ports, new Map())))
    if (management(host, cluster).some((entry) => isAmong(user, entry))) return true;
  return cluster.options["policy_in"]?.toUpperCase() === "ACCEPT";
}

const bridge = (host: Host): string | undefined => host.machine.bridges[0]?.name;

/** The set of those who may always reach the node: the node's own network, and what the file adds. */
function management(host: Host, { ipsets, aliases }: Firewall): string[] {
  const local = aliases["local_network"] ?? networkOf(host.machine.bridges[0]?.address ?? "127.0.0.1/8");
  return [...(ipsets["management"] ?? []), local];
}

function hits(host: Host, { cluster, services }: Loaded, rule: Rule, port: number): boolean {
  if (rule.type !== "in" || rule.sport !== undefined) return false;
  if (rule.iface !== undefined && rule.iface !== bridge(host)) return false;
  const { host: own, user } = addresses(host);
  const among = (who: string, value: string | undefined) => {
    if (value === undefined) return true;
    const plain = value.replace(/^(\+?)dc\//, "$1");
    if (plain.startsWith("+")) {
      const set = plain.slice(1);
      const entries = set === "management" ? management(host, cluster) : (cluster.ipsets[set] ?? []);
      return entries.some((entry) => isAmong(who, entry));
    }
    return isAmong(who, cluster.aliases[plain.toLowerCase()] ?? plain);
  };
  if (!among(user, rule.source) || !among(own, rule.dest)) return false;
  const parts = rule.macro === undefined ? [rule] : (macros[rule.macro] ?? []);
  return parts.some(
    ({ proto, dport }) =>
      (proto === undefined || proto === "tcp") && (dport === undefined || hasPort(port, dport, services)),
  );
}
