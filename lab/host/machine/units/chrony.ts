/** chronyd as a unit: it refuses a configuration that it cannot read. */
import { existsSync, readFileSync } from "node:fs";
import type { Unit } from "../packages/types";
import { inRoot } from "../confined";

/** Directives of chrony.conf(5) that a server or client uses. */
const directives = new Set(
  (
    "server pool peer driftfile ntsdumpdir logdir maxupdateskew rtcsync makestep leapsectz leapseclist confdir sourcedir " +
    "keyfile log allow deny local bindaddress bindcmdaddress cmdallow cmdport port minsources rtconutc hwtimestamp " +
    "maxslewrate dumpdir user pidfile initstepslew lock_all sched_priority refclock include"
  ).split(" "),
);

export const chronyUnit: Unit = {
  description: "chrony, an NTP client/server",
  type: "notify",
  execStart: "/usr/sbin/chronyd -n -F 1",
  aliases: ["chronyd"],
  check({ root }) {
    const path = inRoot(root, "/etc/chrony/chrony.conf");
    if (!existsSync(path)) {
      return {
        journal: ["Fatal error : Could not open /etc/chrony/chrony.conf : No such file or directory"],
        identifier: "chronyd",
      };
    }
    const lines = readFileSync(path, "utf8").split("\n");
    for (const [index, line] of lines.entries()) {
      const word = /^\s*([^\s!;#%]\S*)/.exec(line)?.[1];
      if (word === undefined || directives.has(word.toLowerCase())) continue;
      // conf.c of chrony: other_parse_error("Invalid directive")
      return {
        journal: [`Fatal error : Invalid directive at line ${index + 1} in file /etc/chrony/chrony.conf`],
        identifier: "chronyd",
      };
    }
    return undefined;
  },
};
