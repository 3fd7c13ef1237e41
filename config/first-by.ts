/** Items by a key; the first of several that have the same. */
export function firstBy<K, V>(items: Iterable<V>, keyOf: (item: V) => K): Map<K, V> {
  const found = new Map<K, V>();
  for (const item of items) {
    const key = keyOf(item);
    if (!found.has(key)) found.set(key, item);
  }
  return found;
}
