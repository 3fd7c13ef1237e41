import { randomUUID } from "node:crypto";
import type { ApiClient } from "../api/client";
import { diagnostic, messageOf } from "../api/errors";
import type { InvokeFunction } from "../../shared/provider";
import { plainMap } from "../../shared/wire";
import type { WireMap } from "../../shared/wire";
import { text } from "../values";

interface Listed {
  volid: string;
  content: string;
  format?: string;
  size: number;
  vmid?: number | string;
}

const contents = ["backup", "images", "import", "iso", "rootdir", "snippets", "vztmpl"];

/** getFile: one file of a storage by its content and name. @throws When there is none. */
export function fileFunction(connect: () => ApiClient): InvokeFunction {
  return async (args) => {
    const inputs = plainMap(args);
    const [name, content] = [text(inputs, "fileName"), text(inputs, "contentType")];
    const [storage, node] = [text(inputs, "datastoreId"), text(inputs, "nodeName")];
    mustBeContent(content);
    const files = await list(connect(), inputs, content, "");
    const found = files.find((file) => file["fileName"] === name);
    if (!found)
      throw diagnostic(
        new Error(
          `File Not Found: File '${name}' with content type '${content}' not found in datastore '${storage}' ` +
            `on node '${node}'`,
        ),
      );
    const { fileFormat, fileSize, id, vmid } = found;
    return { result: { ...inputs, fileFormat: fileFormat!, fileSize: fileSize!, id: id!, vmid: vmid! } };
  };
}

/** getFiles: the files of a storage, of one content and with matching names if that is asked. */
export function filesFunction(connect: () => ApiClient): InvokeFunction {
  return async (args) => {
    const inputs = plainMap(args);
    const [content, pattern] = [text(inputs, "contentType"), text(inputs, "fileNameRegex")];
    if (content !== "") mustBeContent(content);
    const name = new RegExp(pattern);
    const files = await list(connect(), inputs, content, "'");
    return {
      result: {
        ...inputs,
        files: files.filter((file) => name.test(text(file, "fileName"))),
        id: randomUUID(),
      },
    };
  };
}

function mustBeContent(content: string): void {
  if (contents.includes(content)) return;
  const names = contents.map((known) => `"${known}"`).join(" ");
  throw diagnostic(
    new Error(`Invalid Attribute Value Match: Value must be one of: [${names}], got: "${content}"`),
  );
}

/** @param quote Around names in an error. */
async function list(api: ApiClient, inputs: WireMap, content: string, quote: string): Promise<WireMap[]> {
  const [storage, node] = [text(inputs, "datastoreId"), text(inputs, "nodeName")];
  const query: Record<string, string> = content === "" ? {} : { content };
  const listed = await api
    .call<Listed[] | null>("GET", `nodes/${node}/storage/${storage}/content`, query)
    .catch((error: unknown) => {
      const at = `datastore ${quote}${storage}${quote} on node ${quote}${node}${quote}`;
      throw diagnostic(
        new Error(
          `Unable to Read Files: Unable to list files from ${at}: error listing files from datastore ` +
            `${storage}: ${messageOf(error)}`,
          { cause: error },
        ),
      );
    });
  return (listed ?? [])
    .sort((left, right) => (left.volid < right.volid ? -1 : 1))
    .map((file) => ({
      contentType: file.content,
      fileFormat: file.format ?? "",
      fileName: /^[^:]*:[^/]*\/(.*)$/.exec(file.volid)?.[1] ?? "",
      fileSize: file.size,
      id: file.volid,
      vmid: file.vmid === undefined ? null : Number(file.vmid),
    }));
}
