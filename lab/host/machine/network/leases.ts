/** The DHCP server of the lab's networks. */
import type { Host } from "../../types";
import { baseOf, sizeOf, toText } from "./ipv4";

/** Where the addresses start that the network's DHCP server gives out, counted in its bridge's network. */
const FIRST_LEASE = 100;

/**
 * The lease of a card: the network of the bridge's address is served by its gateway, which gives out addresses from
 * the hundredth on and remembers them by the card's address. Undefined on a bridge without an address of its own.
 */
export function lease(
  host: Host,
  bridge: string,
  mac: string,
): { address: string; gateway: string } | undefined {
  const found = host.machine.bridges.find(({ name }) => name === bridge);
  const [own, bits] = found?.address.split("/") ?? [];
  if (found === undefined || own === undefined || bits === undefined) return undefined;
  const leases = host.store.get<Record<string, string>>("dhcp-leases", {});
  const [base, size] = [baseOf(own, bits), sizeOf(bits)];
  let address = leases[mac];
  for (let n = FIRST_LEASE; address === undefined && n < size - 1; n++) {
    const next = toText(base + n);
    if (!Object.values(leases).includes(next) && next !== own && next !== found.gateway) address = next;
  }
  if (address === undefined) return undefined;
  host.store.set("dhcp-leases", { ...leases, [mac]: address });
  return { address: `${address}/${bits}`, gateway: found.gateway };
}
