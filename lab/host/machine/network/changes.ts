/** Tells whoever cares that the network's configuration may have changed. */
import type { Host } from "../../types";

const listeners = new WeakMap<Host, (() => void)[]>();

export function onNetworkChange(host: Host, listener: () => void): void {
  listeners.set(host, [...(listeners.get(host) ?? []), listener]);
}

export function networkChanged(host: Host): void {
  for (const listener of listeners.get(host) ?? []) listener();
}
