/** Addresses of a running container, as its configuration or DHCP gives them. */
import { lease } from "../../machine/network/leases";
import { parsePropertyString } from "../schema/value";
import type { Host } from "../../types";
import { currentConfig } from "./current";
import { networkFormat } from "./options";
import { isRunning } from "./state";

export interface Interface {
  name: string;
  hwaddr: string;
  "hardware-address": string;
  inet?: string;
  "ip-addresses": { "ip-address": string; "ip-address-type": "inet" | "inet6"; prefix: number }[];
}

/** Loopback and each netN with its address; null when the container is stopped, as the API answers. */
export function interfaces(host: Host, vmid: number): Interface[] | null {
  const config = currentConfig(host, vmid);
  if (!isRunning(host, vmid)) return null;
  const loopback = entry("lo", "00:00:00:00:00:00", "127.0.0.1/8");
  const nets = Object.keys(config.values)
    .filter((key) => /^net\d+$/.test(key))
    .sort()
    .map((key) => {
      const net = parsePropertyString(networkFormat(host.release), config.values[key] ?? "", host.release);
      const mac = String(net["hwaddr"] ?? "").toLowerCase();
      const ip = net["ip"] === "dhcp" ? lease(host, String(net["bridge"]), mac)?.address : net["ip"];
      return entry(String(net["name"]), mac, String(ip ?? ""));
    });
  return [loopback, ...nets];
}

function entry(name: string, hwaddr: string, cidr: string): Interface {
  const [address = "", prefix = ""] = cidr.split("/");
  const fixed = /^\d/.test(address);
  return {
    name,
    hwaddr,
    "hardware-address": hwaddr,
    ...(fixed && { inet: cidr }),
    "ip-addresses": fixed
      ? [{ "ip-address": address, "ip-address-type": "inet", prefix: Number(prefix) }]
      : [],
  };
}
