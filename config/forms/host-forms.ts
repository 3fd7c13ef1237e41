/** Later forms of the host's file. */
import type { Form } from "./form";

const lines = (value: unknown) =>
  Array.isArray(value) && value.every((item) => typeof item === "string") ? value.join(" ") : value;

const inert = (key: string, note: string): Form => ({ file: "host", key, note });

export const hostForms: readonly Form[] = [
  {
    file: "host",
    key: "network.interfaces.dns_nameservers",
    as: "network.interfaces.dns_nameservers",
    note: "a list is read as its addresses, separated by spaces",
    schema: { type: "array", items: { type: "string" } },
    value: lines,
  },
  {
    file: "host",
    key: "firewall.global_firewall_rules",
    as: "firewall.rules",
    note: "the same",
  },
  {
    file: "host",
    key: "firewall.rules[].comment",
    as: "firewall.rules[].description",
    note: "it stands behind the rule on the node",
  },
  inert(
    "zfs.datasets[].storage_class",
    "proxmox_storage_type and proxmox_content_type say what a dataset is for; remove it",
  ),
  inert("dns_server", "no DNS server is set up on the host; give the guests name servers of yours"),
  inert("step_ca", "no certificate authority is set up; a container's own script can do that"),
  inert("network.internal_bridge", "make the bridge on the host, and name it in network_config.bridge"),
  inert("network.public_bridge", "make the bridge on the host, and name it in network_config.bridge"),
  inert("network.macvlan_vlan_tag", "make the interface on the host"),
  inert("network.public_vlan_tag", "make the interface on the host"),
];
