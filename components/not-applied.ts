import type { Estate } from "../config";

/**
 * What the files ask for and this version does not do yet, one phrase each. Nothing is left out without a
 * word; an area takes its line away when it is there.
 */
export function notApplied({ hypervisor }: Estate): string[] {
  return [...(hypervisor.firewall ? ["the firewall of the datacenter"] : [])];
}
