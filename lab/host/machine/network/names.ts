/** Whether the host can resolve names: it needs a name server in /etc/resolv.conf and a way out. */
import { existsSync, readFileSync } from "node:fs";
import type { Host } from "../../types";
import { inRoot } from "../confined";

/** Whether a name of the outside world is resolved from the host as it stands. */
export function resolves(host: Host, _name: string): boolean {
  const path = inRoot(host.root, "/etc/resolv.conf");
  return existsSync(path) && /^\s*nameserver\s+\S/m.test(readFileSync(path, "utf8"));
}
