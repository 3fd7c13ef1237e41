/** The order graph for people: plain text, and Mermaid for pages that draw it. */
import { compareGuests, type GraphNode, type GuestRef, needsOf } from "../config/graph";

/** One line a guest in the order given: CTID (`VM` for a virtual machine), name, clone source, dependencies. */
export function renderText(order: readonly GraphNode[]): string {
  const ids = Math.max(0, ...order.map((node) => idOf(node).length));
  const names = Math.max(0, ...order.map(({ name }) => name.length));
  const lines = order.map((node) => {
    const reasons = [
      node.cloneFrom === undefined ? "" : `clone of ${node.cloneFrom}`,
      node.dependencies.length === 0 ? "" : `after ${sorted(node.dependencies).join(", ")}`,
    ].filter((reason) => reason !== "");
    return `${idOf(node).padStart(ids)}  ${node.name.padEnd(names)}  ${reasons.join("; ")}`.trimEnd();
  });
  return lines.map((line) => `${line}\n`).join("");
}

/** A Mermaid flowchart: a thick arrow from a source to its clone, a thin one from a dependency to its user. */
export function renderMermaid(order: readonly GraphNode[]): string {
  const nodes = order.map(
    (node) => `  ${keyOf(node.ctid)}["${idOf(node)} ${node.name.replace(/"/g, "#quot;")}"]`,
  );
  const edges = order.flatMap((node) =>
    needsOf(node).map((need) =>
      need === node.cloneFrom
        ? `  ${keyOf(need)} ==>|clone| ${keyOf(node.ctid)}`
        : `  ${keyOf(need)} --> ${keyOf(node.ctid)}`,
    ),
  );
  return ["flowchart TD", ...nodes, ...edges, ""].join("\n");
}

/** What stands for a guest in the first column. */
function idOf({ ctid }: GraphNode): string {
  return typeof ctid === "number" ? String(ctid) : "VM";
}

function keyOf(ref: GuestRef): string {
  return typeof ref === "number" ? `ct${ref}` : `vm_${ref.replace(/[^A-Za-z0-9]/g, "_")}`;
}

function sorted(refs: readonly GuestRef[]): GuestRef[] {
  return [...new Set(refs)].sort(compareGuests);
}
