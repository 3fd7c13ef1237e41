/** The order graph for people: plain text, and Mermaid for pages that draw it. */
import { type GraphNode, needsOf } from "./graph";

/** One line a container in the order given: CTID, name, clone source, dependencies. */
export function renderText(order: readonly GraphNode[]): string {
  const ids = Math.max(0, ...order.map(({ ctid }) => String(ctid).length));
  const names = Math.max(0, ...order.map(({ name }) => name.length));
  const lines = order.map((node) => {
    const reasons = [
      node.cloneFrom === undefined ? "" : `clone of ${node.cloneFrom}`,
      node.dependencies.length === 0 ? "" : `after ${sorted(node.dependencies).join(", ")}`,
    ].filter((reason) => reason !== "");
    return `${String(node.ctid).padStart(ids)}  ${node.name.padEnd(names)}  ${reasons.join("; ")}`.trimEnd();
  });
  return lines.map((line) => `${line}\n`).join("");
}

/** A Mermaid flowchart: a thick arrow from a source to its clone, a thin one from a dependency to its user. */
export function renderMermaid(order: readonly GraphNode[]): string {
  const nodes = order.map(({ ctid, name }) => `  ct${ctid}["${ctid} ${name.replace(/"/g, "#quot;")}"]`);
  const edges = order.flatMap((node) =>
    needsOf(node).map((need) =>
      need === node.cloneFrom ? `  ct${need} ==>|clone| ct${node.ctid}` : `  ct${need} --> ct${node.ctid}`,
    ),
  );
  return ["flowchart TD", ...nodes, ...edges, ""].join("\n");
}

function sorted(ids: readonly number[]): number[] {
  return [...new Set(ids)].sort((a, b) => a - b);
}
