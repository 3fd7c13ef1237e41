/** Devices of the host that a container is given. */
import { existsSync } from "node:fs";
import { PveError } from "../errors";
import { inHost } from "../paths";
import { parsePropertyString } from "../schema/property-string";
import type { Host } from "../../types";
import { deviceFormat } from "./options";

/** Throws when the host does not have the device of a devN value. */
export function checkDevices(host: Host, text: string): void {
  const path = parsePropertyString(deviceFormat, text, host.release)["path"];
  if (path === undefined) throw new PveError("Path is not defined for passthrough device");
  if (!existsSync(inHost(host, String(path)))) throw new PveError(`Device ${path} does not exist`);
}
