/** What tests of containers' scripts bring to a node. */
import { scriptOf } from "../helpers/scripts";

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

/** The script of a container's step. */
export const stepFile = (script: string) => scriptOf("container", script);

/** Settings of the step configure: the network card of `net0` … */
export const card = {
  name: "eth0",
  bridge: "vmbr0",
  ip: "10.0.0.200/24",
  gw: "10.0.0.1",
  hwaddr: "52:54:00:AA:BB:CC",
  type: "veth",
};

/** … and options of Proxmox VE. */
export const options = {
  cores: 2,
  description: "Managed: 100% ours\n",
  features: "nesting=1",
  hostname: "base",
  memory: 1024,
  onboot: 0,
  startup: "order=1,up=5,down=5",
  swap: 512,
};
