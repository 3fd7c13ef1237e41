import { join } from "node:path";
import { serveCommands } from "../../machine/commandServer";
import type { Host } from "../../types";
import type { GuestFile } from "../config/guest-file";
import { rootIds } from "../guest/idmap";
import { stateFolder } from "../guest/limits";

/** Serves the stand-in commands of a running container until it ends. */
export async function serveGuest(
  host: Host,
  vmid: number,
  config: GuestFile,
  _state: { pid: number },
): Promise<{ close(): void }> {
  return serveCommands(host, {}, { folder: join(stateFolder(host, vmid), "client"), root: rootIds(config) });
}
