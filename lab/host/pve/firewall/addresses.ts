/** Addresses and ports of firewall rules, judged as pve-firewall 6 does by Net::IP (libnet-ip-perl). */
import { inNetwork, toNumber } from "../../machine/network/ipv4";

const address = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** What Net::IP says of an address or a network; undefined for one that it takes. */
function netIp(text: string): string | undefined {
  const [host = "", prefix] = text.split("/");
  const octets = address.exec(host)?.slice(1).map(Number);
  if (octets === undefined || octets.some((octet) => octet > 255))
    return `Cannot determine IP version for ${host}`;
  if (prefix === undefined) return undefined;
  const bits = octets.map((octet) => octet.toString(2).padStart(8, "0")).join("");
  if (!/^\d+$/.test(prefix)) return `Invalid prefix length /${prefix}`;
  if (Number(prefix) > 32) return `Prefix length ${prefix} is longer than IP address (32 bits)`;
  return /^0*$/.test(bits.slice(Number(prefix))) ? undefined : `Invalid prefix ${bits}/${prefix}`;
}

/** What is wrong with the value of `-source` or `-dest` that is neither an alias nor an IP set. */
export function addressListProblem(text: string): string | undefined {
  const parts = text.split(",");
  if (parts.at(-1) === "") return "extraneous commas in list";
  for (const part of parts) {
    if (part.includes(":")) return "the lab does not simulate IPv6 addresses in firewall rules";
    const problem = part
      .split("-")
      .map(netIp)
      .find((one) => one !== undefined);
    if (problem !== undefined) return `invalid IP address: ${problem}`;
  }
  return parts.length > 1 && text.includes("-") ? "you can't use a range in a list" : undefined;
}

/** Whether an address is one of a list of addresses, networks or ranges. */
export function isAmong(who: string, list: string): boolean {
  return list.split(",").some((part) => {
    const [first = "", last] = part.split("-");
    if (last !== undefined) return toNumber(who) >= toNumber(first) && toNumber(who) <= toNumber(last);
    return inNetwork(who, part);
  });
}

/** What is wrong with the value of `-dport` or `-sport`. */
export function portsProblem(text: string, services: ReadonlyMap<string, number>): string | undefined {
  const parts = text.split(",");
  if (parts.at(-1) === "") return "extraneous commas in list";
  for (const part of parts) {
    const [first = "", last] = part.split(":");
    const numbers = last === undefined ? [first] : [first, last];
    if (numbers.every((number) => /^\d+$/.test(number))) {
      const bad = numbers.find((number) => Number(number) > 65_535);
      if (bad !== undefined) return `invalid port '${bad}'`;
      if (last !== undefined && Number(first) > Number(last))
        return `backwards range '${part}' not allowed, did you mean '${last}:${first}'?`;
    } else if (!services.has(part)) {
      return `invalid port '${part}'`;
    }
  }
  return undefined;
}

/** Whether a port is one of a list of ports, ranges and names. */
export function hasPort(port: number, text: string, services: ReadonlyMap<string, number>): boolean {
  return text.split(",").some((part) => {
    const [first, last] = part
      .split(":")
      .map((word) => (/^\d+$/.test(word) ? Number(word) : services.get(word)));
    return first !== undefined && port >= first && port <= (last ?? first);
  });
}
