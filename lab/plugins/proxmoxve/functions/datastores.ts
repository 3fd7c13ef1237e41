import { randomUUID } from "node:crypto";
import type { ApiClient } from "../api/client";
import { diagnostic, messageOf } from "../api/errors";
import type { InvokeFunction } from "../../shared/provider";
import { plainMap } from "../../shared/wire";
import type { WireMap } from "../../shared/wire";
import { block, text, texts, toFlag, toNumber } from "../values";

interface Listed {
  storage: string;
  type: string;
  content?: string;
  active?: number;
  enabled?: number;
  shared?: number;
  avail?: number | string;
  total?: number | string;
  used?: number | string;
  used_fraction?: number | string;
}

/** getDatastores: the storages of a node, narrowed by content, name or a second node that shares them. */
export function datastoresFunction(connect: () => ApiClient): InvokeFunction {
  return async (args) => {
    const inputs = plainMap(args);
    const nodeName = text(inputs, "nodeName");
    const filters = block(inputs, "filters") ?? {};
    const query = {
      content: texts(filters, "contentTypes").join(","),
      storage: text(filters, "id"),
      target: text(filters, "target"),
    };
    const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""));
    const listed = await connect()
      .call<Listed[] | null>("GET", `nodes/${nodeName}/storage`, given)
      .catch((error: unknown) => {
        const reason = `Unable to read datastores: error retrieving datastores: ${messageOf(error)}`;
        throw diagnostic(new Error(reason, { cause: error }));
      });
    const datastores = (listed ?? []).map((entry) => shown(entry, nodeName));
    datastores.sort((left, right) => (text(left, "id") < text(right, "id") ? -1 : 1));
    return { result: { ...inputs, datastores, id: randomUUID() } };
  };
}

/** Sizes in bytes. */
function shown(entry: Listed, nodeName: string): WireMap {
  return {
    active: toFlag(entry.active) ?? null,
    contentTypes: (entry.content ?? "").split(",").filter((content) => content !== ""),
    enabled: toFlag(entry.enabled) ?? null,
    id: entry.storage,
    nodeName,
    shared: toFlag(entry.shared) ?? null,
    spaceAvailable: toNumber(entry.avail) ?? null,
    spaceTotal: toNumber(entry.total) ?? null,
    spaceUsed: toNumber(entry.used) ?? null,
    spaceUsedFraction: toNumber(entry.used_fraction) ?? null,
    type: entry.type,
  };
}
