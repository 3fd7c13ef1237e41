/** The unit networking: ifup -a at boot; what ifupdown2 complains about fails it. */
import type { Unit } from "../packages/types";
import { readInterfaces } from "./interfacesFile";
import { apply, links, takeDown } from "./live";

export const networking: Pick<Unit, "check" | "started" | "stopped"> = {
  check(host) {
    const { errors } = readInterfaces(host.root);
    return errors.length > 0 ? { journal: errors, identifier: "networking" } : undefined;
  },
  started: (host) => void apply(host),
  stopped: (host) =>
    void takeDown(
      host,
      [...links(host).keys()].filter((name) => name !== "lo"),
    ),
};
