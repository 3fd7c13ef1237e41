/**
 * The order of the guests: what must be there before what, over dependencies and clone sources. The rules find cycles by
 * it, and the model sorts its guests. What waits for what in a run, only the plan knows.
 */

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

  const ranked = [...nodes].sort(
    (a, b) => (a.bootOrder ?? Infinity) - (b.bootOrder ?? Infinity) || compareGuests(a.ctid, b.ctid),
  );
  const order = inTurn(ranked, byId);
  const placed = new Set(order);
  const waiting = ranked.filter((node) => !placed.has(node));
  return { order, unknown, cycles: cyclesAmong(new Map(waiting.map((node) => [node.ctid, node]))) };
}

/** Places the first node whose needs are all placed, until none is left but those of a cycle and their dependants. */
function inTurn<N extends GraphNode>(ranked: readonly N[], byId: ReadonlyMap<GuestRef, N>): N[] {
  const missing = ranked.map((node) => needsOf(node).filter((need) => byId.has(need)).length);
  const users = new Map<GuestRef, number[]>();
  for (const [rank, node] of ranked.entries()) {
    for (const need of needsOf(node)) {
      const others = users.get(need);
      if (others) others.push(rank);
      else users.set(need, [rank]);
    }
  }
  // In reverse, for pop().
  const ready = missing.flatMap((count, rank) => (count === 0 ? [rank] : [])).reverse();
  const order: N[] = [];
  const done = new Set<GuestRef>();
  for (let rank = ready.pop(); rank !== undefined; rank = ready.pop()) {
    const node = ranked[rank] as N;
    order.push(node);
    // Two entries of one id are one node to whoever needs it: the one that comes first.
    if (done.has(node.ctid)) continue;
    done.add(node.ctid);
    for (const user of users.get(node.ctid) ?? []) {
      missing[user] = (missing[user] ?? 0) - 1;
      if (missing[user] !== 0) continue;
      const at = ready.findIndex((other) => other < user);
      ready.splice(at < 0 ? ready.length : at, 0, user);
    }
  }
  return order;
}

/** One shortest cycle for each node that lies on one, unless a cycle already reported it. */
function cyclesAmong(nodes: Map<GuestRef, GraphNode>): GuestRef[][] {
  const reported = new Set<GuestRef>();
  const cycles: GuestRef[][] = [];
  dropUnneeded(nodes);
  for (const start of [...nodes.keys()].sort(compareGuests)) {
    if (reported.has(start)) continue;
    const cycle = shortestWayBack(start, nodes);
    if (!cycle) continue;
    cycle.forEach((ctid) => reported.add(ctid));
    cycles.push(cycle);
  }
  return cycles;
}

/** Removes nodes that depend on a cycle but are not part of one, so that the search skips them. */
function dropUnneeded(nodes: Map<GuestRef, GraphNode>): void {
  const users = new Map<GuestRef, number>();
  for (const node of nodes.values())
    for (const need of needsOf(node)) users.set(need, (users.get(need) ?? 0) + 1);
  const unneeded = [...nodes.values()].filter(({ ctid }) => !users.has(ctid));
  for (const node of unneeded) {
    nodes.delete(node.ctid);
    for (const need of needsOf(node)) {
      const left = (users.get(need) ?? 0) - 1;
      users.set(need, left);
      const other = nodes.get(need);
      if (left === 0 && other) unneeded.push(other);
    }
  }
}

function shortestWayBack(start: GuestRef, nodes: Map<GuestRef, GraphNode>): GuestRef[] | undefined {
  /** Each node that was reached, and from which: in the order in which they were. */
  const from = new Map<GuestRef, GuestRef | undefined>([[start, undefined]]);
  for (const [reached] of from) {
    const node = nodes.get(reached);
    for (const need of node ? needsOf(node) : []) {
      if (need === start) return [...wayTo(reached, from), start];
      if (!from.has(need) && nodes.has(need)) from.set(need, reached);
    }
  }
  return undefined;
}

function wayTo(end: GuestRef, from: ReadonlyMap<GuestRef, GuestRef | undefined>): GuestRef[] {
  const way: GuestRef[] = [];
  for (let step: GuestRef | undefined = end; step !== undefined; step = from.get(step)) way.push(step);
  return way.reverse();
}
