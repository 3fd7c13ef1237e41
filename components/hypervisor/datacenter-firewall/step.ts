/** The change of the datacenter's firewall, and its confirmation over a connection of its own. */
import { firewallLine, networkOf, ruleComment } from "../../../config/firewall-schema";
import type { FirewallSpec, HostSpec } from "../../../config/model";
import { roomScripts, scriptIn } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";

export interface Settings {
  /** Whether the firewall is on. */
  enabled: boolean;
  /** Policy for packets to the node that no rule matches. */
  policyIn: FirewallSpec["policyIn"];
  /** The same of packets that leave it. */
  policyOut: FirewallSpec["policyOut"];
  /** Rules of the file as pve-firewall(8) writes them, with the comment that marks ours; the first that fits wins. */
  rules: string[];
  /** Rules for what the node serves according to the files; after those. */
  served: string[];
  /** Port that the stack reaches the node's SSH on. */
  sshPort: number;
}

export interface DatacenterFirewallSteps {
  change: StepBody<Settings>;
  confirm: StepBody<Settings>;
}

/** The comment by which our rules are recognised; Proxmox VE's own interface keeps it. */
const ours = (comment: string) => (comment ? ` # phoenix: ${comment}` : " # phoenix");

/**
 * The steps; none where the file says nothing of a firewall.
 *
 * @param sshPort port that the stack reaches the node's SSH on
 */
export function datacenterFirewallSteps(
  host: HostSpec,
  sshPort: number,
): DatacenterFirewallSteps | undefined {
  const { firewall } = host;
  if (firewall === undefined) return undefined;
  const { enabled, policyIn, policyOut, rules } = firewall;
  const settings = {
    enabled,
    policyIn,
    policyOut,
    rules: rules.map((rule) => `${firewallLine(rule)}${ours(ruleComment(rule))}`),
    served: served(host),
    sshPort,
  };
  return {
    change: { ...roomScripts(__dirname), settings },
    // It runs whenever the firewall has to be changed again.
    confirm: { script: scriptIn(__dirname, "confirm"), look: roomScripts(__dirname).look, settings },
  };
}

/** Rules for what the node serves according to the files; after the file's own rules, which may narrow them. */
function served({ nfs, samba }: HostSpec): string[] {
  const subnets = (nfs?.sources ?? []).flatMap((source) => {
    if (source === "any") return [undefined];
    const network = networkOf(source);
    return network === undefined ? [] : [network];
  });
  const line = (proto: "tcp" | "udp", port: string, source?: string) =>
    firewallLine({ type: "in", action: "ACCEPT", ...(source !== undefined && { source }), proto, port });
  return [
    ...[...new Set(subnets)].map((source) => `${line("tcp", "111,2049", source)}${ours("NFS")}`),
    ...(samba
      ? [`${line("udp", "137,138")}${ours("Samba")}`, `${line("tcp", "139,445")}${ours("Samba")}`]
      : []),
  ];
}
