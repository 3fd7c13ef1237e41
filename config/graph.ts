/** The order of the containers: what must be there before what, over dependencies and clone sources. */

/** A container as the order sees it. */
export interface GraphNode {
  ctid: number;
  name: string;
  /** Lower starts earlier; a container without it comes after all that have one. */
  bootOrder?: number;
  /** CTIDs that must be running before. */
  dependencies: number[];
  /** CTID that it is cloned from. */
  cloneFrom?: number;
}

/** What ordering found. `order` is complete only when `unknown` and `cycles` are empty. */
export interface Ordering<N extends GraphNode> {
  /** Every node after all it needs; among those ready at once by boot order, then CTID. */
  order: N[];
  /** References to CTIDs that no node has. */
  unknown: { user: number; needs: number; through: "dependency" | "clone" }[];
  /** Members of each cycle in order, the first one again at the end: `[900, 901, 900]`. */
  cycles: number[][];
}

/** Everything a container needs, ascending, each once. */
export function needsOf(node: GraphNode): number[] {
  const needs = new Set(node.dependencies);
  if (node.cloneFrom !== undefined) needs.add(node.cloneFrom);
  return [...needs].sort((a, b) => a - b);
}

/** Sorts containers topologically; the same set gives the same order, however it was listed. */
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
    .sort((a, b) => a.user - b.user || a.needs - b.needs);

  const order: N[] = [];
  const done = new Set<number>();
  const ready = (node: N) => needsOf(node).every((id) => done.has(id) || !byId.has(id));
  let waiting = [...nodes].sort(
    (a, b) => (a.bootOrder ?? Infinity) - (b.bootOrder ?? Infinity) || a.ctid - b.ctid,
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
function cyclesAmong(nodes: Map<number, GraphNode>): number[][] {
  const told = new Set<number>();
  const cycles: number[][] = [];
  for (const start of [...nodes.keys()].sort((a, b) => a - b)) {
    if (told.has(start)) continue;
    const cycle = shortestWayBack(start, nodes);
    if (!cycle) continue;
    cycle.forEach((ctid) => told.add(ctid));
    cycles.push(cycle);
  }
  return cycles;
}

function shortestWayBack(start: number, nodes: Map<number, GraphNode>): number[] | undefined {
  const seen = new Set<number>();
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
