/* A machine on a node of the lab that the step configure is tried on. */
import assert from "node:assert/strict";
import { tag, type Node } from "./node";
import { runVm } from "./vm-node";

/** Settings of the step configure, for a machine with one disk and one card. */
export function configureSettings(vmid: number, more: object = {}, values: object = {}) {
  return {
    ...{ vmid, name: "db", tag },
    ...{ protect: false, storage: "local", diskGb: 1, absent: [], net0: { bridge: "vmbr0" } },
    values: { name: "db", description: "", onboot: 0, protection: 0, ...values },
    cloudInit: { values: {}, sshKeys: [] },
    ...more,
  };
}

type Settings = ReturnType<typeof configureSettings>;

/** Makes it on the storage `local`, and starts it. */
export async function makeMachine(node: Node, vmid: number, more = ""): Promise<void> {
  await node.sh(
    `pvesm set local --content images,iso,vztmpl,snippets && mkdir -p /srv/disks && \
       pvesm add dir disks --path /srv/disks --content images && qm create ${vmid} --name db --memory 512 --tags ${tag} \
       --ostype l26 --machine q35 --serial0 socket --ide3 none,media=cdrom --net0 virtio,bridge=vmbr0 \
       --scsihw virtio-scsi-single --scsi0 disks:1 --ide2 disks:cloudinit --boot order=scsi0 ${more} && qm start ${vmid}`,
  );
}

/** What of a machine a test does. */
export const machine = (node: () => Node, vmid: number) => ({
  /** Runs the step: what it did. */
  converge: async (settings: Settings) => {
    const { code, result, stderr } = await runVm(node(), "configure", settings);
    assert.equal(code, 0, stderr);
    return result!.did;
  },
  look: async (settings: Settings) => {
    const { code, result, stderr } = await runVm(node(), "configure-look", settings);
    assert.equal(code, 0, stderr);
    return (result as unknown as { deviations: string[] }).deviations;
  },
  /** What only a restart brings about, as the look of the step start tells it. */
  stale: async (restartWhenChanged: object) => {
    const made = { memory: 512, machine: "q35", bios: "seabios", boot: "order=scsi0", name: "db" };
    const start = {
      ...{ vmid, name: "db", tag, timeLimit: 1, agent: false },
      restartWhenChanged: { ...made, ...restartWhenChanged },
    };
    const { code, result, stderr } = await runVm(node(), "start-look", start);
    assert.equal(code, 0, stderr);
    return (result as unknown as { deviations: string[] }).deviations;
  },
  restart: async () => {
    const start = { vmid, name: "db", tag, timeLimit: 1, agent: false, restartWhenChanged: {} };
    const { code, result, stderr } = await runVm(node(), "start", start);
    assert.equal(code, 0, stderr);
    return result!.did;
  },
  /** Its value of a key that holds now. */
  now: async (key: string) =>
    (await node().sh(`sed -n '/^\\[/q; s/^${key}: //p' /etc/pve/qemu-server/${vmid}.conf`)).trim(),
  /** What waits for its next stop. */
  pending: async () =>
    (await node().sh(`sed -n '1,/^.PENDING/d; /^\\[/q; p' /etc/pve/qemu-server/${vmid}.conf`)).trim(),
});
