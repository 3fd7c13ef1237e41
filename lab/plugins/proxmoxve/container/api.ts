import type { ApiClient, Parameters } from "../api/client";
import { httpErrorOf, messageOf, wrap } from "../api/errors";
import { attempt, isTransient, poll } from "../api/retry";
import { waitForTask } from "../api/tasks";
import type { Limits } from "../api/tasks";

export type ContainerConfig = Record<string, unknown>;

export interface ContainerStatus {
  status: string;
  lock?: string;
}

interface Interface {
  name: string;
  "ip-addresses"?: { "ip-address": string; "ip-address-type": string }[];
}

/** One container on a node, and the calls the provider makes for it. */
export class ContainerApi {
  readonly #path: string;

  constructor(
    readonly api: ApiClient,
    readonly node: string,
    readonly vmid: number,
    readonly limits: Limits,
  ) {
    this.#path = `nodes/${node}/lxc/${vmid}`;
  }

  /**
   * Creates the container and waits for the task. On an id that is taken, the second attempt's "already
   * exists" is read as "already done": the foreign guest is adopted, as by the real provider.
   */
  create(body: Parameters): Promise<void> {
    const done = (error: unknown): boolean => messageOf(error).includes("already exists");
    return this.#task("error creating container", "POST", `nodes/${this.node}/lxc`, body, done);
  }

  clone(source: ContainerApi, body: Parameters): Promise<void> {
    const done = (error: unknown): boolean => messageOf(error).includes("already exists");
    return this.#task("error cloning container", "POST", `${source.#path}/clone`, body, done, 10_000);
  }

  resize(size: string): Promise<void> {
    return this.#task("error resizing container disk", "PUT", `${this.#path}/resize`, {
      disk: "rootfs",
      size,
    });
  }

  async #task(
    words: string,
    method: "POST" | "PUT",
    path: string,
    body: Parameters,
    alreadyDone?: (error: unknown) => boolean,
    baseDelay?: number,
  ): Promise<void> {
    const options = { retryIf: isTransient, alreadyDone, baseDelay, signal: this.limits.signal };
    const upid = await attempt(options, async () => {
      try {
        return await this.api.call<string>(method, path, body);
      } catch (error) {
        throw wrap(words, error);
      }
    });
    if (upid) await waitForTask(this.api, upid, this.limits);
  }

  async config(): Promise<ContainerConfig> {
    try {
      return await this.api.call<ContainerConfig>("GET", `${this.#path}/config`);
    } catch (error) {
      throw wrap("error retrieving container", error);
    }
  }

  async status(): Promise<ContainerStatus> {
    try {
      return await this.api.call<ContainerStatus>("GET", `${this.#path}/status/current`);
    } catch (error) {
      throw wrap("error retrieving container status", error);
    }
  }

  async update(body: Parameters): Promise<void> {
    const retryIf = (error: unknown): boolean => messageOf(error).includes("got timeout");
    await attempt({ retryIf, signal: this.limits.signal }, () =>
      this.api.call("PUT", `${this.#path}/config`, body),
    );
  }

  async start(): Promise<void> {
    if ((await this.status()).status === "running") return;
    const retryIf = (error: unknown): boolean => messageOf(error).includes("got no worker upid");
    let upid: string | undefined;
    try {
      upid = await attempt({ retryIf, signal: this.limits.signal }, () =>
        this.api.call<string>("POST", `${this.#path}/status/start`),
      );
    } catch (error) {
      if (messageOf(error).includes("already running")) return;
      throw wrap("error starting container", error);
    }
    if (upid) await waitForTask(this.api, upid, this.limits);
    await this.waitForStatus("running");
  }

  /** @param seconds How long a clean shutdown may take before the container is stopped. */
  async shutdown(seconds: number): Promise<void> {
    await this.#power("error shutting down container", "shutdown", { forceStop: 1, timeout: seconds });
    await this.waitForStatus("stopped");
  }

  reboot(seconds: number): Promise<void> {
    return this.#power("error rebooting container", "reboot", { timeout: seconds });
  }

  async #power(words: string, action: string, body: Parameters): Promise<void> {
    const upid = await this.api
      .call<string>("POST", `${this.#path}/status/${action}`, body)
      .catch((error: unknown) => {
        throw wrap(words, error);
      });
    await waitForTask(this.api, upid, this.limits);
  }

  /** Deletes the container; false when it was gone already. */
  async destroy(): Promise<boolean> {
    const retryIf = (error: unknown): boolean => isTransient(error) && !httpErrorOf(error)?.isMissing;
    try {
      const upid = await attempt({ retryIf, signal: this.limits.signal }, async () => {
        try {
          return await this.api.call<string>("DELETE", this.#path);
        } catch (error) {
          throw wrap("error deleting container", error);
        }
      });
      if (upid) await waitForTask(this.api, upid, this.limits);
      return true;
    } catch (error) {
      if (httpErrorOf(error)?.isMissing) return false;
      throw error;
    }
  }

  async waitForStatus(wanted: string): Promise<void> {
    const { signal, deadline } = this.limits;
    const reached = await poll(
      signal,
      deadline,
      async () => (await this.status()).status === wanted || undefined,
    );
    if (!reached)
      throw new Error(`timeout while waiting for container ${this.vmid} to enter the status "${wanted}"`);
  }

  /** Answers that are errors count as still locked. */
  async waitForUnlock(): Promise<void> {
    const { signal, deadline } = this.limits;
    const free = await poll(signal, deadline, async () => {
      const lock = await this.status().then(
        (status) => status.lock ?? "",
        () => "unknown",
      );
      return lock === "" || undefined;
    });
    if (!free)
      throw new Error(`timeout while waiting for container ${this.vmid} configuration to become unlocked`);
  }

  /** Waits up to ten seconds for an address; without one, nothing. */
  async interfaces(wanted: { ipv4: boolean; ipv6: boolean }): Promise<Interface[]> {
    const found = await poll(this.limits.signal, Date.now() + 10_000, async () => {
      let interfaces: Interface[] | null;
      try {
        interfaces = await this.api.call<Interface[] | null>("GET", `${this.#path}/interfaces`);
      } catch (error) {
        if (httpErrorOf(error)?.status === 400) return undefined;
        throw error;
      }
      const addresses = (interfaces ?? []).filter((entry) => entry.name !== "lo").flatMap(globalAddresses);
      const [has4, has6] = [
        addresses.some((at) => !at.includes(":")),
        addresses.some((at) => at.includes(":")),
      ];
      const enough =
        wanted.ipv4 || wanted.ipv6 ? (!wanted.ipv4 || has4) && (!wanted.ipv6 || has6) : has4 || has6;
      return enough ? (interfaces ?? []) : undefined;
    }).catch(() => undefined);
    return found ?? [];
  }
}

function globalAddresses(entry: Interface): string[] {
  return (entry["ip-addresses"] ?? [])
    .map((address) => address["ip-address"])
    .filter((address) => !/^(127\.|169\.254\.|fe80:|::1$|ff)/i.test(address));
}
