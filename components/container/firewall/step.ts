/** A container's own firewall. */
import { firewallLine, type FirewallRule, ruleComment } from "../../../config/firewall-schema";
import type { ContainerSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer {
  /** Whether the firewall is on. */
  enabled: boolean;
  /** Rules as pve-firewall(8) writes them, with their comments; the first that fits wins. */
  rules: string[];
}

const ruleLine = (rule: FirewallRule) => {
  const comment = ruleComment(rule);
  return `${firewallLine(rule)}${comment && ` # ${comment}`}`;
};

export const firewallStep = ({ ctid, firewall }: ContainerSpec, tag: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: {
    ctid,
    tag,
    enabled: firewall?.enabled ?? false,
    rules: (firewall?.rules ?? []).map(ruleLine),
  },
});
