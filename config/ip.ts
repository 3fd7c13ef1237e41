/** IP addresses of either version, as Proxmox VE takes them for guests. */
import { isIP } from "node:net";
import { pattern } from "./primitives";

/** IPv4 or IPv6 address without a prefix length. */
export const ip = () =>
  pattern(/^[0-9A-Fa-f.:]+$/, "is not an IP address", 45).refine((text) => isIP(text) !== 0, {
    error: "is not an IP address",
    abort: true,
  });
