import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Estate } from "../../config";
import type { Host } from "../host";
import { guestNeeds } from "./guest-needs";
import { AdminUser } from "./admin-user/admin-user";
import { DatacenterFirewall } from "./datacenter-firewall/datacenter-firewall";
import { datacenterFirewallSteps } from "./datacenter-firewall/steps";
import { InitialSetup } from "./initial-setup/initial-setup";
import { Nfs } from "./nfs/nfs";
import { NvidiaDriver } from "./nvidia-driver/nvidia-driver";
import { Samba } from "./samba/samba";
import { Zfs } from "./zfs/zfs";

const script = (name: string) => join(__dirname, "scripts", `${name}.sh`);

export interface HypervisorArgs {
  host: Host;
  estate: Estate;
  /** The name by which the stack is known on the node. */
  identity: string;
  /** Tag by which the stack knows its own guests. */
  tag: string;
  /** Port that the stack reaches the node's SSH on. */
  sshPort: number;
  /** Hash of the administrator's password, in the place of the file's. */
  adminPasswordHash?: pulumi.Output<string>;
  /**
   * How much of the host is set up: all that the files say (the default), only what the guests' own steps need, or
   * nothing.
   */
  setUp?: "all" | "prepare" | "nothing";
  /** Passwords of Samba users by name. */
  sambaPasswords: Record<string, pulumi.Output<string>>;
}

/**
 * The host below the guests, one area after another in the original's order: initial set-up, NVIDIA driver
 * (which may restart the host), administrator, ZFS, NFS, Samba, and the datacenter's firewall.
 */
export class Hypervisor extends pulumi.ComponentResource {
  /** What every other step on the host relies on: the node is set up and will not restart any more. */
  readonly prepared: pulumi.Resource[];
  /** The NVIDIA driver works; undefined when the host gets none. */
  readonly driver?: pulumi.Resource;
  private readonly zfs?: Zfs;
  private readonly nfs?: Nfs;

  constructor(name: string, args: HypervisorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("phoenix:hypervisor:Hypervisor", name, {}, opts);
    const { estate, tag, sshPort, identity } = args;
    const setUp = args.setUp ?? "all";
    const host = args.host.setUp;
    const { setup, driver, admin, nfs, samba } = estate.host;
    const after = (dependsOn: pulumi.Resource[]) => ({ parent: this, dependsOn });

    if (setUp === "nothing") {
      this.prepared = [];
      this.registerOutputs({});
      return;
    }
    const prepare = {
      script: script("prepare"),
      remove: script("prepare-remove"),
      // What a stack without the host's set-up needs of it outlives the stack that has it.
      settings: {
        identity,
        ...(setUp === "all" ? { setUp: true } : { setUp: false, needs: guestNeeds(estate) }),
      },
    };
    const first = args.host.step(`${name}-prepare`, prepare, { parent: this });
    if (setUp === "prepare") {
      this.prepared = [first];
      this.registerOutputs({});
      return;
    }
    let before = new InitialSetup(`${name}-setup`, { host, setup, sshPort }, after([first])).done;
    if (driver) {
      this.driver = new NvidiaDriver(`${name}-nvidia`, { host, driver, tag }, after(before)).ready;
      before = [this.driver];
    }
    this.prepared = before;
    if (admin) {
      const passwordHash = args.adminPasswordHash;
      before = new AdminUser(`${name}-admin`, { host, user: admin, passwordHash }, after(before)).done;
    }
    const { pools, datasets, storages, arcMaxGb } = estate;
    this.zfs = new Zfs(`${name}-zfs`, { host, pools, datasets, storages, arcMaxGb }, after(before));
    before = [...before, ...this.zfs.done];
    if (nfs) this.nfs = new Nfs(`${name}-nfs`, { host, nfs }, after(before));
    if (samba) {
      new Samba(`${name}-samba`, { host, samba, passwords: args.sambaPasswords }, after(before));
    }
    const firewall = datacenterFirewallSteps(estate.host, sshPort);
    if (firewall)
      new DatacenterFirewall(`${name}-datacenter-firewall`, { host, ...firewall }, after(this.prepared));
    this.registerOutputs({});
  }

  /** What must be there before a volume on this storage can be: its own step, or the prepared host. */
  storage(id: string): pulumi.Resource[] {
    const own = this.zfs?.storage(id) ?? this.nfs?.storage(id);
    return own ? [own] : this.prepared;
  }
}
