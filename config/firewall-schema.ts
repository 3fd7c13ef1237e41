/** Rules of Proxmox VE's firewall, of the datacenter and of containers. */
import { z } from "zod";
import { cidrPattern, formatSubnet, ipv4Pattern, parseInterface } from "./ipv4";
import { comment, pattern, portPattern } from "./primitives";

const peer = () =>
  pattern(
    new RegExp(`${ipv4Pattern.source}|${cidrPattern.source}`),
    "is not an IPv4 address or subnet",
  ).optional();

/** A rule. */
export const firewallRule = z
  .strictObject({
    type: z.enum(["in", "out"]).describe("Direction of the traffic"),
    action: z.enum(["ACCEPT", "DROP", "REJECT"]).describe("What happens to the traffic"),
    source: peer().describe("IPv4 address or subnet the traffic comes from; any without it"),
    dest: peer().describe("IPv4 address or subnet the traffic goes to; any without it"),
    proto: z.enum(["tcp", "udp"]).describe("Protocol"),
    port: pattern(new RegExp(`^${portPattern}$`), "is not a port").describe("Port in quotes, 1 to 65535"),
    description: comment(),
  })
  .describe("A firewall rule");

export type FirewallRule = z.output<typeof firewallRule>;

/** The network of an address, as Proxmox VE takes it: 10.0.0.5/24 it refuses. */
export function networkOf(text: string): string | undefined {
  if (ipv4Pattern.test(text)) return text;
  return cidrPattern.test(text) ? formatSubnet(parseInterface(text)) : undefined;
}

/** A rule as pve-firewall(8) writes it, in the order in which Proxmox VE's own interface does. */
export function firewallLine(
  rule: Pick<FirewallRule, "type" | "action" | "source" | "dest" | "proto" | "port">,
) {
  const { type, action, source, dest, proto, port: ports } = rule;
  return [
    type.toUpperCase(),
    action,
    ...(source === undefined ? [] : ["-source", source]),
    ...(dest === undefined ? [] : ["-dest", dest]),
    ...["-p", proto, "-dport", ports],
  ].join(" ");
}
