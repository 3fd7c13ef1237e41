import type { WireMap } from "../../shared/wire";
import { text } from "../values";

/** Whether a running machine takes changes of a kind at once; Proxmox VE's own default is network, disk, usb. */
export function isHotpluggable(planned: WireMap, feature: string): boolean {
  const hotplug = text(planned, "hotplug") || "network,disk,usb";
  if (hotplug === "1") return true;
  return hotplug.split(",").some((name) => name.trim() === feature);
}
