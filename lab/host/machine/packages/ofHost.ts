/** Which packages there are for a host: the node has others than a container, and each is given its own when it is made. */
import type { Host } from "../../types";
import type { Catalogue, Package } from "./types";

const given = new WeakMap<Host, Catalogue>();

/** Gives a host its packages; before anything asks for them. */
export function givePackages(host: Host, packages: Catalogue): void {
  given.set(host, packages);
}

/** All packages that a host can have. */
export function packagesOf(host: Host): Catalogue {
  const packages = given.get(host);
  if (packages === undefined) throw new Error(`nobody has given packages to ${host.node}`);
  return packages;
}

/** A host's package by name. */
export function findPackage(host: Host, name: string): Package | undefined {
  const packages = packagesOf(host);
  return Object.hasOwn(packages, name) ? packages[name] : undefined;
}
