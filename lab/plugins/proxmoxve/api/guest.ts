import type { ApiClient, Parameters } from "./client";
import { httpErrorOf, messageOf, wrap } from "./errors";
import { attempt, isTransient, poll } from "./retry";
import type { Attempts } from "./retry";
import { waitForTask } from "./tasks";
import type { Limits } from "./tasks";

export type GuestConfig = Record<string, unknown>;

export interface GuestStatus {
  status: string;
  lock?: string;
  name?: string;
  /** Separated by `;`. */
  tags?: string;
}

/** What the provider asks of one guest, be it a container or a virtual machine. */
export abstract class GuestApi {
  protected readonly path: string;

  /**
   * @param kind Folder of the API.
   * @param noun The provider's word in messages: `container` or `VM`.
   */
  constructor(
    readonly api: ApiClient,
    readonly node: string,
    readonly kind: "lxc" | "qemu",
    readonly noun: "container" | "VM",
    readonly vmid: number,
    readonly limits: Limits,
  ) {
    this.path = `nodes/${node}/${kind}/${vmid}`;
  }

  /**
   * Creates the guest and waits for the task. On an id that is taken, the second attempt's "already
   * exists" is read as "already done": the foreign guest is adopted, as by the real provider.
   */
  create(body: Parameters): Promise<void> {
    const done = (error: unknown): boolean => messageOf(error).includes("already exists");
    const path = `nodes/${this.node}/${this.kind}`;
    return this.task(`error creating ${this.noun}`, "POST", path, body, { alreadyDone: done });
  }

  protected cloneInto(sourcePath: string, body: Parameters, attempts = 3): Promise<void> {
    const done = (error: unknown): boolean => messageOf(error).includes("already exists");
    const again = { alreadyDone: done, baseDelay: 10_000, attempts };
    return this.task(`error cloning ${this.noun}`, "POST", `${sourcePath}/clone`, body, again);
  }

  protected async task(
    words: string,
    method: "POST" | "PUT",
    path: string,
    body: Parameters,
    again: Partial<Attempts> = {},
  ): Promise<void> {
    const options: Attempts = { retryIf: isTransient, signal: this.limits.signal, ...again };
    const upid = await attempt(options, async () => {
      try {
        return await this.api.call<string>(method, path, body);
      } catch (error) {
        throw wrap(words, error);
      }
    });
    if (upid) await waitForTask(this.api, upid, this.limits);
  }

  async config(): Promise<GuestConfig> {
    try {
      return await this.api.call<GuestConfig>("GET", `${this.path}/config`);
    } catch (error) {
      throw wrap(`error retrieving ${this.noun}${this.kind === "qemu" ? ` ${this.vmid}` : ""}`, error);
    }
  }

  async status(): Promise<GuestStatus> {
    try {
      return await this.api.call<GuestStatus>("GET", `${this.path}/status/current`);
    } catch (error) {
      throw wrap(`error retrieving ${this.noun} status`, error);
    }
  }

  async update(body: Parameters): Promise<void> {
    const retryIf = (error: unknown): boolean => messageOf(error).includes("got timeout");
    await attempt({ retryIf, signal: this.limits.signal }, () =>
      this.api.call("PUT", `${this.path}/config`, body),
    );
  }

  /** Starts the guest, unless it runs, and waits until it does. */
  protected async startWith(body: Parameters): Promise<void> {
    const retryIf = (error: unknown): boolean => messageOf(error).includes("got no worker upid");
    let upid: string | undefined;
    try {
      upid = await attempt({ retryIf, signal: this.limits.signal }, () =>
        this.api.call<string>("POST", `${this.path}/status/start`, body),
      );
    } catch (error) {
      if (messageOf(error).includes("already running")) return;
      throw wrap(`error starting ${this.noun}`, error);
    }
    if (upid) await waitForTask(this.api, upid, this.limits);
    await this.waitForStatus("running");
  }

  /** @param seconds How long a clean shutdown may take before the guest is stopped. */
  async shutdown(seconds: number): Promise<void> {
    await this.power("shutting down", "shutdown", { forceStop: 1, timeout: seconds });
    await this.waitForStatus("stopped");
  }

  reboot(seconds: number): Promise<void> {
    return this.power("rebooting", "reboot", { timeout: seconds });
  }

  protected async power(doing: string, action: string, body: Parameters = {}): Promise<void> {
    const upid = await this.api
      .call<string>("POST", `${this.path}/status/${action}`, body)
      .catch((error: unknown) => {
        throw wrap(`error ${doing} ${this.noun}`, error);
      });
    await waitForTask(this.api, upid, this.limits);
  }

  /** Deletes the guest; false when it was gone already. */
  async destroy(body: Parameters = {}): Promise<boolean> {
    const retryIf = (error: unknown): boolean => isTransient(error) && !httpErrorOf(error)?.isMissing;
    try {
      const upid = await attempt({ retryIf, signal: this.limits.signal }, async () => {
        try {
          return await this.api.call<string>("DELETE", this.path, body);
        } catch (error) {
          throw wrap(`error deleting ${this.noun}`, error);
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
      throw new Error(`timeout while waiting for ${this.noun} ${this.vmid} to enter the status "${wanted}"`);
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
      throw new Error(`timeout while waiting for ${this.noun} ${this.vmid} configuration to become unlocked`);
  }
}
