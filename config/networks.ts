/** Network cards of a container beside the one of network_config, and what either may say beyond bridge and address. */
import { isIPv6 } from "node:net";
import { z } from "zod";
import { cidrPattern } from "./ipv4";
import { bridge, comment, ipv4, mac, pattern, whole } from "./primitives";

const ipv6 = (form: RegExp, problem: string, words: string[]) =>
  pattern(form, problem, 64).refine(
    (text) =>
      words.includes(text) || (isIPv6(text.replace(/\/.*/, "")) && !/\/(12[9]|1[3-9][0-9])$/.test(text)),
    { error: problem, abort: true },
  );

export const gateway6 = () => ipv6(/^[0-9A-Fa-f:.]+$/, "is not an IPv6 address", []);

/** An address with a prefix length, or one of these words. */
export const address6 = (words: string[]) =>
  ipv6(
    new RegExp(`^(?:${words.join("|")}|[0-9A-Fa-f:.]+/[0-9]{1,3})$`),
    `is neither an IPv6 address with a prefix length nor ${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
    words,
  );

export const interfaceName = () =>
  pattern(/^[A-Za-z][A-Za-z0-9_.-]{0,14}$/, "is not the name of a network interface");

/** IPv4 address of a card, or who gives it one. */
export const address4 = () =>
  pattern(
    new RegExp(`^(?:dhcp|manual)$|${cidrPattern.source}`),
    "is neither an IPv4 address with a prefix length nor dhcp or manual",
  );

/** Spread into the schema of a card. */
export const cardKeys = {
  ip6: address6(["auto", "dhcp", "manual"])
    .optional()
    .describe("IPv6 address with its prefix length, or auto, dhcp or manual; none without it"),
  gw6: gateway6().optional().describe("IPv6 address of the gateway"),
  vlan: whole(1, 4094).optional().describe("VLAN tag, 1 to 4094; none without it"),
  mtu: whole(64, 65535)
    .optional()
    .describe("Largest packet in bytes, at most the bridge's; the bridge's without it. A change restarts it"),
  rate: z.number().min(0.001).max(100000).optional().describe("Most traffic in MB/s; no limit without it"),
};

const card = z
  .strictObject({
    name: interfaceName().describe(
      "Network interface in the container, by which the card is known again, at most 15 characters, such as eth1",
    ),
    bridge: bridge().describe("Bridge of the host, such as vmbr1"),
    ip: address4()
      .optional()
      .describe("IPv4 address with its prefix length, or dhcp or manual; none without it"),
    gw: ipv4().optional().describe("IPv4 address of the gateway, in the same subnet"),
    ...cardKeys,
    mac_address: mac().optional(),
    firewall: z
      .boolean()
      .optional()
      .describe("Whether the container's firewall is on for the card; false by default"),
    description: comment(),
  })
  .describe("A network card of the container");

/** The key `networks` of a container. */
export const networks = z
  .array(card)
  .optional()
  .describe("Network cards beside the one of network_config. All but mtu changes while it runs");

/** A card as Proxmox VE has it. */
export interface Card {
  name: string;
  bridge: string;
  ip?: string;
  gw?: string;
  hwaddr?: string;
  type: "veth";
  firewall?: "1";
  gw6?: string;
  ip6?: string;
  mtu?: number;
  /** MB/s. */
  rate?: number;
  /** VLAN. */
  tag?: number;
}

export const cardOf = ({
  name,
  bridge,
  ip,
  gw,
  gw6,
  ip6,
  mtu,
  rate,
  ...more
}: z.output<typeof card>): Card => ({
  name,
  bridge,
  ip,
  gw,
  hwaddr: more.mac_address?.toUpperCase(),
  type: "veth",
  firewall: more.firewall ? "1" : undefined,
  gw6,
  ip6,
  mtu,
  rate,
  tag: more.vlan,
});
