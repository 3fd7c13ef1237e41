/** What a running guest's system is like: a container's configuration, or what stands for it in a virtual machine. */
import type { GuestFile } from "../config/guest-file";
import type { Host } from "../../types";
import { load } from "./config";
import { running } from "./state";

export const currentConfig = (host: Host, vmid: number): GuestFile =>
  running(host, vmid)?.shape ?? load(host, "lxc", vmid);
