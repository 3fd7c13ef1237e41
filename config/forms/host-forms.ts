/** Later forms of the host's file. */
import type { Form } from "./form";

const lines = (value: unknown) =>
  Array.isArray(value) && value.every((item) => typeof item === "string") ? value.join(" ") : value;

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
];
