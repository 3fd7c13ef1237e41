import { setTimeout as sleep } from "node:timers/promises";
import type { ApiClient, Parameters } from "../api/client";
import { httpErrorOf, messageOf, wrap } from "../api/errors";
import { GuestApi } from "../api/guest";
import { poll } from "../api/retry";
import { waitForTask } from "../api/tasks";
import type { Limits } from "../api/tasks";
import { parseProperties } from "../values";

export interface AgentInterface {
  name: string;
  "hardware-address"?: string;
  "ip-addresses"?: { "ip-address": string; "ip-address-type": string }[];
}

interface AgentAnswer {
  result?: AgentInterface[];
}

/** One virtual machine on a node, and the calls the provider makes for it. */
export class VmApi extends GuestApi {
  constructor(api: ApiClient, node: string, vmid: number, limits: Limits) {
    super(api, node, "qemu", "VM", vmid, limits);
  }

  /** The same machine with another deadline, in seconds from now. */
  within(seconds: number): VmApi {
    return new VmApi(this.api, this.node, this.vmid, {
      ...this.limits,
      deadline: Date.now() + seconds * 1000,
    });
  }

  /** Starts the machine, unless it is anything but stopped. @param seconds Of the start itself. */
  async ensureRunning(seconds: number): Promise<void> {
    if ((await this.status()).status === "stopped")
      await this.within(seconds).startWith({ timeout: seconds });
  }

  async stop(): Promise<void> {
    await this.power("stopping", "stop");
    await this.waitForStatus("stopped");
  }

  async hasAgent(): Promise<boolean> {
    const { agent } = await this.config();
    const enabled = parseProperties(
      typeof agent === "string" || typeof agent === "number" ? String(agent) : "",
      "enabled",
    )["enabled"];
    return enabled === "1";
  }

  /**
   * @param attempts How often the call is made at most. Only from the second on does "already exists" count as
   * done: with one, a clone onto an id that is taken fails.
   */
  async clone(source: number, body: Parameters, attempts: number): Promise<void> {
    await this.cloneInto(`nodes/${this.node}/qemu/${source}`, body, Math.max(1, attempts));
  }

  async convertToTemplate(): Promise<void> {
    const upid = await this.api
      .call<string | null>("POST", `${this.path}/template`)
      .catch((error: unknown) => {
        throw wrap(`error converting VM ${this.vmid} to template`, error);
      });
    if (upid) await waitForTask(this.api, upid, this.limits);
  }

  async rebuildCloudInit(): Promise<void> {
    await this.api.call("PUT", `${this.path}/cloudinit`).catch((error: unknown) => {
      throw wrap("error rebuilding cloud-init drive", error);
    });
  }

  async moveDisk(disk: string, storage: string): Promise<void> {
    let upid: string;
    try {
      upid = await this.api.call<string>("POST", `${this.path}/move_disk`, { delete: 1, disk, storage });
    } catch (error) {
      if (messageOf(error).includes("you can't move to the same storage with same format")) return;
      throw wrap("error moving VM disk", error);
    }
    await waitForTask(this.api, upid, this.limits);
  }

  /** @param size In bytes. A disk that was just moved may not be there yet: five attempts. */
  async resizeDisk(disk: string, size: number): Promise<void> {
    const errors: string[] = [];
    for (let delay = 1000; ; delay *= 2) {
      try {
        const upid = await this.api
          .call<string>("PUT", `${this.path}/resize`, { disk, size })
          .catch((error: unknown) => {
            // The real provider's own words for a resize that failed.
            throw wrap("error moving VM disk", error);
          });
        return await waitForTask(this.api, upid, this.limits);
      } catch (error) {
        errors.push(`#${errors.length + 1}: ${messageOf(error)}`);
        if (errors.length === 5 || !/got timeout|does not exist/.test(messageOf(error)))
          throw new Error(`All attempts fail:\n${errors.join("\n")}`, { cause: error });
      }
      await sleep(delay, undefined, { signal: this.limits.signal });
    }
  }

  /** Format of a volume as its storage tells it; undefined for a volume that is gone. */
  async volumeFormat(storage: string, volume: string): Promise<string | undefined> {
    const path = `nodes/${this.node}/storage/${storage}/content/${encodeURIComponent(volume)}`;
    try {
      return (await this.api.call<{ format?: string }>("GET", path)).format ?? "";
    } catch (error) {
      if (httpErrorOf(error)?.isMissing) return undefined;
      throw wrap(`error get file ${volume} from datastore ${storage}`, error);
    }
  }

  /**
   * What the guest agent says of the interfaces, once one has a global address of the wanted kinds.
   * @param seconds How long to wait for it.
   */
  async interfaces(seconds: number, wanted: { ipv4: boolean; ipv6: boolean }): Promise<AgentInterface[]> {
    const path = `${this.path}/agent/network-get-interfaces`;
    const found = await poll(this.limits.signal, Date.now() + seconds * 1000, async () => {
      const answer = await this.api.call<AgentAnswer>("GET", path).catch((error: unknown): AgentAnswer => {
        if (httpErrorOf(error)?.status === 403)
          throw wrap(
            "error waiting for VM network interfaces: error retrieving VM network interfaces from agent",
            error,
          );
        return {};
      });
      const addresses = (answer.result ?? []).filter((entry) => entry.name !== "lo").flatMap(globalAddresses);
      const has4 = addresses.some((address) => !address.includes(":"));
      const has6 = addresses.some((address) => address.includes(":"));
      const any = !wanted.ipv4 && !wanted.ipv6;
      const enough = any ? has4 || has6 : (!wanted.ipv4 || has4) && (!wanted.ipv6 || has6);
      return enough ? answer.result : undefined;
    });
    if (!found)
      throw new Error(
        `timeout while waiting for the QEMU agent on VM "${this.vmid}" to publish the network interfaces`,
      );
    return found;
  }

  async waitForAgent(seconds: number): Promise<void> {
    const notReady = /qemu guest agent.*not (running|available|ready)|got timeout/i;
    const ready = await poll(this.limits.signal, Date.now() + seconds * 1000, async () => {
      try {
        await this.api.call("POST", `${this.path}/agent/ping`);
        return true;
      } catch (error) {
        if (httpErrorOf(error)?.status === 400 || notReady.test(messageOf(error))) return undefined;
        throw wrap(`error waiting for QEMU agent on VM ${this.vmid}`, error);
      }
    });
    if (!ready)
      throw new Error(`timeout while waiting for the QEMU agent on VM ${this.vmid} to become ready`);
  }
}

function globalAddresses(entry: AgentInterface): string[] {
  return (entry["ip-addresses"] ?? [])
    .map((address) => address["ip-address"])
    .filter((address) => !/^(127\.|169\.254\.|fe80:|::1$|ff)/i.test(address));
}
