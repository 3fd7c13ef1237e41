/** The order of the guests: what must be there before what, over dependencies and clone sources. */

/** A container by CTID, or a virtual machine by name: its VMID may be chosen by the node. */
export type GuestRef = number | string;

/** A guest as the order sees it. */
export interface GraphNode<Ref extends GuestRef = GuestRef> {
  /** CTID, or name of a virtual machine. */
  ctid: Ref;
  name: string;
  /** Lower starts earlier; a guest without it comes after all that have one. */
  bootOrder?: number;
  /** Guests that must be running before. */
  dependencies: Ref[];
  /** Guest that it is cloned from. */
  cloneFrom?: Ref;
}

/** Containers by CTID, then machines by name. */
export function compareGuests(a: GuestRef, b: GuestRef): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === typeof b) return a < b ? -1 : Number(a > b);
  return typeof a === "number" ? -1 : 1;
}

/** What ordering found. `order` is complete only when `unknown` and `cycles` are empty. */
export interface Ordering<N extends GraphNode> {
  /** Every node after all it needs; among those ready at once by boot order, then CTID. */
  order: N[];
  /** References to guests that no node has. */
  unknown: { user: GuestRef; needs: GuestRef; through: "dependency" | "clone" }[];
  /** Members of each cycle in order, the first one again at the end: `[900, 901, 900]`. */
  cycles: GuestRef[][];
}

/** Everything a guest needs, ascending, each once. */
export function needsOf<Ref extends GuestRef>(node: GraphNode<Ref>): Ref[] {
  const needs = new Set(node.dependencies);
  if (node.cloneFrom !== undefined) needs.add(node.cloneFrom);
  return [...needs].sort(compareGuests);
}

/** Sorts guests topologically; the same set gives the same order, however it was listed. */
export function orderGraph<N extends GraphNode>(nodes: readonly N[]): Ordering<N> {
  const byId = new Map(nodes.map((node) => [node.ctid, node]));
  const unknown = nodes
    .flatMap((node) => [
      ...[...new Set(node.dependencies)].map((needs) => ({
        user: node.ctid,
        needs,
        through: "dependency" as const,
      })),
      ...(node.cloneFrom === undefined
        ? []
        : [{ user: node.ctid, needs: node.cloneFrom, through: "clone" as const }]),
    ])
    .filter(({ needs }) => !byId.has(needs))
    .sort((a, b) => compareGuests(a.user, b.user) || compareGuests(a.needs, b.needs));

  const order: N[] = [];
  const done = new Set<GuestRef>();
  const ready = (node: N) => needsOf(node).every((id) => done.has(id) || !byId.has(id));
  let waiting = [...nodes].sort(
    (a, b) => (a.bootOrder ?? Infinity) - (b.bootOrder ?? Infinity) || compareGuests(a.ctid, b.ctid),
  );
  for (let next = waiting.find(ready); next; next = waiting.find(ready)) {
    const placed = next;
    order.push(placed);
    done.add(placed.ctid);
    waiting = waiting.filter((node) => node !== placed);
  }
  return { order, unknown, cycles: cyclesAmong(new Map(waiting.map((node) => [node.ctid, node]))) };
}

/** One shortest cycle for each node that lies on one, unless a cycle already told of it. */
function cyclesAmong(nodes: Map<GuestRef, GraphNode>): GuestRef[][] {
  const told = new Set<GuestRef>();
  const cycles: GuestRef[][] = [];
  for (const start of [...nodes.keys()].sort(compareGuests)) {
    if (told.has(start)) continue;
    const cycle = shortestWayBack(start, nodes);
    if (!cycle) continue;
    cycle.forEach((ctid) => told.add(ctid));
    cycles.push(cycle);
  }
  return cycles;
}

function shortestWayBack(start: GuestRef, nodes: Map<GuestRef, GraphNode>): GuestRef[] | undefined {
  const seen = new Set<GuestRef>();
  const ways = [[start]];
  for (let way = ways.shift(); way; way = ways.shift()) {
    const node = nodes.get(way[way.length - 1] ?? start);
    for (const need of node ? needsOf(node) : []) {
      if (need === start) return [...way, start];
      if (seen.has(need) || !nodes.has(need)) continue;
      seen.add(need);
      ways.push([...way, need]);
    }
  }
  return undefined;
}
