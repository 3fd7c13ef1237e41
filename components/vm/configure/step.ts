/** A machine's configuration in Proxmox VE. */
import type { VmSpec } from "../../../config/model";
import type { DiskSpec } from "../../../config/vm-disks";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { Secret } from "../../../plan/values";
import { description, startup } from "../../guest/texts";
import type { OfMachine } from "../of-machine";
import { cloudInitValues, coldValues } from "../values";

export interface Settings extends OfMachine {
  /** Whether its entry keeps it from being deleted. */
  protect: boolean;
  /** Storage of its disks, and of cloud-init's drive. */
  storage: string;
  /** Least size of its disk, GiB: it only grows; absent keeps the source's. */
  diskGb?: number;
  /** Disks beside scsi0; absent for none. */
  disks?: DiskSpec[];
  /** Options of qm.conf(5), sizes in MiB; absent ones stay as they are, but for those that the entry said before. */
  values: Record<string, string | number | undefined>;
  /** Tags of the entry; absent for none. */
  tags?: string[];
  /** Options that must not be there. */
  absent: string[];
  /** Its network card: bridge, VLAN and MAC address, of which absent ones are none, and Proxmox VE's choice; and its firewall. */
  net0: { bridge: string; tag?: string; mac?: string; firewall?: "1" };
  /** Settings of cloud-init: options of qm.conf(5), public keys, and a hash as /etc/shadow has it. */
  cloudInit: {
    values: Record<string, string | undefined>;
    sshKeys: string[];
    passwordHash?: Secret;
  };
  /** Storage of the file that installs the guest agent; absent for a machine without. */
  snippets?: string;
}

export const configureStep = (own: OfMachine, spec: VmSpec, stack: string): StepBody<Settings> => {
  const order = startup(spec);
  return {
    ...roomScripts(__dirname),
    settings: {
      ...own,
      protect: spec.protect,
      storage: spec.storage,
      diskGb: spec.diskGb,
      disks: spec.disks,
      values: {
        ...spec.options,
        ...coldValues(spec),
        name: spec.name,
        description: description(spec, stack),
        onboot: spec.startAtBoot ? 1 : 0,
        protection: spec.protect ? 1 : 0,
        startup: order,
      },
      tags: spec.tags,
      absent: order === undefined ? ["startup"] : [],
      net0: {
        bridge: spec.network.bridge,
        tag: spec.network.vlan?.toString(),
        mac: spec.network.mac,
        firewall: spec.firewall?.enabled ? "1" : undefined,
      },
      cloudInit: {
        values: cloudInitValues(spec),
        sshKeys: spec.cloudInit.sshKeys,
        ...passwordHash(spec),
      },
      snippets: spec.agent ? spec.snippetsStorage : undefined,
    },
  };
};

/** The hash of its user's password, where it has one. */
export const passwordHash = ({ cloudInit: { passwordHash } }: VmSpec): { passwordHash?: Secret } =>
  passwordHash === undefined ? {} : { passwordHash: new Secret(passwordHash) };
