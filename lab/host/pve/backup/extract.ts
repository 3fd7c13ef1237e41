/** The configuration in a backup (PVE::Storage::extract_vzdump_config). */
import { spawnSync } from "node:child_process";
import { inHost } from "../paths";
import { PveError } from "../errors";
import { locate, volumeExists, volumePath } from "../storage/volumes";
import type { Host } from "../../types";

export function extractConfig(host: Host, volid: string): string {
  const { plugin, name } = locate(host, volid);
  if (plugin.parse(name).content !== "backup") throw new PveError(`volume '${volid}' is no backup volume`);
  if (!volumeExists(host, volid)) throw new PveError(`volume '${volid}' does not exist`);
  const path = volumePath(host, volid);
  const file = /\.vma(\.|$)/.test(path) ? "./qemu-server.conf" : "./etc/vzdump/pct.conf";
  // What follows the configuration is not read: tar ends, and the decompressor with it.
  const { stdout, status, stderr } = spawnSync("tar", ["--occurrence=1", "-xOf", inHost(host, path), file], {
    encoding: "utf8",
  });
  if (status !== 0)
    throw new PveError(`ERROR: archive contains no configuration file\n${stderr.trim()}`.trim());
  return stdout;
}
