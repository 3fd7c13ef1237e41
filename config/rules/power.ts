/** Power: what others expect of a container that does not run. */
import { readable, type Rule } from "./context";

/** Dependencies on it, and a start with the host. */
export const power: Rule = ({ containers, lxcReport }) => {
  const stopped = new Set(containers.filter(({ entry }) => entry.state === "stopped").map(({ id }) => id));
  for (const { id, entry } of containers) {
    const path = ["lxc_configs", id];
    for (const { item: needed, index } of readable(entry.dependencies)) {
      if (!stopped.has(needed) || stopped.has(id)) continue;
      lxcReport.warning(
        [...path, "dependencies", index],
        "is a container whose state is stopped: it runs only while it is converged",
        `let container ${needed} run, or take the dependency out`,
        needed,
      );
    }
    if (stopped.has(id) && entry.start_at_boot) {
      lxcReport.warning(
        [...path, "start_at_boot"],
        "the host starts it, although its state is stopped",
        "set start_at_boot to false, or state to running",
        true,
      );
    }
  }
};
