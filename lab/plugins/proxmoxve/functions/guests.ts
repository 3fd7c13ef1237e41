import type { ApiClient } from "../api/client";
import { diagnostic } from "../api/errors";
import type { InvokeFunction } from "../../shared/provider";
import { plainMap } from "../../shared/wire";
import type { Wire, WireMap } from "../../shared/wire";
import { blocks, text, texts, toFlag } from "../values";
import { randomUUID } from "node:crypto";

interface Listed {
  vmid: number;
  name?: string;
  status?: string;
  tags?: string;
  template?: number | string;
}

/**
 * getContainersLegacy and getVmsLegacy: the guests of one node, or of all, by number; `tags` must all be
 * there, each filter must match with one of its values.
 * @param kind Folder of the API.
 * @param result Name of the list in the answer.
 */
export function guestsFunction(
  connect: () => ApiClient,
  kind: "lxc" | "qemu",
  result: string,
): InvokeFunction {
  return async (args) => {
    const inputs = plainMap(args);
    const wanted = texts(inputs, "tags").map((tag) => tag.trim());
    const filters = blocks(inputs, "filters");
    const guests: Wire[] = [];
    try {
      const nodes = inputs["nodeName"] ? [text(inputs, "nodeName")] : await nodeNames(connect());
      for (const node of nodes) {
        const listed = await connect().call<Listed[] | null>("GET", `nodes/${node}/${kind}`);
        for (const guest of (listed ?? []).sort((left, right) => Number(left.vmid) - Number(right.vmid))) {
          const entry = entryOf(node, guest);
          const tags = texts(entry, "tags");
          if (wanted.every((tag) => tags.includes(tag)) && filters.every((filter) => matches(entry, filter)))
            guests.push(entry);
        }
      }
    } catch (error) {
      throw diagnostic(error);
    }
    return { result: { ...inputs, [result]: guests, id: randomUUID() } };
  };
}

async function nodeNames(api: ApiClient): Promise<string[]> {
  const nodes = await api.call<{ node: string }[]>("GET", "nodes");
  return nodes.map((node) => node.node).sort();
}

function entryOf(nodeName: string, guest: Listed): WireMap {
  const tags = (guest.tags ?? "").split(";").filter((tag) => tag !== "");
  return {
    name: guest.name ?? "",
    nodeName,
    status: guest.status ?? "",
    tags: tags.sort(),
    template: toFlag(guest.template) ?? false,
    vmId: Number(guest.vmid),
  };
}

function matches(entry: WireMap, filter: WireMap): boolean {
  const name = text(filter, "name");
  const value = {
    template: entry["template"] === true ? "true" : "false",
    status: text(entry, "status"),
    name: text(entry, "name"),
    node_name: text(entry, "nodeName"),
  }[name];
  if (value === undefined)
    throw new Error(`unknown filter name '${name}', should be one of [name, template, status, node_name]`);
  return texts(filter, "values").some((candidate) =>
    filter["regex"] === true ? new RegExp(candidate).test(value) : candidate === value,
  );
}
