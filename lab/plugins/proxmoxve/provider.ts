import { ApiClient } from "./api/client";
import { checkConfig, settingsOf } from "./configuration";
import { containerResource } from "./container/resource";
import { fileResource } from "./download/resource";
import { guestsFunction } from "./guests";
import { vmResource } from "./vm/resource";
import type { Provider } from "../shared/provider";
import type { Settings } from "./api/client";

/** The proxmoxve package, as far as the product uses it. */
export function proxmoxveProvider(): Provider {
  let settings: Settings | undefined;
  let client: ApiClient | undefined;
  const connect = (): ApiClient => {
    if (!settings) throw new Error("the provider is not configured");
    return (client ??= new ApiClient(settings));
  };
  return {
    name: "proxmoxve",
    version: "8.6.0",
    features: {
      acceptSecrets: false,
      acceptResources: false,
      acceptOutputs: false,
      supportsAutonamingConfiguration: true,
    },
    schema: () => ({ name: "proxmoxve", version: "8.6.0" }),
    checkConfig,
    diffConfig: () => ({ changes: false, detailed: {} }),
    configure: (args) => {
      client?.close();
      client = undefined;
      settings = settingsOf(args);
    },
    resources: {
      "proxmoxve:index/containerLegacy:ContainerLegacy": containerResource(connect),
      "proxmoxve:index/vmLegacy:VmLegacy": vmResource(connect),
      "proxmoxve:download/file:File": fileResource(connect),
    },
    functions: {
      "proxmoxve:index/getContainersLegacy:getContainersLegacy": guestsFunction(connect, "lxc", "containers"),
      "proxmoxve:index/getVmsLegacy:getVmsLegacy": guestsFunction(connect, "qemu", "vms"),
    },
  };
}
