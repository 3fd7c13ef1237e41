/** Every rule over several entries, in the order their findings are reported. */
import { addresses, macs, nameServers, names } from "./addresses";
import { parts } from "./cards";
import { applicationKeys, portainer, stages } from "./applications";
import { backups } from "./backups";
import { disks, features, ids, origins } from "./containers";
import type { Rule } from "./context";
import { downloads } from "./downloads";
import { firewalls } from "./firewall";
import { gpus } from "./gpus";
import { idMapping } from "./id-maps";
import { mounts } from "./mounts";
import { noEffect } from "./no-effect";
import { driverVersions } from "./nvidia";
import { order } from "./order";
import { power } from "./power";
import { scripts } from "./scripts";
import { nfsExports, samba } from "./shares";
import { vms } from "./vms";
import { sharedVolumes } from "./volumes";
import { datasets, storages } from "./zfs";
import { pools } from "./zfs-pools";

export const rules: readonly Rule[] = [
  nameServers,
  nfsExports,
  samba,
  pools,
  datasets,
  storages,
  vms,
  backups,
  sharedVolumes,
  mounts,
  firewalls,
  ids,
  origins,
  disks,
  features,
  gpus,
  names,
  macs,
  addresses,
  parts,
  order,
  power,
  driverVersions,
  downloads,
  idMapping,
  scripts,
  applicationKeys,
  stages,
  portainer,
  noEffect,
];
