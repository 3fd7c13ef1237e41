import type { ApiClient } from "./client";
import { wrap } from "./errors";

/** The first number no guest has. */
export async function nextId(api: ApiClient): Promise<number> {
  return Number(await api.call<string | number>("GET", "cluster/nextid"));
}

/** The node a guest is on; undefined when there is no guest of this number. */
export async function nodeOfGuest(api: ApiClient, vmid: number): Promise<string | undefined> {
  const resources = await api
    .call<{ vmid?: number; node: string }[]>("GET", "cluster/resources", { type: "vm" })
    .catch((error: unknown) => {
      throw wrap('failed to get resources list of type ("vm") for cluster', error);
    });
  return resources.find((entry) => Number(entry.vmid) === vmid)?.node;
}

/** The pool a virtual machine is a member of, "" for none. */
export async function poolOfVm(api: ApiClient, vmid: number): Promise<string> {
  const failed = (error: unknown): never => {
    throw wrap(`failed to determine pool for VM ${vmid}`, error);
  };
  const pools = await api.call<{ poolid: string }[]>("GET", "pools").catch(failed);
  for (const { poolid } of pools) {
    const { members } = await api
      .call<{ members?: { id: string }[] }>("GET", `pools/${poolid}`)
      .catch(failed);
    if (members?.some((member) => member.id === `qemu/${vmid}`)) return poolid;
  }
  return "";
}
