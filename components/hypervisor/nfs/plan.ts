import type { NfsSpec } from "../../../config/sharing";
import { component } from "../../../plan/build";
import type { Component } from "../../../plan/step";
import { made } from "../guest-needs";
import { hostStep } from "../host-step";
import { serverStep, type Settings as ServerSettings } from "../share-server/step";
import { exportStep } from "./export/step";
import { storageStep } from "./storage/step";

/** What the area is to others. */
export interface NfsPlan {
  component: Component;
  /** Names of the steps that make storages, by the storage's id. */
  storages: Map<string, string>;
}

/** The NFS server, an export for each entry of nfs.exports, and each export as a storage of Proxmox VE. */
export function planNfs(title: string, nfs: NfsSpec, parent: string | undefined, needs: string[]): NfsPlan {
  const ids = nfs.exports.flatMap(({ storageId }) => storageId ?? []);
  const server = hostStep(`${title}-server`, serverStep(serverSettings(nfs.sources), ids.map(made.storage)), {
    needs,
  });
  const steps: Component["steps"] = [server];
  const storages = new Map<string, string>();
  for (const each of nfs.exports) {
    const exported = `${title}-export-${each.name}`;
    steps.push(hostStep(exported, exportStep(each), { needs: [server.name] }));
    const { storageId, path } = each;
    if (storageId === undefined) continue;
    const name = `${title}-storage-${storageId}`;
    steps.push(hostStep(name, storageStep(storageId, path, nfs.server), { needs: [exported] }));
    storages.set(storageId, name);
  }
  const outputs = {
    exports: Object.fromEntries(
      nfs.exports.map(({ storageId, name, path }) => [storageId ?? name, { path }]),
    ),
  };
  return {
    component: component("phoenix:hypervisor:Nfs", title, { parent, needs, steps, outputs }),
    storages,
  };
}

function serverSettings(sources: string[]): ServerSettings {
  // NFSv4 needs only 2049; `showmount` and older clients ask the port mapper on 111.
  const rules = sources.flatMap((source) =>
    [2049, 111].map((port) => `allow from ${source} to any port ${port} proto tcp`),
  );
  return { area: "nfs", packages: ["nfs-kernel-server", "nfs-common"], units: ["nfs-server"], rules };
}
