/** Paths of the host as the daemon, which stands outside the host's root file system, sees them. */
import { lstatSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * The daemon's path for a path of the host: symbolic links are followed as the host would follow them and
 * never lead out of `root`. What does not exist is taken as written.
 *
 * @param root where the daemon sees the host's root file system
 * @param path absolute path inside the host
 * @param options `last: false` leaves a symbolic link in the last place alone, as lstat does
 * @throws Error with code ELOOP after 40 links
 */
export function inRoot(root: string, path: string, options: { last?: boolean } = {}): string {
  const follow = options.last ?? true;
  let links = 0;
  let pending = path.split("/");
  let resolved: string[] = [];
  while (pending.length > 0) {
    const name = pending.shift() ?? "";
    if (name === "" || name === ".") continue;
    if (name === "..") {
      resolved.pop();
      continue;
    }
    const isLast = pending.every((rest) => rest === "" || rest === ".");
    const target = isLast && !follow ? undefined : linkTarget(join(root, ...resolved, name));
    if (target === undefined) {
      resolved.push(name);
      continue;
    }
    if (++links > 40)
      throw Object.assign(new Error(`ELOOP: too many symbolic links, '${path}'`), { code: "ELOOP" });
    if (target.startsWith("/")) resolved = [];
    pending = [...target.split("/"), ...pending];
  }
  return join(root, ...resolved);
}

function linkTarget(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isSymbolicLink() ? readlinkSync(path) : undefined;
}
