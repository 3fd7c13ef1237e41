/** A guest's own firewall, of containers and machines alike. */
import { firewallLine, type GuestFirewall, ruleComment } from "../../config/firewall-schema";

export interface FirewallSettings {
  /** Whether the firewall is on. */
  enabled: boolean;
  /** Rules as pve-firewall(8) writes them, with their comments; the first that fits wins. */
  rules: string[];
}

export const firewallSettings = ({ enabled, rules }: GuestFirewall): FirewallSettings => ({
  enabled,
  rules: rules.map((rule) => {
    const comment = ruleComment(rule);
    return `${firewallLine(rule)}${comment && ` # ${comment}`}`;
  }),
});
