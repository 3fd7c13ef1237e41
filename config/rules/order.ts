/** References between containers: to ones that exist, and never in a circle. */
import { type GraphNode, orderGraph } from "../graph";
import { type Context, readable, type Rule } from "./context";

/** The containers as the order graph takes them; references that could not be read are left out. */
export function graphNodes({ containers }: Pick<Context, "containers">): GraphNode[] {
  return containers.map(({ ctid, entry }) => ({
    ctid,
    name: entry.name ?? "",
    dependencies: readable(entry.dependencies).map(({ item }) => Number(item)),
    ...(entry.boot_order !== undefined && { bootOrder: entry.boot_order }),
    ...(entry.clone_from_ctid !== undefined && { cloneFrom: Number(entry.clone_from_ctid) }),
  }));
}

/** Unknown CTIDs at their place; each cycle once, at the reference that opens it. */
export const order: Rule = (context) => {
  const report = context.lxcReport;
  const nodes = graphNodes(context);
  const { unknown, cycles } = orderGraph(nodes);
  for (const { user, needs, through } of unknown) {
    const verb = through === "clone" ? "is cloned from" : "depends on";
    report.mistake(
      placeOf(context, user, needs),
      `container ${user} ${verb} ${needs}, and no container has that CTID`,
      "name a CTID of this file, or remove it",
      String(needs),
    );
  }
  for (const cycle of cycles) {
    const [first = 0, second = 0] = cycle;
    report.mistake(
      placeOf(context, first, second),
      `containers need one another in a circle: ${cycle.join(" → ")}`,
      "remove one of these dependencies or clone_from_ctid",
    );
  }
};

function placeOf({ containers }: Context, user: number, needs: number): (string | number)[] {
  const container = containers.find(({ ctid }) => ctid === user);
  const path = ["lxc_configs", container?.id ?? String(user)];
  if (container?.entry.clone_from_ctid !== undefined && Number(container.entry.clone_from_ctid) === needs) {
    return [...path, "clone_from_ctid"];
  }
  const index = (container?.entry.dependencies ?? []).findIndex(
    (id) => id !== undefined && Number(id) === needs,
  );
  return [...path, "dependencies", index];
}
