/** What tests of containers' scripts bring to a node, and the scripts as components/container joins them. */
import { join } from "node:path";
import { insideScript } from "../../components/host/script";

export const template = "ubuntu-24.04-standard_24.04-2_amd64.tar.zst";

/** A network card that reaches the lab's network, for `pct create`. */
export const net0 = "--net0 name=eth0,bridge=vmbr0,ip=10.0.0.200/24,gw=10.0.0.1";

/** Shell commands: a pool `tank`, with the storage `tank-lxc` for root disks. */
export const rootDisks =
  "zpool create tank /dev/disk/by-id/nvme-Samsung_SSD_990_EVO_Plus_4TB_S7U8NJ0Y402334Y && zfs create tank/lxc && " +
  "pvesm add zfspool tank-lxc --pool tank/lxc --content rootdir";

/** The same for the storage `tank-volumes`, for volumes. */
export const volumes =
  "zfs create tank/volumes && pvesm add zfspool tank-volumes --pool tank/volumes --content rootdir,images";

export const fetchTemplate = `pveam update >/dev/null && pveam download local ${template} >/dev/null`;

/** `pct create` from the template, with these flags. */
export const create = (ctid: number, flags: string, storage = "tank-lxc") =>
  `pct create ${ctid} local:vztmpl/${template} --rootfs ${storage}:4 ${flags}`;

const components = join(__dirname, "..", "..", "components");
const script = (name: string) => join(components, "container", "scripts", `${name}.sh`);
const driverScript = (name: string) =>
  join(components, "hypervisor", "nvidia-driver", "scripts", `${name}.sh`);

/** Scripts that stand alone. */
const alone = ["template", "shared-folder"];

/** Functions that some steps have before their own script. */
const functions: Record<string, string[]> = {
  configure: [script("gpus")],
  mounts: [script("mount-points")],
  "nvidia-driver": [driverScript("nvidia"), driverScript("runfile")],
};

/** The scripts of a step. @param more what is joined in between, such as `rollback` for a step of a run */
export function stepFiles(step: string, ...more: string[]): string[] {
  if (alone.includes(step)) return [script(step)];
  return [
    ...(["in-guest", "hook"].includes(step) ? [insideScript] : []),
    ...["guest", "running", ...more].map(script),
    ...(functions[step] ?? []),
    script(step),
  ];
}
