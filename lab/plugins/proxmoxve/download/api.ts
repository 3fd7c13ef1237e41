import type { ApiClient, Parameters } from "../api/client";
import { httpErrorOf, wrap } from "../api/errors";
import { attempt } from "../api/retry";
import { waitForTask } from "../api/tasks";
import type { Limits } from "../api/tasks";

interface Listed {
  volid: string;
  size: number;
}

/** Whether the provider asks a storage again: not when the file is missing or the user may not. */
function isWorthRetrying(error: unknown): boolean {
  const http = httpErrorOf(error);
  return !http?.isMissing && http?.status !== 403;
}

/** The real provider tries ten times, over 51 seconds; this one three. */
const patient = { retryIf: isWorthRetrying, baseDelay: 100, lastOnly: true };

/** The files of one storage on one node, and the calls the provider makes for them. */
export class StorageApi {
  readonly #path: string;

  constructor(
    readonly api: ApiClient,
    readonly node: string,
    readonly storage: string,
    readonly limits: Limits,
  ) {
    this.#path = `nodes/${node}/storage/${storage}`;
  }

  /** Name and size, in bytes, as the address's server tells the node. */
  async metadata(url: string, verify: boolean): Promise<{ filename?: string; size?: number }> {
    const query = { url, "verify-certificates": Number(verify) };
    try {
      return await this.api.call("GET", `nodes/${this.node}/query-url-metadata`, query);
    } catch (error) {
      throw wrap(
        "error fetching metadata from download url, unexpected error in GetQueryURLMetadata",
        wrap("error retrieving query-url-metadata", error),
      );
    }
  }

  async download(body: Parameters): Promise<void> {
    const upid = await this.api
      .call<string>("POST", `${this.#path}/download-url`, body)
      .catch((error: unknown) => {
        throw wrap("error download file by URL", error);
      });
    await waitForTask(this.api, upid, this.limits).catch((error: unknown) => {
      throw wrap(`error download file to datastore ${this.storage}: failed waiting for url download`, error);
    });
  }

  /** Size in bytes of a file; undefined for one that is not listed. */
  async sizeOf(volume: string, content: string): Promise<number | undefined> {
    const options = { ...patient, signal: this.limits.signal };
    const listed = await attempt(options, () =>
      this.api.call<Listed[]>("GET", `${this.#path}/content`, { content }),
    ).catch((error: unknown) => {
      throw wrap(
        `unexpected error when listing datastore files: error listing files from datastore ${this.storage}`,
        error,
      );
    });
    return listed?.find((file) => file.volid === volume)?.size;
  }

  /** Deletes a file, if there is one. */
  async remove(volume: string): Promise<void> {
    const options = { ...patient, signal: this.limits.signal };
    const path = `${this.#path}/content/${encodeURIComponent(volume)}`;
    await attempt(options, () => this.api.call("DELETE", path)).catch((error: unknown) => {
      if (!httpErrorOf(error)?.isMissing)
        throw wrap(`error deleting file ${volume} from datastore ${this.storage}`, error);
    });
  }
}
