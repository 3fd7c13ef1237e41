/** A machine whose entry has every key of its hardware, and what somebody changes of it by hand. */
import { configureStep } from "../../components/vm/configure/step";
import type { ScriptStep } from "../../plan/step";
import { check } from "../config/samples";
import { machineBreaks } from "./machine-breaks";
import type { Row } from "./table";

const entry = {
  ...{
    name: "db",
    vmid: 9000,
    template: "none",
    cores: 2,
    memory_mb: 512,
    disk_size_gb: 10,
    storage_pool: "disks",
  },
  ...{ network_bridge: "vmbr0", network_mtu: 1400, network_rate: 20, agent: false },
  ...{
    cpu_type: "host",
    cpu_flags: ["+aes"],
    cpulimit: 1.5,
    cpuunits: 200,
    sockets: 2,
    numa: true,
    balloon_mb: 256,
  },
  ...{ tags: ["web"], vga: { type: "virtio" }, serial: ["socket", "socket"], usb: [{ device: "10c4:ea60" }] },
  ...{
    iso: "local:iso/a.iso",
    uefi: true,
    efi_disk: { storage_pool: "disks" },
    tpm: { storage_pool: "disks" },
  },
  networks: [{ interface: "net1", bridge: "vmbr0", vlan: 7, rate: 10, ip: "10.1.0.5/24" }],
  disks: [{ interface: "scsi1", size_gb: 2, storage_pool: "disks", backup: false, cache: "writeback" }],
};

/** The step configure of that machine, as it is on a node. */
export function machineOfAllKeys(tag: string): ScriptStep {
  const { estate, mistakes } = check((host: { vms: unknown[] }) => {
    host.vms = [entry];
  });
  if (!estate) throw new Error(JSON.stringify(mistakes));
  // The tests' node has a small disk.
  const spec = { ...estate.vms[0]!, diskGb: 1 };
  const body = configureStep({ vmid: 9000, name: "db", tag }, spec, "lab");
  return { ...body, kind: "script", name: "vm-9000-configure", needs: [] } as unknown as ScriptStep;
}

export function machineKeyRows(tag = "phoenix-dev"): Row[] {
  const step = machineOfAllKeys(tag);
  return machineBreaks["vm/configure"]!(step, [step]).map((each) => ({
    ...each,
    step: step.name,
    room: "vm/configure",
  }));
}
