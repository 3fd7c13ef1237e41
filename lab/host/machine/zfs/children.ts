/** What keeps a dataset from being destroyed. */
import { ZfsError } from "./errors";
import { parentOf } from "./names";
import type { Pool, ZfsState } from "./state";

/** Throws when a dataset cannot be destroyed on its own: a pool, or one with something below it. */
export function refuseChildren(state: ZfsState, name: string): void {
  if (parentOf(name) === undefined) {
    throw new ZfsError(
      [
        `cannot destroy '${name}': operation does not apply to pools`,
        `use 'zfs destroy -r ${name}' to destroy all datasets in the pool`,
        `use 'zpool destroy ${name}' to destroy the pool itself`,
      ].join("\n"),
    );
  }
  const below = state
    .tree(name)
    .flatMap((one) => [
      ...(one === name ? [] : [one]),
      ...(state.dataset(one)?.snapshots ?? []).map((snapshot) => `${one}@${snapshot.name}`),
    ]);
  if (below.length > 0) {
    const type = state.dataset(name)?.type ?? "filesystem";
    throw new ZfsError(
      [
        `cannot destroy '${name}': ${type} has children`,
        "use '-r' to destroy the following datasets:",
        ...below,
      ].join("\n"),
    );
  }
}

/** Clones of a tree's snapshots that do not lie in the tree. */
export function clonesOutside(state: ZfsState, pool: Pool, name: string): string[] {
  const tree = state.tree(name);
  return tree
    .flatMap((one) => state.dataset(one)?.snapshots ?? [])
    .flatMap(({ id }) => state.clones(pool, id))
    .filter((clone) => !tree.includes(clone));
}
