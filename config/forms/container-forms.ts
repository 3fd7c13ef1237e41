/** Later forms of the containers' file. */
import { type Form, words } from "./form";

const kinds: Record<string, string> = { uid: "user", gid: "group" };

const inert = (key: string, note: string): Form => ({
  ...{ file: "containers", key: `lxc_configs.<key>.${key}`, note },
});

export const containerForms: readonly Form[] = [
  {
    file: "containers",
    key: "lxc_configs.<key>.clone_from_template_ctid",
    as: "lxc_configs.<key>.clone_from_ctid",
    note: "the same",
  },
  {
    file: "containers",
    key: "lxc_configs.<key>.id_maps[].type",
    as: "lxc_configs.<key>.id_maps[].kind",
    note: "uid is user, gid is group; without it, both",
    value: (value) => kinds[String(value)] ?? value,
  },
  {
    file: "containers",
    key: "lxc_configs.<key>.id_maps[].container_id",
    as: "lxc_configs.<key>.id_maps[].guest",
    note: "the same",
  },
  {
    file: "containers",
    key: "lxc_configs.<key>.id_maps[].host_id",
    as: "lxc_configs.<key>.id_maps[].host",
    note: "the same",
  },
  {
    file: "containers",
    key: "lxc_configs.<key>.id_maps[].size",
    as: "lxc_configs.<key>.id_maps[].count",
    note: "the same",
  },
  {
    file: "containers",
    key: "lxc_configs.<key>.network_config.hwaddr",
    as: "lxc_configs.<key>.mac_address",
    note: "the same",
  },
  {
    file: "containers",
    key: "lxc_configs.<key>.network_config.nameserver",
    as: "lxc_configs.<key>.nameserver",
    note: "addresses separated by spaces or commas",
    schema: { type: "string" },
    value: words,
  },
  {
    file: "containers",
    key: "lxc_configs.<key>.network_config.nameservers",
    as: "lxc_configs.<key>.nameserver",
    note: "a list, or addresses separated by spaces or commas",
    schema: { type: ["string", "array"], items: { type: "string" } },
    value: words,
  },
  {
    file: "containers",
    key: "lxc_configs.<key>.firewall.rules[].comment",
    as: "lxc_configs.<key>.firewall.rules[].description",
    note: "it stands behind the rule on the node",
  },
  inert("bootstrap_ca_url", "no certificate authority is set up; the container's own script can use one"),
  inert("traefik_service", "nothing is written for Traefik; its own script can read the entries"),
  inert("trigger_sync_on_completion", "each `up` converges everything"),
  inert("template_file", "name the archive as template"),
];
