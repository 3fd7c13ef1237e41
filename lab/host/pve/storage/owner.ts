import { existsSync } from "node:fs";
import { inHost } from "../paths";
import type { Host } from "../../types";

/** Content type of a guest's volume: `rootdir` when a container owns the id, else `images`. */
export function ownerContent(host: Host, vmid: number): "rootdir" | "images" {
  return existsSync(inHost(host, `/etc/pve/lxc/${vmid}.conf`)) ? "rootdir" : "images";
}
