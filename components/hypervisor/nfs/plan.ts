import { join } from "node:path";
import type { NfsSpec } from "../../../config/sharing";
import { component } from "../../../plan/build";
import { roomScripts, type RoomScripts } from "../../../plan/room";
import type { Component } from "../../../plan/step";
import { made } from "../guest-needs";
import { hostStep } from "../host-step";
import { serverStep, type ServerSettings } from "../share-server/share-steps";

const room = (name: string) => roomScripts(join(__dirname, name));

/** The scripts of the area's steps. */
export const nfsSteps = {
  server: serverStep,
  export: room("export"),
  storage: room("storage"),
} satisfies Record<string, RoomScripts>;

/** What an export's storage holds. */
const content = ["backup", "images", "iso", "snippets", "vztmpl"];
/** How the node mounts its own exports; times of NFS are tenths of a second. */
const mountOptions = "vers=4,soft,timeo=30,retrans=3";

/** What the area is to others. */
export interface NfsPlan {
  component: Component;
  /** Names of the steps that make storages, by the storage's id. */
  storages: Map<string, string>;
}

/** The NFS server, an export for each entry of nfs.exports, and each export as a storage of Proxmox VE. */
export function planNfs(title: string, nfs: NfsSpec, parent: string | undefined, needs: string[]): NfsPlan {
  const server = hostStep(
    `${title}-server`,
    {
      ...nfsSteps.server,
      settings: serverSettings(nfs.sources),
      makes: nfs.exports.map(({ storageId }) => made.storage(storageId)),
    },
    { needs },
  );
  const steps: Component["steps"] = [server];
  const storages = new Map<string, string>();
  for (const { storageId, ...settings } of nfs.exports) {
    const makes = [made.storage(storageId)];
    const exported = `${title}-export-${settings.name}`;
    steps.push(hostStep(exported, { ...nfsSteps.export, settings, makes }, { needs: [server.name] }));
    const storage = {
      id: storageId,
      server: nfs.server,
      path: settings.path,
      content,
      options: mountOptions,
    };
    const name = `${title}-storage-${storageId}`;
    steps.push(hostStep(name, { ...nfsSteps.storage, settings: storage, makes }, { needs: [exported] }));
    storages.set(storageId, name);
  }
  const outputs = {
    exports: Object.fromEntries(nfs.exports.map(({ storageId, path }) => [storageId, { path }])),
  };
  return {
    component: component("phoenix:hypervisor:Nfs", title, { parent, needs, steps, outputs }),
    storages,
  };
}

function serverSettings(sources: string[]): ServerSettings {
  // NFSv4 needs 2049 alone; 111 tells what there is, to `showmount` and older clients.
  const rules = sources.flatMap((source) =>
    [2049, 111].map((port) => `allow from ${source} to any port ${port} proto tcp`),
  );
  return { area: "nfs", packages: ["nfs-kernel-server", "nfs-common"], units: ["nfs-server"], rules };
}
