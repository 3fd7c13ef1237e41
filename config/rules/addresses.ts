/** Host names, MAC addresses and IPv4 addresses: accepted by Proxmox, each used once. */
import { formatSubnet, inSubnet, type Interface, parseAddress, parseInterface } from "../ipv4";
import type { Path, Report } from "../findings";
import { cardsOf, cardsOfMachines, checkNeeded } from "./cards";
import { type Context, readable, type Rule } from "./context";
import { reportRepeats, type Use } from "./unique";

const label = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const dnsName = new RegExp(`^${label}(?:\\.${label})*$`);

/** Host names as Proxmox takes them (pve-common's dns-name), at most the 63 characters Linux allows. */
export const names: Rule = (context) => {
  const uses: Use[] = [];
  const add = (report: Report, path: Path, name: string | undefined, user: string) => {
    if (name === undefined) return;
    if (name.length > 63 || !dnsName.test(name)) {
      report.mistake(
        path,
        "is not a host name Proxmox accepts",
        "use letters, digits, - and ., at most 63 characters, no - or . at an end",
        name,
      );
    } else {
      uses.push({ key: name.toLowerCase(), value: name, path, report, user });
    }
  };
  for (const { id, entry } of context.containers) {
    add(context.lxcReport, ["lxc_configs", id, "name"], entry.name, `container ${id}`);
  }
  for (const { item, index } of readable(context.hypervisor?.vms)) {
    add(context.hypervisorReport, ["vms", index, "name"], item.name, `vms[${index}]`);
  }
  reportRepeats(uses, "the name", "give each guest a name of its own");
};

/** MAC addresses: of one interface each, and not multicast. */
export const macs: Rule = ({ containers, hypervisor, lxcReport, hypervisorReport }) => {
  const uses: Use[] = [];
  const given = [
    ...containers.map(({ id, entry }) => ({
      mac: entry.mac_address,
      path: ["lxc_configs", id, "mac_address"],
      report: lxcReport,
      user: `container ${id}`,
    })),
    ...cardsOf(containers).map(({ card, path, user }) => ({
      mac: card.mac_address,
      path: [...path, "mac_address"],
      report: lxcReport,
      user,
    })),
    ...readable(hypervisor?.vms).map(({ item, index }) => ({
      mac: item.mac_address,
      path: ["vms", index, "mac_address"],
      report: hypervisorReport,
      user: `vms[${index}]`,
    })),
    ...cardsOfMachines(hypervisor).map(({ card, path, user }) => ({
      mac: card.mac_address,
      path: [...path, "mac_address"],
      report: hypervisorReport,
      user,
    })),
  ];
  for (const { mac, path, report, user } of given) {
    if (mac === undefined) continue;
    if (parseInt(mac.slice(0, 2), 16) % 2 === 1) {
      report.mistake(path, "is a multicast address", "make the first pair of digits even, such as 52", mac);
    } else {
      uses.push({ key: mac.toUpperCase(), value: mac, path, report, user });
    }
  }
  reportRepeats(uses, "the MAC address", "give each guest one of its own, or leave it to Proxmox");
};

/** Addresses: one guest each, inside their subnets, with a gateway that can be reached. */
export const addresses: Rule = ({ hypervisor, hypervisorReport, containers, lxcReport, rawContainers }) => {
  const uses: Use[] = [];
  const host = hypervisor?.network?.interfaces;
  const hostPath = ["network", "interfaces"];
  if (host?.address !== undefined) {
    const own = parseInterface(host.address);
    checkInside(hypervisorReport, [...hostPath, "address"], host.address, own);
    checkGateway(hypervisorReport, [...hostPath, "gateway"], host.gateway, own);
    uses.push({
      key: String(own.address),
      value: host.address,
      path: [...hostPath, "address"],
      report: hypervisorReport,
      user: "the host",
    });
  }
  if (host?.gateway !== undefined) {
    const key = String(parseAddress(host.gateway));
    // A gateway that is the host's own address has been reported by checkGateway.
    if (uses[0]?.key !== key) {
      uses.push({
        key,
        value: host.gateway,
        path: [...hostPath, "gateway"],
        report: hypervisorReport,
        user: "the host's gateway",
      });
    }
  }
  for (const { id, entry } of containers) {
    const network = entry.network_config;
    const path = ["lxc_configs", id, "network_config"];
    if (host?.name !== undefined && network?.bridge !== undefined && network.bridge !== host.name) {
      lxcReport.warning(
        [...path, "bridge"],
        "is not the bridge of these files",
        `name ${host.name}, or make the bridge on the host`,
        network.bridge,
      );
    }
    if (network?.ip === undefined) continue;
    checkNeeded(lxcReport, path, network);
    if (!network.ip.includes("/")) continue;
    if (!hasGateway(rawContainers[id])) {
      lxcReport.warning(
        [...path, "gw"],
        "is missing: the container reaches its own subnet alone",
        "give it the address of the router, or give a card of networks one",
      );
    }
    const own = parseInterface(network.ip);
    checkInside(lxcReport, [...path, "ip"], network.ip, own);
    checkGateway(lxcReport, [...path, "gw"], network.gw, own);
    uses.push({
      key: String(own.address),
      value: network.ip,
      path: [...path, "ip"],
      report: lxcReport,
      user: `container ${id}`,
    });
  }
  for (const { card, path, user } of cardsOf(containers)) {
    checkNeeded(lxcReport, path, card);
    if (card.ip === undefined || !card.ip.includes("/")) continue;
    const own = parseInterface(card.ip);
    checkInside(lxcReport, [...path, "ip"], card.ip, own);
    checkGateway(lxcReport, [...path, "gw"], card.gw, own);
    uses.push({ key: String(own.address), value: card.ip, path: [...path, "ip"], report: lxcReport, user });
  }
  for (const { card, path, user } of cardsOfMachines(hypervisor)) {
    checkNeeded(hypervisorReport, path, card);
    if (card.ip === undefined || !card.ip.includes("/")) continue;
    const own = parseInterface(card.ip);
    checkInside(hypervisorReport, [...path, "ip"], card.ip, own);
    checkGateway(hypervisorReport, [...path, "gw"], card.gw, own);
    const use = { path: [...path, "ip"], report: hypervisorReport, user };
    uses.push({ key: String(own.address), value: card.ip, ...use });
  }
  for (const { item, index } of readable(hypervisor?.vms)) {
    const { ip, gateway } = item.cloud_init ?? {};
    if (ip === undefined || ip === "dhcp") continue;
    const own = parseInterface(ip);
    const path = ["vms", index, "cloud_init"];
    checkInside(hypervisorReport, [...path, "ip"], ip, own);
    checkGateway(hypervisorReport, [...path, "gateway"], gateway, own);
    const use = { path: [...path, "ip"], report: hypervisorReport, user: `vms[${index}]` };
    uses.push({ key: String(own.address), value: ip, ...use });
  }
  reportRepeats(uses, "the address", "give each guest an address of its own");
};

/** Whether some card of an entry has an IPv4 gateway, even one that is no address. */
function hasGateway(entry: { network_config?: object; networks?: unknown } | undefined): boolean {
  const cards = [
    entry?.network_config,
    ...(Array.isArray(entry?.networks) ? (entry.networks as unknown[]) : []),
  ];
  return cards.some(
    (card) =>
      typeof card === "object" && card !== null && ("gw" in card || ("ip" in card && card.ip === "dhcp")),
  );
}

function checkInside(report: Report, path: Path, text: string, own: Interface): void {
  if (own.prefix >= 31) return;
  const edge =
    own.address === own.network ? "network" : own.address === own.broadcast ? "broadcast" : undefined;
  if (edge) {
    report.mistake(
      path,
      `is the ${edge} address of ${formatSubnet(own)}`,
      "give an address between the two",
      text,
    );
  }
}

function checkGateway(report: Report, path: Path, gateway: string | undefined, own: Interface): void {
  if (gateway === undefined) return;
  const address = parseAddress(gateway);
  if (!inSubnet(address, own)) {
    report.mistake(
      path,
      `is not in the subnet ${formatSubnet(own)} of the address`,
      "correct the gateway, the address or its prefix length",
      gateway,
    );
  } else if (address === own.address) {
    report.mistake(path, "is the address itself", "give the address of the router", gateway);
  }
}

/** Name servers of the host. */
export const nameServers: Rule = ({ hypervisor, hypervisorReport: report }: Context) => {
  const list = hypervisor?.network?.interfaces?.dns_nameservers ?? "";
  const wrong = list.split(/[ ,]+/).filter((word) => word !== "" && !word.split(".").every(isOctet));
  if (wrong.length > 0 || list.split(/[ ,]+/).some((word) => word !== "" && word.split(".").length !== 4)) {
    report.mistake(
      ["network", "interfaces", "dns_nameservers"],
      "is not a list of IPv4 addresses",
      "separate the addresses of the name servers by spaces",
      list,
    );
  }
};

function isOctet(part: string): boolean {
  return /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255;
}
