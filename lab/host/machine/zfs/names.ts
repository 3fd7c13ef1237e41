/** Names of pools, datasets and snapshots, with the checks of module/zcommon/zfs_namecheck.c. */
import { ZfsError } from "./errors";

/** The pool of a dataset or snapshot. */
export function poolOf(name: string): string {
  return name.split(/[/@]/)[0] ?? "";
}

/** The dataset above; undefined for a pool. */
export function parentOf(dataset: string): string | undefined {
  const slash = dataset.lastIndexOf("/");
  return slash < 0 ? undefined : dataset.slice(0, slash);
}

/** Splits `tank/a@s` into dataset and snapshot. */
export function splitSnapshot(name: string): [dataset: string, snapshot: string | undefined] {
  const at = name.indexOf("@");
  return at < 0 ? [name, undefined] : [name.slice(0, at), name.slice(at + 1)];
}

/** Throws the reason why a name cannot be a pool's. */
export function checkPoolName(name: string): void {
  if (name.length >= 256 - 2) throw new ZfsError("name is too long");
  const bad = /[^A-Za-z0-9\-_.: ]/.exec(name);
  if (bad) throw new ZfsError(`invalid character '${bad[0]}' in pool name`);
  if (!/^[A-Za-z]/.test(name)) throw new ZfsError("name must begin with a letter");
  if (/^(mirror|raidz|draid|spare)/.test(name) || name === "log") throw new ZfsError("name is reserved");
}

/** Throws the reason why a name cannot be a dataset's (`snapshot: true`: a snapshot's). */
export function checkName(name: string, { snapshot = false } = {}): void {
  if (!snapshot && name.includes("@")) throw new ZfsError("snapshot delimiter '@' is not expected here");
  if (snapshot && !name.includes("@")) throw new ZfsError("missing '@' delimiter in snapshot name");
  if (name.includes("#")) throw new ZfsError("bookmark delimiter '#' is not expected here");
  if (name.includes("%")) throw new ZfsError("invalid character % in name");
  if (name.length >= 256) throw new ZfsError("name is too long");
  if (name.startsWith("/")) throw new ZfsError("leading slash in name");
  if (name.split("@").length > 2) throw new ZfsError("multiple '@' and/or '#' delimiters in name");
  if (name.endsWith("/")) throw new ZfsError("trailing slash in name");
  for (const component of name.split(/[/@]/)) {
    if (component === "") throw new ZfsError("empty component or misplaced '@' or '#' delimiter in name");
    if (component === ".") throw new ZfsError("self reference, '.' is found in name");
    if (component === "..") throw new ZfsError("parent reference, '..' is found in name");
    const bad = /[^A-Za-z0-9\-_.: ]/.exec(component);
    if (bad) throw new ZfsError(`invalid character '${bad[0]}' in name`);
  }
  if (!/^[A-Za-z]/.test(name)) throw new ZfsError("pool doesn't begin with a letter");
}
