import { isObject, isSecret, secret, type Props, type Value } from "./values";

export type Path = (string | number)[];

/** Parses `a.b[0]["c.d"]`; `*` stays a string and matches any element. */
export function parsePath(text: string): Path {
  const path: Path = [];
  const pattern = /\.?([^.[\]"]+)|\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]/gy;
  let at = 0;
  while (at < text.length) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) throw new Error(`invalid property path ${JSON.stringify(text)}`);
    if (found[1] !== undefined) path.push(found[1]);
    else if (found[2] !== undefined) path.push(found[2] === "*" ? "*" : Number(found[2]));
    else path.push((found[3] ?? "").replace(/\\(.)/g, "$1"));
    at = pattern.lastIndex;
  }
  return path;
}

/** Whether `path` names `other` or something around it. */
export function contains(path: Path, other: Path): boolean {
  if (path.length > other.length) return false;
  return path.every((part, i) => part === "*" || String(part) === String(other[i]));
}

/** Sets what `path` names in `news` back to what it is in `olds`; a missing old value is removed. */
export function resetPath(path: Path, olds: Value | undefined, news: Value | undefined): Value | undefined {
  if (path.length === 0) return olds;
  if (isSecret(news)) {
    const inner = resetPath(path, isSecret(olds) ? olds.value : olds, news.value);
    return inner === undefined ? undefined : secret(inner);
  }
  const before = isSecret(olds) ? olds.value : olds;
  const [head, ...rest] = path;
  if (head === "*" && Array.isArray(news)) {
    return news.map((e, i) => resetPath(rest, Array.isArray(before) ? before[i] : undefined, e) ?? e);
  }
  if (head === "*" && isObject(news)) {
    return [
      ...new Set([...Object.keys(news), ...(isObject(before) ? Object.keys(before) : [])]),
    ].reduce<Value>((all, key) => resetPath([key, ...rest], before, all) ?? all, news);
  }
  if (typeof head === "number" && Array.isArray(news)) {
    const old = Array.isArray(before) ? before[head] : undefined;
    if (old === undefined || head >= news.length) return news;
    return news.map((e, i) => (i === head ? (resetPath(rest, old, e) ?? e) : e));
  }
  if (isObject(news) || news === undefined) {
    const old = isObject(before) ? before[String(head)] : undefined;
    if (rest.length > 0 && (news === undefined || !(String(head) in news)) && old === undefined) return news;
    const value = resetPath(rest, old, news?.[String(head)]);
    const others = { ...news };
    delete others[String(head)];
    return value === undefined ? others : { ...others, [String(head)]: value };
  }
  return news;
}

export function applyIgnoreChanges(news: Props, olds: Props, ignoreChanges: string[]): Props {
  return ignoreChanges.reduce<Props>(
    (all, text) => (resetPath(parsePath(text), olds, all) ?? {}) as Props,
    news,
  );
}
