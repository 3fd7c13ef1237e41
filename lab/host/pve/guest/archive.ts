/** Archives that a container is made from: where they lie, and how they are unpacked. */
import { existsSync } from "node:fs";
import type { GuestFile } from "../config/guest-file";
import { PveError } from "../errors";
import { inHost } from "../paths";
import { locate, volumeExists, volumePath } from "../storage/volumes";
import type { Host } from "../../types";
import { idMaps, refusal } from "./idmap";
import { runMapped } from "./runtime";

/** Path of the archive on the host; throws when there is none. */
export function archivePath(host: Host, template: string): string {
  if (template.startsWith("/")) {
    if (!existsSync(inHost(host, template))) throw new PveError(`can't find file '${template}'`);
    return template;
  }
  if (!template.includes(":")) throw new PveError(`can't find file '${template}'`);
  if (!volumeExists(host, template)) throw new PveError(`volume '${template}' does not exist`);
  const { plugin, name } = locate(host, template);
  const { content } = plugin.parse(name);
  if (content !== "vztmpl" && content !== "backup")
    throw new PveError(`unable to use '${template}' as a container template (content '${content}')`);
  return volumePath(host, template);
}

/** tar's option for an archive, by its name (PVE::LXC::Create::restore_tar_archive). */
function compression(archive: string): string[] {
  const known: Record<string, string> = {
    gz: "-z",
    tgz: "-z",
    xz: "-J",
    zst: "--zstd",
    bz2: "-j",
    lzo: "--lzop",
  };
  const option = known[archive.split(".").at(-1) ?? ""];
  return option === undefined ? [] : [option];
}

/** Unpacks an archive as root of the container's user namespace, so that owners are shifted. */
export async function unpack(
  host: Host,
  config: GuestFile,
  archive: string,
  target: string,
  log: (line: string) => void,
): Promise<void> {
  const tar = ["tar", "xpf", "-", ...compression(archive), "--totals", "--one-file-system", "-p", "--sparse"];
  const options = [
    ...tar,
    "--numeric-owner",
    "-C",
    target,
    "--skip-old-files",
    "--anchored",
    "--exclude",
    "./dev/*",
  ];
  const maps = idMaps(config);
  const refused = refusal(host, maps);
  const done = refused
    ? { code: 1, stderr: "" }
    : await runMapped(host, config, [
        "sh",
        "-c",
        'archive=$1; shift; exec "$@" <"$archive"',
        "sh",
        archive,
        ...options,
      ]);
  if (refused)
    log(
      `lxc_map_ids: 245 ${refused.tool} failed to write mapping "${refused.message}": ${refused.tool} ${refused.call}`,
    );
  if (done.code === 0) return;
  for (const line of done.stderr.trim().split("\n")) if (line !== "") log(line);
  const mapped = maps.flatMap(({ kind, inside, outside, count }) => [
    "-m",
    `${kind}:${inside}:${outside}:${count}`,
  ]);
  const words = [...(maps.length > 0 ? ["lxc-usernsexec", ...mapped, "--"] : []), ...options];
  throw new PveError(`command '${words.join(" ")}' failed: exit code ${done.code}`);
}
