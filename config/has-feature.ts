/** Whether a container, or one it is cloned from, has a feature. */
export function hasFeature(
  ctid: string,
  name: string,
  entries: Readonly<Record<string, { features?: readonly unknown[]; clone_from_ctid?: string } | undefined>>,
): boolean {
  const entry = entries[ctid];
  if (entry === undefined) return false;
  const source = entry.clone_from_ctid;
  return (
    entry.features?.includes(name) === true || (source !== undefined && hasFeature(source, name, entries))
  );
}
