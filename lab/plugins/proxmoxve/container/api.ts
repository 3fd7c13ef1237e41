import type { ApiClient, Parameters } from "../api/client";
import { httpErrorOf } from "../api/errors";
import { GuestApi } from "../api/guest";
import type { GuestConfig } from "../api/guest";
import { poll } from "../api/retry";
import type { Limits } from "../api/tasks";

export type ContainerConfig = GuestConfig;

interface Interface {
  name: string;
  "ip-addresses"?: { "ip-address": string; "ip-address-type": string }[];
}

/** One container on a node, and the calls the provider makes for it. */
export class ContainerApi extends GuestApi {
  constructor(api: ApiClient, node: string, vmid: number, limits: Limits) {
    super(api, node, "lxc", "container", vmid, limits);
  }

  clone(source: ContainerApi, body: Parameters): Promise<void> {
    return this.cloneInto(source.path, body);
  }

  resize(size: string): Promise<void> {
    return this.task("error resizing container disk", "PUT", `${this.path}/resize`, { disk: "rootfs", size });
  }

  async start(): Promise<void> {
    if ((await this.status()).status !== "running") await this.startWith({});
  }

  /** Waits up to ten seconds for an address; without one, nothing. */
  async interfaces(wanted: { ipv4: boolean; ipv6: boolean }): Promise<Interface[]> {
    const found = await poll(this.limits.signal, Date.now() + 10_000, async () => {
      let interfaces: Interface[] | null;
      try {
        interfaces = await this.api.call<Interface[] | null>("GET", `${this.path}/interfaces`);
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
