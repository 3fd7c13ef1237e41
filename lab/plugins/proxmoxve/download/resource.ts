import { setTimeout as sleep } from "node:timers/promises";
import type { ApiClient, Parameters } from "../api/client";
import { messageOf } from "../api/errors";
import { limitsOf } from "../api/tasks";
import { checkBridged } from "../bridge/check";
import { diffBridged } from "../bridge/diff";
import { describe, finished, isImport, keepIgnored } from "../bridge/outcome";
import { planState, previewState } from "../bridge/plan";
import { extractInputs, refreshInputs } from "../bridge/refresh";
import type { Context, Resource } from "../../shared/provider";
import { plainMap, unknown } from "../../shared/wire";
import type { Wire, WireMap } from "../../shared/wire";
import { bit, flag, number, text } from "../values";
import { StorageApi } from "./api";
import { faultsOf, fileFields } from "./fields";

/** What a read remembers for the next plan: sizes in bytes, of the state before it and at the address. */
interface Remembered {
  before?: number;
  remote?: number;
}

/** proxmoxve:download/file:File. */
export function fileResource(connect: () => ApiClient): Resource {
  const on = (state: WireMap, context: Context, seconds = 600): StorageApi => {
    return new StorageApi(
      connect(),
      text(state, "nodeName"),
      text(state, "datastoreId"),
      limitsOf(context, seconds),
    );
  };
  const sizeOf = (storage: StorageApi, id: string, state: WireMap): Promise<number | undefined> =>
    storage.sizeOf(id, text(state, "contentType"));

  return {
    async check({ name, olds, news }) {
      const { inputs, failures = [] } = checkBridged(name, fileFields, olds, news);
      const faults = faultsOf(inputs).map(({ property, reason }) => ({
        property: "",
        reason: `${reason}. Examine values at '${name}.${property}'.`,
      }));
      return { inputs: withoutDefaults(inputs), failures: [...failures, ...faults] };
    },

    async diff(request) {
      const result = diffBridged(fileFields, request);
      const planned = planState(fileFields, request.inputs, request.state);
      if (result.changes || !flag(planned, "overwrite") || !isAnotherSize(request.state)) return result;
      return { ...result, changes: true, detailed: { size: "UPDATE_REPLACE" } };
    },

    async create({ inputs, preview, timeout }, context) {
      const planned = planState(fileFields, inputs, {});
      if (preview) return { id: "", state: { id: unknown, ...previewState(fileFields, inputs, planned) } };
      const storage = on(planned, context, timeout || number(planned, "uploadTimeout"));
      const { filename } = await describe(
        () => storage.metadata(text(planned, "url"), flag(planned, "verify")),
        "Error initiating file download: Could not get file metadata, unexpected error",
      );
      const state = { ...planned, fileName: planned["fileName"] ?? filename ?? "" };
      const file = `${text(state, "contentType")}/${text(state, "fileName")}`;
      await download(storage, state, file);
      const id = `${text(state, "datastoreId")}:${file}`;
      // A distributed storage may list the file a moment later: five looks.
      for (let delay = 200; ; delay *= 2) {
        const size = await describe(
          () => sizeOf(storage, id, state),
          "Error when reading file from datastore",
        );
        if (size !== undefined) return { id, state: finished(fileFields, id, { ...state, size }) };
        if (delay > 1600)
          await describe(
            () => Promise.reject(new Error("file does not exists in datastore")),
            "Error when reading file from datastore",
          );
        await sleep(delay, undefined, { signal: context.signal });
      }
    },

    async read({ id, state, inputs }, context) {
      const importing = isImport(state);
      const current = importing ? planState(fileFields, importedInputs(id), {}) : plainMap(state);
      const volume = importing ? id.slice(id.indexOf("/") + 1) : id;
      const storage = on(current, context);
      let size: number | undefined;
      try {
        size = await sizeOf(storage, volume, current);
      } catch (error) {
        if (messageOf(error).includes("failed to authenticate"))
          return describe(() => Promise.reject(error as Error), "Failed to authenticate");
      }
      if (size === undefined) {
        await context.log("warning", "The file does not exist in datastore and resource must be recreated.");
        return { id: "", state: {}, inputs: {} };
      }
      const remembered: Remembered = importing ? {} : { before: number(current, "size") };
      if (!importing && flag(current, "overwrite")) {
        const found = await storage
          .metadata(text(current, "url"), flag(current, "verify"))
          .catch(() => ({ size: -1 }));
        if (found.size !== undefined) remembered.remote = found.size;
      }
      const done = { ...current, size };
      const news = importing
        ? (extractInputs(fileFields, done) as WireMap)
        : refreshInputs(fileFields, inputs, done);
      const meta = JSON.stringify(remembered);
      return {
        id: volume,
        state: { ...finished(fileFields, volume, done), __meta: meta },
        inputs: withoutDefaults(news),
      };
    },

    async update({ id, state, inputs, preview, ignoreChanges }, context) {
      const before = plainMap(state);
      const planned = keepIgnored(planState(fileFields, inputs, before), before, ignoreChanges);
      if (preview) return { state: { id, ...planned } };
      const size = await describe(async () => {
        const found = await sizeOf(on(planned, context), id, planned);
        if (found === undefined) throw new Error("file does not exists in datastore");
        return found;
      }, "Error when reading file from datastore");
      return { state: finished(fileFields, id, { ...planned, size }) };
    },

    async delete({ id, state }, context) {
      const before = plainMap(state);
      await describe(
        () => on(before, context).remove(id),
        `Error deleting datastore file: Could not delete datastore file '${id}', unexpected error`,
      );
    },
  };
}

/** @param file Content type and name; a foreign one of this name goes only with overwriteUnmanaged. */
async function download(storage: StorageApi, state: WireMap, file: string): Promise<void> {
  const some = {
    checksum: text(state, "checksum"),
    "checksum-algorithm": text(state, "checksumAlgorithm"),
    compression: text(state, "decompressionAlgorithm"),
  };
  const body: Parameters = {
    content: text(state, "contentType"),
    filename: text(state, "fileName"),
    node: storage.node,
    storage: storage.storage,
    url: text(state, "url"),
    "verify-certificates": bit(flag(state, "verify")),
    ...Object.fromEntries(Object.entries(some).filter(([, value]) => value !== "")),
  };
  const name = text(state, "fileName");
  const isTaken = (error: unknown): boolean =>
    messageOf(error).includes("refusing to override existing file");
  const tryOnce = (): Promise<void> => storage.download(body);
  await describe(async () => {
    try {
      await tryOnce().catch(async (error: unknown) => {
        if (!isTaken(error) || !flag(state, "overwriteUnmanaged")) throw error;
        await storage.remove(file);
        await tryOnce();
      });
    } catch (error) {
      throw new Error(
        isTaken(error)
          ? "File already exists in the datastore, it was created outside of Terraform or is managed by another " +
              `resource.: File already exists in the datastore: '${name}', error: ${messageOf(error)}`
          : `Error downloading file from url: Could not download file '${name}', unexpected error: ${messageOf(error)}`,
        { cause: error },
      );
    }
  });
}

/** The framework's resources have no marks of defaults. */
function withoutDefaults(inputs: WireMap): WireMap {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => key !== "__defaults"));
}

/** Whether the last read found another size than the state had, or than the address has now. */
function isAnotherSize(state: WireMap): boolean {
  const meta: Wire = state["__meta"] ?? null;
  if (typeof meta !== "string") return false;
  const { before, remote } = JSON.parse(meta) as Remembered;
  const size = number(state, "size");
  if (before !== undefined && before !== size) return true;
  return remote !== undefined && remote >= 0 && remote !== size;
}

/** Inputs that `node/datastore:content/name` tells. */
function importedInputs(id: string): WireMap {
  const [, nodeName, datastoreId, contentType, fileName] = /^([^/]+)\/([^:/]+):([^/]+)\/(.+)$/.exec(id) ?? [];
  if (!nodeName || !datastoreId || !contentType || !fileName)
    throw new Error(
      "Unexpected Import Identifier: Expected import identifier with format: " +
        `node_name/datastore_id:content_type/file_name. Got: "${id}"`,
    );
  return { nodeName, datastoreId, contentType, fileName };
}
