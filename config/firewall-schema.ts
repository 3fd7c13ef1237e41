/** Rules of Proxmox VE's firewall, of the datacenter and of containers. */
import { z } from "zod";
import { cidrPattern, formatSubnet, ipv4Pattern, parseInterface } from "./ipv4";
import { comment, pattern, portPattern } from "./primitives";

const peer = () =>
  pattern(
    new RegExp(`${ipv4Pattern.source}|${cidrPattern.source}`),
    "is not an IPv4 address or subnet",
  ).optional();

const ports = `${portPattern}(?::${portPattern})?`;

/** A rule. */
export const firewallRule = z
  .strictObject({
    type: z.enum(["in", "out"]).describe("Direction of the traffic"),
    action: z.enum(["ACCEPT", "DROP", "REJECT"]).describe("What happens to the traffic"),
    source: peer().describe("IPv4 address or subnet the traffic comes from; any without it"),
    dest: peer().describe("IPv4 address or subnet the traffic goes to; any without it"),
    proto: z.enum(["tcp", "udp", "icmp"]).optional().describe("Protocol; any without it"),
    port: pattern(new RegExp(`^${ports}(,${ports})*$`), "is neither a port nor a range or list of ports")
      .optional()
      .describe(
        "Port in quotes, 1 to 65535, a range such as 8000:8010, or a list such as 80,443; any without it",
      ),
    description: comment(),
  })
  .describe("A firewall rule");

export type FirewallRule = z.output<typeof firewallRule>;

/** The key `firewall` of a guest. */
export const guestFirewall = z
  .strictObject({
    enabled: z.boolean().describe("Whether the guest's firewall is on"),
    rules: z.array(firewallRule).default([]).describe("Firewall rules, the first that fits wins"),
    description: comment(),
  })
  .describe("The guest's own firewall");

export type GuestFirewall = z.output<typeof guestFirewall>;

/** The network of an address, as Proxmox VE takes it: 10.0.0.5/24 it refuses. */
export function networkOf(text: string): string | undefined {
  if (ipv4Pattern.test(text)) return text;
  return cidrPattern.test(text) ? formatSubnet(parseInterface(text)) : undefined;
}

/** A rule as pve-firewall(8) writes it, in the order in which Proxmox VE's own interface does; without its comment. */
export function firewallLine(rule: Omit<FirewallRule, "description">): string {
  const { type, action, source, dest, proto, port } = rule;
  const options = { source, dest, p: proto, dport: port };
  const words = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`-${name}`, value],
  );
  return [type.toUpperCase(), action, ...words].join(" ");
}

/** The comment of a rule as it stands behind it: on one line, without `#`. */
export const ruleComment = ({ description }: Pick<FirewallRule, "description">): string =>
  description?.replace(/[\s#]+/g, " ").trim() ?? "";

/** Whether a rule is about TCP traffic to a port, among others. */
export function concernsPort({ proto, port }: Pick<FirewallRule, "proto" | "port">, wanted: number): boolean {
  if (proto !== undefined && proto !== "tcp") return false;
  if (port === undefined) return true;
  return port.split(",").some((part) => {
    const [first = "", last = first] = part.split(":");
    return Number(first) <= wanted && wanted <= Number(last);
  });
}
