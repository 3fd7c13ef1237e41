/** Network cards of a virtual machine: what the first may say beside bridge and VLAN, and the others. */
import { z } from "zod";
import { cidrPattern } from "./ipv4";
import { address6, gateway6 } from "./networks";
import { bridge, comment, ipv4, mac, pattern, whole } from "./primitives";

const model = () =>
  z
    .enum(["virtio", "e1000", "e1000e", "rtl8139", "vmxnet3"])
    .describe("Card that the machine sees; virtio by default");
const mtu = () =>
  whole(576, 65520).describe(
    "Largest packet in bytes, at most the bridge's, for virtio alone; 1500 without it",
  );
const rate = () => z.number().min(0.001).max(100000).describe("Most traffic in MB/s; no limit without it");
const queues = () =>
  whole(1, 64).describe("Packet queues, for virtio alone, at most as many as CPUs; one without it");

/** Of the first card; spread into the schema of what an entry may say and vm_defaults may say for it. */
export const firstCardKeys = {
  network_model: model(),
  network_mtu: mtu(),
  network_rate: rate(),
  network_queues: queues(),
};

/** IPv6 of the first card; spread into the schema of cloud_init. */
export const firstCardAddress = {
  ip6: address6(["auto", "dhcp"])
    .optional()
    .describe("IPv6 address with its prefix length, or auto or dhcp; none without it"),
  gateway6: gateway6().optional().describe("IPv6 address of the gateway; with an address in ip6 alone"),
};

const card = z
  .strictObject({
    interface: pattern(/^net(?:[1-9]|[12][0-9]|3[01])$/, "is not net1 to net31").describe(
      "Where it is plugged in, by which the card is known again: net1 to net31",
    ),
    bridge: bridge().describe("Bridge of the host, such as vmbr1"),
    model: model().optional(),
    ip: pattern(
      new RegExp(`^dhcp$|${cidrPattern.source}`),
      "is neither an IPv4 address with a prefix length nor dhcp",
    )
      .optional()
      .describe(
        "IPv4 address with its prefix length, or dhcp, by cloud-init; none without it. A change restarts it",
      ),
    gw: ipv4().optional().describe("IPv4 address of the gateway, in the same subnet"),
    ip6: address6(["auto", "dhcp"])
      .optional()
      .describe(
        "IPv6 address with its prefix length, or auto or dhcp, by cloud-init; none without it. A change restarts it",
      ),
    gw6: gateway6().optional().describe("IPv6 address of the gateway"),
    vlan: whole(1, 4094).optional().describe("VLAN tag, 1 to 4094; none without it"),
    mtu: mtu().optional(),
    rate: rate().optional(),
    queues: queues().optional(),
    mac_address: mac().optional(),
    firewall: z
      .boolean()
      .optional()
      .describe("Whether the machine's firewall is on for the card; false by default"),
    description: comment(),
  })
  .describe("A network card of the virtual machine");

/** The key `networks` of a machine. */
export const networks = z
  .array(card)
  .optional()
  .describe("Network cards beside the first, net0; all but their addresses changes while it runs");

/** What the first card may say beside bridge, VLAN and MAC address. */
export interface FirstCard {
  model?: string;
  mtu?: number;
  queues?: number;
  /** MB/s. */
  rate?: number;
}

type FirstCardKeys = Partial<z.output<z.ZodObject<typeof firstCardKeys>>>;

export function firstCard(entry: FirstCardKeys): FirstCard {
  const { network_model: model, network_mtu: mtu, network_queues: queues, network_rate: rate } = entry;
  return {
    ...(model !== undefined && { model }),
    ...(mtu !== undefined && { mtu }),
    ...(queues !== undefined && { queues }),
    ...(rate !== undefined && { rate }),
  };
}

/** A card as Proxmox VE has it. */
export interface VmCard {
  interface: string;
  bridge: string;
  model: string;
  mac?: string;
  firewall?: "1";
  mtu?: number;
  queues?: number;
  /** MB/s. */
  rate?: number;
  /** VLAN. */
  tag?: number;
  /** `ip=…,gw=…` for cloud-init. */
  ipconfig?: string;
}

interface Addresses {
  ip?: string | undefined;
  gw?: string | undefined;
  ip6?: string | undefined;
  gw6?: string | undefined;
}

/** As qm.conf(5) has ipconfigN; undefined where it has no address. */
export function ipConfig({ ip, gw, ip6, gw6 }: Addresses): string | undefined {
  const pairs = Object.entries({ ip, gw, ip6, gw6 }).flatMap(([key, value]) =>
    value === undefined ? [] : `${key}=${value}`,
  );
  return pairs.length > 0 ? pairs.join(",") : undefined;
}

export function vmCard(entry: z.output<typeof card>): VmCard {
  const { interface: at, bridge, model, mac_address: mac, mtu, queues, rate, vlan } = entry;
  const ipconfig = ipConfig(entry);
  return {
    interface: at,
    bridge,
    model: model ?? "virtio",
    ...(mac !== undefined && { mac: mac.toUpperCase() }),
    ...(entry.firewall && { firewall: "1" }),
    ...(mtu !== undefined && { mtu }),
    ...(queues !== undefined && { queues }),
    ...(rate !== undefined && { rate }),
    ...(vlan !== undefined && { tag: vlan }),
    ...(ipconfig !== undefined && { ipconfig }),
  };
}
