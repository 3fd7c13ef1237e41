/** `domain_name` and `network.fallback_dns`: said once, and meant for many. */
import { valueAt, remove } from "../check";
import type { Path } from "../findings";
import type { Moves } from "../moves";
import { type Form, put, type Source } from "./form";
import { objectsOf } from "../objects";

/** What is read here, for the table. */
export const nameRows: readonly Form[] = [
  {
    file: "host",
    key: "domain_name",
    as: "vm_defaults.cloud_init.search_domain",
    note: "and as searchdomain of each container that names none",
    schema: { type: "string" },
  },
  {
    file: "host",
    key: "network.fallback_dns",
    as: "network.interfaces.dns_nameservers",
    note: "the last of them, where it is not among them",
  },
];

/** Takes a value out of the host's document. */
function take({ document }: Source, path: Path): unknown {
  const value = valueAt(document, path);
  remove(document, path);
  return value;
}

/** The search domain of every guest that names none. */
export function readDomain(host: Source, containers: Source, moves: Moves): void {
  const from = { file: host.report.file, path: ["domain_name"] };
  const value = take(host, from.path);
  if (value === undefined) return;
  const target = ["vm_defaults", "cloud_init", "search_domain"];
  if (valueAt(host.document, target) === undefined && put(host.document, target, value))
    moves.add({ file: host.report.file, path: target }, from);
  for (const [id, entry] of objectsOf(valueAt(containers.document, ["lxc_configs"]))) {
    if ("searchdomain" in entry) continue;
    entry.searchdomain = value;
    moves.add({ file: containers.report.file, path: ["lxc_configs", id, "searchdomain"] }, from);
  }
}

/** One name server more for the host. */
export function readFallback(host: Source): void {
  const path = ["network", "fallback_dns"];
  const servers = ["network", "interfaces", "dns_nameservers"];
  const value = take(host, path);
  const there = valueAt(host.document, servers);
  if (value === undefined || typeof there !== "string") return;
  if (typeof value !== "string")
    host.report.mistake(path, "must be text", "give the address of a name server", value);
  else if (!there.split(/[ ,]+/).includes(value)) put(host.document, servers, `${there} ${value}`);
}
