import { ApiClient } from "./api/client";
import { checkConfig, settingsOf } from "./configuration";
import { datastoresFunction } from "./functions/datastores";
import { fileFunction, filesFunction } from "./functions/files";
import { guestsFunction } from "./functions/guests";
import { createRequire } from "node:module";
import type { Provider, Resource } from "../shared/provider";
import type { Settings } from "./api/client";

/** The proxmoxve package, as far as the product uses it. */
export function proxmoxveProvider(): Provider {
  let settings: Settings | undefined;
  let client: ApiClient | undefined;
  const connect = (): ApiClient => {
    if (!settings) throw new Error("the provider is not configured");
    return (client ??= new ApiClient(settings));
  };
  const file = lazily(() =>
    load<typeof import("./download/resource")>("./download/resource").fileResource(connect),
  );
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
      "proxmoxve:index/containerLegacy:ContainerLegacy": lazily(() =>
        load<typeof import("./container/resource")>("./container/resource").containerResource(connect),
      ),
      "proxmoxve:index/vmLegacy:VmLegacy": lazily(() =>
        load<typeof import("./vm/resource")>("./vm/resource").vmResource(connect),
      ),
      "proxmoxve:download/file:File": file,
      // The same resource under its old name.
      "proxmoxve:download/fileLegacy:FileLegacy": file,
    },
    functions: {
      "proxmoxve:index/getContainersLegacy:getContainersLegacy": guestsFunction(connect, "lxc", "containers"),
      "proxmoxve:index/getVmsLegacy:getVmsLegacy": guestsFunction(connect, "qemu", "vms"),
      "proxmoxve:index/getVmLegacy:getVmLegacy": (...call) =>
        load<typeof import("./functions/vm")>("./functions/vm").vmFunction(connect)(...call),
      "proxmoxve:index/getDatastores:getDatastores": datastoresFunction(connect),
      "proxmoxve:index/getDatastoresLegacy:getDatastoresLegacy": datastoresFunction(connect),
      "proxmoxve:index/getFile:getFile": fileFunction(connect),
      "proxmoxve:index/getFileLegacy:getFileLegacy": fileFunction(connect),
      "proxmoxve:index/getFiles:getFiles": filesFunction(connect),
    },
  };
}

const load = createRequire(__filename) as <T>(path: string) => T;

/** A resource whose code is loaded when it is first asked for: an engine waits for the port, not for that. */
function lazily(make: () => Resource): Resource {
  let made: Resource | undefined;
  const resource = (): Resource => (made ??= make());
  return {
    check: async (...call) => resource().check(...call),
    diff: async (...call) => resource().diff(...call),
    create: async (...call) => resource().create(...call),
    read: async (...call) => resource().read(...call),
    update: async (...call) => resource().update(...call),
    delete: async (...call) => resource().delete(...call),
  };
}
