/**
 * Whether the lab's user still reaches the host. On the machine, he comes by way of loopback; for the host he is
 * another computer in the network of its first bridge, with the last address but one there.
 */
import type { Host } from "../../types";
import { installed } from "../packages/installed";
import { baseOf, inNetwork, sizeOf, toNumber, toText } from "./ipv4";
import { links } from "./live";
import { isEnabled, policy, profiles, readRules, isAny, type Rule } from "./ufw/rules";

/** Address of the host that the user knows, and his own. */
export function addresses(host: Host): { host: string; user: string } {
  const [address = "127.0.0.1", prefix = "24"] = host.machine.bridges[0]?.address.split("/") ?? [];
  let user = baseOf(address, prefix) + sizeOf(prefix) - 2;
  if (user === toNumber(address)) user -= 1;
  return { host: address, user: toText(user) };
}

/** Whether packets find their way: the address is on an interface that is up, and the answer finds its way back. */
export function linked(host: Host): boolean {
  if (host.machine.bridges.length === 0) return true;
  const { host: own, user } = addresses(host);
  return [...links(host).values()].some(
    (link) =>
      link.up &&
      link.addresses.some(
        (address) =>
          address.split("/")[0] === own &&
          (inNetwork(user, address) || link.gateway === host.machine.bridges[0]?.gateway),
      ) &&
      // A bridge without a port reaches nobody.
      (link.kind !== "bridge" || [...links(host).values()].some((port) => port.master === link.name)),
  );
}

/** Whether the firewall lets a new TCP connection of the user to this port in. */
export function admitted(host: Host, port: number): boolean {
  const { root } = host;
  if (installed(host, "ufw") === undefined || !isEnabled(root)) return true;
  const { host: own, user } = addresses(host);
  const bridge = host.machine.bridges[0]?.name;
  const all = profiles(root);
  const hits = (rule: Rule) => {
    if (rule.v6 || rule.route === true || rule.direction !== "in") return false;
    if (!isAny(rule.from) && !inNetwork(user, rule.from)) return false;
    if (!isAny(rule.to) && !inNetwork(own, rule.to)) return false;
    if (rule.inOn !== undefined && rule.inOn !== bridge) return false;
    if (rule.fromPort !== "any" || rule.fromApp !== undefined) return false;
    if (rule.toApp === undefined) return ["any", "tcp"].includes(rule.proto) && covers(rule.toPort, port);
    const entries = all.find(({ name }) => name === rule.toApp)?.ports ?? [];
    return entries.some((entry) => !entry.endsWith("/udp") && covers(entry.split("/")[0] ?? "", port));
  };
  const rule = readRules(root).find(hits);
  return rule === undefined
    ? policy(root, "incoming") === "allow"
    : rule.action === "allow" || rule.action === "limit";
}

function covers(ports: string, port: number): boolean {
  if (ports === "any") return true;
  return ports.split(",").some((part) => {
    const [first, last] = part.split(":").map(Number);
    return first !== undefined && port >= first && port <= (last ?? first);
  });
}
