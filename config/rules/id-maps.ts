/** Maps of ids: only for unprivileged containers, never two for one id. */
import { type IdMap, overlapping } from "../id-maps";
import { readable, type Rule } from "./context";

export const idMapping: Rule = ({ containers, lxcReport: report }) => {
  for (const { id, entry } of containers) {
    const path = ["lxc_configs", id, "id_maps"];
    const maps = readable(entry.id_maps).flatMap(({ item }): IdMap[] => {
      const { guest, host, count = 1, kind = "both" } = item;
      return guest === undefined || host === undefined ? [] : [{ guest, host, count, kind }];
    });
    if (maps.length === 0) continue;
    if (entry.unprivileged === false) {
      report.mistake(
        path,
        "has no meaning in a privileged container",
        "set unprivileged to true, or remove it",
      );
    }
    const raw = readable(entry.lxc_options).find(({ item }) => /^lxc\.idmap\s*[:=]/.test(item));
    if (raw) {
      report.mistake(
        ["lxc_configs", id, "lxc_options", raw.index],
        "writes a map of ids that id_maps writes too",
        "keep one of the two",
        raw.item,
      );
    }
    for (const kind of ["user", "group"] as const) {
      const pair = overlapping(maps, kind);
      if (!pair) continue;
      report.mistake(
        path,
        `maps ${kind} ${pair[1].guest} of the container twice`,
        "give each id of the container one id of the host",
      );
      break;
    }
    const beyond = maps.find((map) => map.guest + map.count > 65_536);
    if (beyond) {
      report.mistake(path, `maps ids beyond 65535 (${beyond.guest} + ${beyond.count})`, "lower count");
    }
  }
};
