/** Later forms of the containers' file. */
import type { Form } from "./form";

const kinds: Record<string, string> = { uid: "user", gid: "group" };

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
    key: "lxc_configs.<key>.firewall.rules[].comment",
    as: "lxc_configs.<key>.firewall.rules[].description",
    note: "it stands behind the rule on the node",
  },
];
