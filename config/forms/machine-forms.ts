/** Later forms of virtual machines; `vms` and `vm_defaults` are read from both files alike. */
import { type Form, words } from "./form";

/** Cloud images as their vendors name them. */
const images: Record<string, string> = {
  "jammy-server-cloudimg-amd64.img": "ubuntu-22.04",
  "noble-server-cloudimg-amd64.img": "ubuntu-24.04",
  "debian-12-genericcloud-amd64.qcow2": "debian-12",
  "debian-13-genericcloud-amd64.qcow2": "debian-13",
};

const row = (key: string, as: string, note = "the same", more: Partial<Form> = {}): Form => ({
  ...{ file: "host", key: `vms[].${key}`, as: `vms[].${as}`, note },
  ...more,
});

const inert = (key: string, note: string): Form => ({ file: "host", key: `vms[].${key}`, note });

const script = "a script of post_create_scripts can do that";

export const machineForms: readonly Form[] = [
  row("template_image", "template", "the image of Ubuntu or Debian by the file's name, else as template", {
    value: (value) => images[String(value)] ?? value,
  }),
  row("network_config.ip", "cloud_init.ip"),
  row("network_config.gw", "cloud_init.gateway"),
  row("network_config.nameserver", "cloud_init.dns_servers", "addresses separated by spaces or commas", {
    schema: { type: "string" },
    value: words,
  }),
  row(
    "network_config.nameservers",
    "cloud_init.dns_servers",
    "a list, or addresses separated by spaces or commas",
    {
      schema: { type: ["string", "array"], items: { type: "string" } },
      value: words,
    },
  ),
  row("network_config.searchdomain", "cloud_init.search_domain"),
  row("network_config.bridge", "network_bridge"),
  row("user_config.username", "cloud_init.user"),
  row("firewall.rules[].comment", "firewall.rules[].description", "it stands behind the rule on the node"),
  inert("user_config.<key>", "cloud_init sets up the user; see its keys"),
  inert("network_config.<key>", "cloud_init and network_bridge have what there is of the network"),
  inert("qm_options", "each option of Proxmox VE has a key of its own here, or none"),
  inert("count", "each machine has an entry of its own"),
  inert("docker_compose_files", script),
  inert("docker_firewall_rules", script),
  inert("swarm_role", script),
  inert("node_labels", script),
  inert("dns_records", "no DNS server is set up on the host"),
  inert("traefik_service", "nothing is written for Traefik; its own script can read the entries"),
  inert("trigger_sync_on_completion", "each `up` converges everything"),
];
