/** Options of a virtual machine, as far as the lab reads them. */
import type { Parameters } from "../schema/types";

export const VM_INTERNAL_KEYS = new Set(["parent", "snaptime", "snapstate", "meta"]);

export const vmOptions = (): Parameters => ({});
