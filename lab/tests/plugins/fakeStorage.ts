import { type FakeNode, Refusal } from "./fakeNode";

/** The storages of the fake node: files by volume, and what its addresses have. */
export function answerStorage(
  node: FakeNode,
  method: string,
  path: string,
  body: Record<string, string>,
  task: (type: string) => string,
): unknown {
  const [, , , storage = "", action, encoded = ""] = path.split("/");
  const remote = (): { filename: string; size: number } => {
    const found = node.remote.get(body["url"] ?? "");
    if (found) return found;
    throw new Refusal(500, "invalid server response: '404 Not Found'");
  };
  if (path === "nodes/pvetest/query-url-metadata") return remote();
  const named = decodeURIComponent(encoded);
  const volume = named.includes(":") ? named : `${storage}:${named}`;
  switch (`${method} ${action}`) {
    case "GET content":
      return [...node.volumes]
        .filter(([volid]) => volid.startsWith(`${storage}:${body["content"]}/`))
        .map(([volid, size]) => ({ volid, size, content: body["content"] }));
    case "DELETE content":
      if (!node.volumes.delete(volume)) throw new Refusal(500, `volume '${volume}' does not exist`);
      return task("imgdel");
    case "POST download-url": {
      const volid = `${storage}:${body["content"]}/${body["filename"]}`;
      if (node.volumes.has(volid))
        throw new Refusal(500, `refusing to override existing file '${body["filename"]}'`);
      if (!node.failing.has("download")) node.volumes.set(volid, remote().size);
      return task("download");
    }
    default:
      throw new Refusal(501, `Method '${method} /${path}' not implemented`);
  }
}
