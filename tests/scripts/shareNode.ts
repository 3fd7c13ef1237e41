import assert from "node:assert/strict";
import { type ChildProcess } from "node:child_process";
import { nfsSteps } from "../../components/hypervisor/nfs/nfs";
import { sambaSteps } from "../../components/hypervisor/samba/samba";
import type { ShareStep } from "../../components/hypervisor/share-steps";
import { scriptText, settingsText } from "../../components/host/script";
import { ZfsNode } from "./zfsNode";

export type Step = Omit<ShareStep, "name"> & { name: string; settings: Record<string, unknown> };

const step = (name: string, scripts: Omit<ShareStep, "name">, settings: Record<string, unknown>): Step => ({
  ...scripts,
  name,
  settings,
});

/** Steps as the components register them. */
export const nfs = {
  server: (rules: string[] = []) =>
    step("server", nfsSteps.server, {
      ...{ area: "nfs", packages: ["nfs-kernel-server", "nfs-common"], units: ["nfs-server"], rules },
    }),
  export: (path: string, more: Record<string, unknown> = {}) =>
    step("export", nfsSteps.export, {
      name: path.split("/").pop(),
      path,
      clients: ["10.0.0.0/24"],
      options: ["no_root_squash", "no_subtree_check", "rw", "sync"],
      ...more,
    }),
  storage: (path: string, more: Record<string, unknown> = {}) =>
    step("storage", nfsSteps.storage, {
      id: `nfs-${path.split("/").pop()}`,
      server: "10.0.0.13",
      path,
      content: ["backup", "images", "iso", "snippets", "vztmpl"],
      options: "vers=4,soft,timeo=30,retrans=3",
      ...more,
    }),
};

export const samba = {
  server: (rules: string[] = []) =>
    step("server", sambaSteps.server, {
      ...{
        area: "samba",
        packages: ["samba", "samba-common-bin", "smbclient"],
        units: ["smbd", "nmbd"],
        rules,
      },
    }),
  user: (name: string, password: string, create = true) =>
    step("user", sambaSteps.user, { name, create, password }),
  folder: (share: string, path: string, dataset: string | undefined, owner: string) =>
    step("folder", sambaSteps.folder, { share, path, ...(dataset && { dataset }), owner }),
  conf: (text: string, groups: string[] = []) => step("conf", sambaSteps.conf, { text, groups }),
};

/** A node with a pool and its datasets, on which `state` tells everything that a refusal must leave alone. */
export async function shareNode(...datasets: string[]): Promise<ZfsNode> {
  const node = await ZfsNode.start();
  const disk = "/dev/disk/by-id/nvme-Samsung_SSD_990_EVO_Plus_4TB_S7U8NJ0Y402334Y";
  await node.sh(`zpool create tank ${disk}; ${datasets.map((name) => `zfs create tank/${name}`).join("; ")}`);
  node.state = () =>
    node.sh(
      [
        "cat /etc/exports /etc/exports.d/*.exports /etc/pve/storage.cfg /etc/samba/*.conf /etc/passwd /etc/group",
        "exportfs -s; pdbedit -L -w | cut -d: -f1-5; ls -lan --time-style=+ /tank /srv /etc/samba",
        "systemctl is-active nfs-server smbd nmbd; ufw show added; ls /var/lib/phoenix/originals/etc/*",
        "ls /tmp | grep phoenix",
      ]
        .map((line) => `{ ${line}; } 2>&1`)
        .join("; ") + "; true",
    );
  return node;
}

/** The texts of files, by path; undefined for one that is not there. */
export async function files(node: ZfsNode, ...paths: string[]): Promise<Record<string, string | undefined>> {
  const read = async (path: string) => {
    const { code, stdout } = await node.exec(["cat", path]);
    return [path, code === 0 ? stdout : undefined] as const;
  };
  return Object.fromEntries(await Promise.all(paths.map(read)));
}

/** Runs a step and ends it by SIGKILL, everything that it started with it, after a while (milliseconds). */
export async function killed(node: ZfsNode, { script, settings }: Step, after: number): Promise<void> {
  const text = scriptText(...script);
  const child: ChildProcess = node.begin(
    ["bash", "-c", 'timeout -s KILL "$1" bash -c "$0"', text, `${(after / 1000).toFixed(3)}s`],
    settingsText(settings),
  );
  await new Promise((resolve) => child.on("close", resolve));
}

/** Undoes a step; a second time nothing is left to undo. */
export async function undo(node: ZfsNode, step: Step, did: string[], warnings: string[] = []): Promise<void> {
  const first = await node.remove(step);
  assert.deepEqual(first.result?.did, did, first.stderr);
  assert.deepEqual(first.result?.warnings ?? [], warnings);
  const second = await node.remove(step);
  assert.deepEqual(second.result?.did, [], second.stderr);
}
