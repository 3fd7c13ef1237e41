/** A machine's configuration in Proxmox VE. */
import type { VmSpec } from "../../../config/model";
import type { DiskSpec } from "../../../config/vm-disks";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { Secret } from "../../../plan/values";
import { description, startup } from "../../guest/texts";
import type { OfMachine } from "../of-machine";
import type { VmCard } from "../../../config/vm-networks";
import { cloudInitValues, coldValues } from "../values";

export interface Settings extends OfMachine {
  /** Whether its entry keeps it from being deleted. */
  protect: boolean;
  /** Storage of its disks, and of cloud-init's drive. */
  storage: string;
  /** Least size of its disk, GiB: it only grows; absent keeps the source's. */
  diskGb?: number;
  /** Volume of the CD in its drive; absent for none. */
  iso?: string;
  /** Disks beside scsi0; absent for none. */
  disks?: DiskSpec[];
  /** Options of qm.conf(5), sizes in MiB; absent ones stay as they are, but for those that the entry said before. */
  values: Record<string, string | number | undefined>;
  /** Tags of the entry; absent for none. */
  tags?: string[];
  /** Options that must not be there. */
  absent: string[];
  /** Its first network card: without tag it has no VLAN; what else is absent stays, but for what the entry said before. */
  net0: {
    bridge: string;
    tag?: string;
    mac?: string;
    firewall?: "1";
    model?: string;
    mtu?: number;
    queues?: number;
    /** MB/s. */
    rate?: number;
  };
  /** Cards beside it, each by its interface; absent for none. */
  networks?: Omit<VmCard, "ipconfig">[];
  /** The disk with UEFI's variables, where the entry says more than that it has one. */
  efiDisk?: { storage: string; options: string };
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
  const { vlan, ...card } = spec.network;
  return {
    ...roomScripts(__dirname),
    settings: {
      ...own,
      protect: spec.protect,
      storage: spec.storage,
      diskGb: spec.diskGb,
      iso: spec.iso?.volid,
      ...disksOf(spec),
      efiDisk: efiDiskOf(spec),
      values: {
        ...spec.options,
        ...spec.hardware?.devices,
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
        ...card,
        tag: vlan?.toString(),
        firewall: spec.firewall?.enabled ? "1" : undefined,
      },
      networks: spec.networks?.map((other) => ({ ...other, ipconfig: undefined })),
      cloudInit: {
        values: cloudInitValues(spec),
        sshKeys: spec.cloudInit.sshKeys,
        ...passwordHash(spec),
      },
      snippets: spec.agent ? spec.snippetsStorage : undefined,
    },
  };
};

function efiDiskOf({ hardware }: VmSpec): Settings["efiDisk"] {
  const { efiDisk } = hardware ?? {};
  if (efiDisk === undefined) return undefined;
  const { storage, type, preEnrolledKeys } = efiDisk;
  return { storage, options: `efitype=${type},pre-enrolled-keys=${preEnrolledKeys ? 1 : 0}` };
}

/** Its disks beside scsi0, with the state of its TPM: 4 MiB, whatever is asked for. */
export function disksOf({ disks = [], hardware }: VmSpec): { disks?: DiskSpec[] } {
  const { tpm } = hardware ?? {};
  const state: DiskSpec[] = tpm
    ? [
        {
          interface: "tpmstate0",
          storage: tpm.storage,
          sizeGb: 0,
          options: `version=${tpm.version}`,
          destroyOnTeardown: true,
        },
      ]
    : [];
  return disks.length + state.length > 0 ? { disks: [...disks, ...state] } : {};
}

/** The hash of its user's password, where it has one. */
export const passwordHash = ({ cloudInit: { passwordHash } }: VmSpec): { passwordHash?: Secret } =>
  passwordHash === undefined ? {} : { passwordHash: new Secret(passwordHash) };
