import { checkBridged } from "../bridge/check";
import { diffBridged } from "../bridge/diff";
import { planState, previewState } from "../bridge/plan";
import { diagnostic } from "../api/errors";
import type { Resource } from "../../shared/provider";
import { unknown } from "../../shared/wire";
import { vmFields } from "./fields";

/**
 * proxmoxve:index/vmLegacy:VmLegacy: what a preview takes. The lab's node has no virtual machines yet, so
 * everything that would touch one is refused by name.
 */
export const vmResource: Resource = {
  check: async ({ name, olds, news }) => checkBridged(name, vmFields, olds, news),
  diff: async (request) => diffBridged(vmFields, request),
  async create({ inputs, preview }) {
    const planned = planState(vmFields, inputs, {});
    if (!preview) throw unsupported("creating");
    return { id: "", state: { id: unknown, ...previewState(vmFields, inputs, planned) } };
  },
  async update({ id, state, inputs, preview }) {
    if (!preview) throw unsupported("updating");
    return { state: { id, ...planState(vmFields, inputs, state) } };
  },
  read: () => Promise.reject(unsupported("reading")),
  delete: () => Promise.reject(unsupported("deleting")),
};

function unsupported(doing: string): Error {
  return diagnostic(new Error(`${doing} a VmLegacy is not supported by the lab's proxmoxve plugin yet`));
}
