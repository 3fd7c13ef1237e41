import { volumeFolder } from "../storage/volumes";
import type { Host } from "../../types";
import type { Mount } from "./config";

/** Folder on the host that a mount takes its files from. */
export const sourceOf = (host: Host, mount: Mount): string =>
  mount.type === "volume" ? volumeFolder(host, mount.volume) : mount.volume;
