/**
 * The folder whose `usr` lies between a guest's own volume and this machine's programs: the stand-ins that every
 * guest has, and whiteouts for programs of the machine that a fresh container does not have.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../../types";

/** The folder, made once per start of the daemon. */
export function guestLayer(host: Host): string {
  const layer = join(host.scratch, "guest-layer");
  if (!existsSync(layer)) mkdirSync(join(layer, "usr/bin"), { recursive: true });
  return layer;
}
