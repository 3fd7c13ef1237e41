/** The host below the guests: its areas, in the original's order. */
import type { Estate } from "../../config/model";
import { component, scriptStep } from "../../plan/build";
import type { Component, ScriptStep } from "../../plan/step";
import type { Secret } from "../../plan/values";
import { planAdminUser } from "./admin-user/plan";
import { planBackups } from "./backups/plan";
import { planDatacenterFirewall } from "./datacenter-firewall/plan";
import { datacenterFirewallSteps } from "./datacenter-firewall/step";
import { planInitialSetup } from "./initial-setup/plan";
import { planNfs } from "./nfs/plan";
import { planNvidiaDriver } from "./nvidia-driver/plan";
import { prepareStep } from "./prepare/step";
import { planSamba } from "./samba/plan";
import { planZfs } from "./zfs/plan";

/** What the stack says of its host. */
export interface HostFacts {
  /** The name by which the stack is known on the node. */
  identity: string;
  /** Tag by which the stack knows its own guests. */
  tag: string;
  /** Port that the stack reaches the node's SSH on. */
  sshPort: number;
  /** Hash of the administrator's password, instead of the one in the files. */
  adminPasswordHash?: Secret;
  /** Passwords of Samba users by name. */
  sambaPasswords: Record<string, Secret>;
  /** How much of the host is set up: all that the files say, only what the guests' own steps need, or nothing. */
  setUp: "all" | "prepare" | "nothing";
}

/** What the host is to its guests. */
export interface HostPlan {
  components: Component[];
  /** Names of what every other step on the host relies on: the node is set up and will not restart any more. */
  prepared: string[];
  /** Name of the step behind which the NVIDIA driver works; undefined when the host gets none. */
  driver?: string;
  /** Names of what must be there before a volume on this storage can be: its own step, or the prepared host. */
  storage: (id: string) => string[];
}

/**
 * Initial set-up, NVIDIA driver (which may restart the host), administrator, ZFS, NFS, Samba, the datacenter's
 * firewall, and backup jobs.
 */
export function planHost(title: string, estate: Estate, facts: HostFacts): HostPlan {
  const { setUp } = facts;
  if (setUp !== "all") {
    const steps = setUp === "nothing" ? [] : [prepare(title, estate, facts)];
    const prepared = steps.map(({ name }) => name);
    return { components: [hypervisor(title, steps)], prepared, storage: () => prepared };
  }
  const { pools, datasets, storages, arcMaxGb } = estate;
  const { setup, driver: wanted, admin, nfs: exported, samba } = estate.host;
  const first = prepare(title, estate, facts);
  const components = [hypervisor(title, [first])];

  const initial = planInitialSetup(`${title}-setup`, { setup, sshPort: facts.sshPort }, title, [first.name]);
  components.push(initial.component);
  let before = initial.done;
  let driver: string | undefined;
  if (wanted) {
    const args = { driver: wanted, tag: facts.tag };
    const nvidia = planNvidiaDriver(`${title}-nvidia`, args, title, before);
    components.push(nvidia.component);
    driver = nvidia.ready;
    before = [driver];
  }
  const prepared = before;
  if (admin) {
    const args = { user: admin, passwordHash: facts.adminPasswordHash };
    const account = planAdminUser(`${title}-admin`, args, title, before);
    components.push(account.component);
    before = account.done;
  }
  const zfs = planZfs(`${title}-zfs`, { pools, datasets, storages, arcMaxGb }, title, before);
  components.push(zfs.component);
  before = [...before, ...zfs.done];
  const nfs = exported && planNfs(`${title}-nfs`, exported, title, before);
  if (nfs) components.push(nfs.component);
  if (samba) {
    const args = { samba, passwords: facts.sambaPasswords };
    components.push(planSamba(`${title}-samba`, args, title, before));
  }
  const firewall = datacenterFirewallSteps(estate.host, facts.sshPort);
  if (firewall)
    components.push(planDatacenterFirewall(`${title}-datacenter-firewall`, firewall, title, prepared));

  const storage = (id: string) => {
    const own = zfs.storages.get(id) ?? nfs?.storages.get(id);
    return own === undefined ? prepared : [own];
  };
  if (estate.backups.length > 0)
    components.push(planBackups(`${title}-backups`, estate.backups, title, storage));
  return { components, prepared, driver, storage };
}

const hypervisor = (title: string, steps: ScriptStep[]) =>
  component("phoenix:hypervisor:Hypervisor", title, { steps });

const prepare = (title: string, estate: Estate, { setUp, identity }: HostFacts): ScriptStep =>
  scriptStep(`${title}-prepare`, prepareStep(estate, identity, setUp === "all"), { needs: [] });
