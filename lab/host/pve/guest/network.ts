/** Network lines of a container. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import type { Section } from "../config/guest-file";
import { PveError } from "../errors";
import { inHost, readHost } from "../paths";
import { parsePropertyString, printPropertyString } from "../schema/value";
import type { Host } from "../../types";
import { networkFormat } from "./options";

/** A MAC address with Proxmox's own prefix. */
export function randomMac(): string {
  const rest = [...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, "0"));
  return ["bc", "24", "11", ...rest].join(":").toUpperCase();
}

/** A netN value as Proxmox VE stores it: with a MAC address and its type. */
export function completeNetwork(host: Host, text: string, fresh = false): string {
  const schema = networkFormat(host.release);
  const values = parsePropertyString(schema, text, host.release);
  const hwaddr = fresh ? undefined : values["hwaddr"];
  const complete = { ...values, hwaddr: hwaddr === undefined ? randomMac() : String(hwaddr).toUpperCase() };
  return printPropertyString(schema, { ...complete, type: values["type"] ?? "veth" });
}

/** Throws for an MTU above its bridge's, as Proxmox VE does when the card is set (update_pct_config). */
export function checkMtu(host: Host, key: string, text: string): void {
  const { mtu, bridge } = parsePropertyString(networkFormat(host.release), text, host.release);
  if (mtu === undefined || mtu === 0) return;
  const most = Number(readHost(host, `/sys/class/net/${bridge}/mtu`) ?? 1500);
  if (Number(mtu) > most) throw new PveError(`${key}: MTU size '${mtu}' is bigger than bridge MTU '${most}'`);
}

/** Throws for the first netN whose bridge the host does not have. */
export function checkBridges(host: Host, config: Section): void {
  for (const key of Object.keys(config.values).sort()) {
    if (!/^net\d+$/.test(key)) continue;
    const text = config.values[key] ?? "";
    const bridge = parsePropertyString(networkFormat(host.release), text, host.release)["bridge"];
    if (bridge === undefined) continue;
    const known =
      host.machine.bridges.some((b) => b.name === bridge) ||
      existsSync(inHost(host, `/sys/class/net/${bridge}`));
    if (!known) throw new PveError(`bridge '${bridge}' does not exist`);
  }
}
