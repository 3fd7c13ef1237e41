/** What an installed node has before its first guest. */
import { existsSync } from "node:fs";
import { inHost, layOutNode } from "./paths";
import { buildTemplate } from "./templates/build";
import { CATALOGUE } from "./templates/catalogue";
import type { Host } from "../types";

const prepared = new WeakMap<Host, Promise<void>>();

/** Lays out /etc/pve and puts the machine's templates in place, once per start of the daemon. */
export function prepareNode(host: Host): Promise<void> {
  const known = prepared.get(host);
  if (known) return known;
  const work = prepare(host);
  prepared.set(host, work);
  return work;
}

async function prepare(host: Host): Promise<void> {
  layOutNode(host);
  for (const file of host.machine.templates ?? []) {
    const template = CATALOGUE.find((entry) => entry.file === file);
    if (!template) throw new Error(`the machine names a template that the catalogue does not have: ${file}`);
    const target = `/var/lib/vz/template/cache/${file}`;
    // The machine's templates come with its installation; one that was removed stays removed.
    const done = host.store.get<string[]>("pve-templates", []);
    if (done.includes(file)) continue;
    if (!existsSync(inHost(host, target))) await buildTemplate(host, template, target);
    host.store.set("pve-templates", [...done, file]);
  }
}
