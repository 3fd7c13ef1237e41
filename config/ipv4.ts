/** IPv4 addresses and subnets as plain numbers. */

const octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";

/** `a.b.c.d`, every part 0 to 255 without leading zeros. */
export const ipv4Pattern = new RegExp(`^${octet}(?:\\.${octet}){3}$`);
/** `a.b.c.d/n`, prefix length 0 to 32. */
export const cidrPattern = new RegExp(`^${octet}(?:\\.${octet}){3}/(?:3[0-2]|[12]?[0-9])$`);

/** An address with its prefix length. */
export interface Interface {
  address: number;
  prefix: number;
  /** First address of the subnet. */
  network: number;
  /** Last address of the subnet. */
  broadcast: number;
}

/** The address as a number from 0 to 2^32 − 1; the text must match `ipv4Pattern`. */
export function parseAddress(text: string): number {
  return text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** `dhcp`, or as cidrPattern. */
export const addressPattern = new RegExp(`^dhcp$|${cidrPattern.source}`);

/** The parts of `a.b.c.d/n`; the text must match `cidrPattern`. */
export function parseInterface(text: string): Interface {
  const [host = "", length = "32"] = text.split("/");
  const address = parseAddress(host);
  const prefix = Number(length);
  const size = 2 ** (32 - prefix);
  const network = Math.floor(address / size) * size;
  return { address, prefix, network, broadcast: network + size - 1 };
}

/** The number as `a.b.c.d`. */
export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** `10.0.0.0/24` for any interface inside it. */
export function formatSubnet(of: Interface): string {
  return `${formatAddress(of.network)}/${of.prefix}`;
}

/** Whether the address lies in the interface's subnet. */
export function inSubnet(address: number, of: Interface): boolean {
  return address >= of.network && address <= of.broadcast;
}
