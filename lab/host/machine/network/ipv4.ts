/** IPv4 addresses as numbers, and the networks that they lie in. */

export const toNumber = (address: string): number =>
  address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

export const toText = (value: number): string =>
  [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");

/** How many addresses a network with this prefix has. */
export const sizeOf = (prefix: string): number => 2 ** (32 - Number(prefix));

/** The first address of the network that an address with this prefix lies in, as a number. */
export const baseOf = (address: string, prefix: string): number =>
  Math.floor(toNumber(address) / sizeOf(prefix)) * sizeOf(prefix);

/** The network of an address such as 10.0.0.13/24: 10.0.0.0/24. */
export function networkOf(cidr: string): string {
  const [address = "", prefix = "32"] = cidr.split("/");
  return `${toText(baseOf(address, prefix))}/${prefix}`;
}

/** Whether an address lies in a network such as 10.0.0.0/24. */
export function inNetwork(address: string, network: string): boolean {
  const [base = "", prefix = "32"] = network.split("/");
  return baseOf(address, prefix) === baseOf(base, prefix);
}
