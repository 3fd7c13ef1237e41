import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { NfsSpec } from "../../../config";
import type { Host } from "../../host";
import { made } from "../guest-needs";
import { serverStep, type ServerSettings, type ShareScripts } from "../share-steps";

const script = (name: string) => join(__dirname, "scripts", `${name}.sh`);

/** The steps of the area, with their checks. */
export const nfsSteps = {
  server: serverStep,
  export: { script: script("export"), verify: script("export-look"), remove: script("export-remove") },
  storage: { script: script("storage"), verify: script("storage-look"), remove: script("storage-remove") },
} satisfies Record<string, ShareScripts>;

/** What an export's storage holds. */
const content = ["backup", "images", "iso", "snippets", "vztmpl"];
/** How the node mounts its own exports; times of NFS are tenths of a second. */
const mountOptions = "vers=4,soft,timeo=30,retrans=3";

export interface NfsArgs {
  host: Host;
  nfs: NfsSpec;
}

/**
 * The NFS server, an export for each entry of nfs.exports, and each export as a storage of Proxmox VE.
 *
 * Every export has a file of its own below /etc/exports.d and goes alone; folders and data stay.
 */
export class Nfs extends pulumi.ComponentResource {
  private readonly storages = new Map<string, pulumi.Resource>();

  constructor(name: string, args: NfsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("phoenix:hypervisor:Nfs", name, {}, opts);
    const { host, nfs } = args;
    const { script, remove } = nfsSteps.server;
    const server = host.step(
      `${name}-server`,
      {
        ...{ script, remove, settings: { ...serverSettings(nfs.sources) } },
        makes: nfs.exports.map(({ storageId }) => made.storage(storageId)),
      },
      { parent: this, dependsOn: opts?.dependsOn },
    );
    for (const { storageId, ...settings } of nfs.exports) {
      const exported = host.step(
        `${name}-export-${settings.name}`,
        {
          script: nfsSteps.export.script,
          remove: nfsSteps.export.remove,
          settings,
          makes: [made.storage(storageId)],
        },
        { parent: this, dependsOn: server },
      );
      const storage = {
        id: storageId,
        server: nfs.server,
        path: settings.path,
        content,
        options: mountOptions,
      };
      const step = {
        script: nfsSteps.storage.script,
        remove: nfsSteps.storage.remove,
        settings: storage,
        makes: [made.storage(storageId)],
      };
      this.storages.set(
        storageId,
        host.step(`${name}-storage-${storageId}`, step, { parent: this, dependsOn: exported }),
      );
    }
    this.registerOutputs({});
  }

  /** The step that makes a storage; undefined for one that is no export's. */
  storage(id: string): pulumi.Resource | undefined {
    return this.storages.get(id);
  }
}

function serverSettings(sources: string[]): ServerSettings {
  // NFSv4 needs 2049 alone; 111 tells what there is, to `showmount` and older clients.
  const rules = sources.flatMap((source) =>
    [2049, 111].map((port) => `allow from ${source} to any port ${port} proto tcp`),
  );
  return { area: "nfs", packages: ["nfs-kernel-server", "nfs-common"], units: ["nfs-server"], rules };
}
