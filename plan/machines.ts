/** All virtual machines of a stack, and what they share: images, the agent's file, storages. */
import type { Estate, VmSpec } from "../config/model";
import { powerOf } from "../config/power";
import type { HostPlan } from "../components/hypervisor/plan";
import { planUnchangedVm, planVm, type VmPlan } from "../components/vm/plan";
import { planShared, type SharedPlan } from "../components/vm/shared-plan";
import type { Facts } from "./facts";
import type { GuestContext } from "./guests";
import type { Component } from "./step";
import type { Reported } from "./values";
import { titleOf, titles } from "./titles";

export class MachinePlans {
  readonly shared: SharedPlan;
  private readonly plans = new Map<string, VmPlan>();

  constructor(
    private readonly estate: Estate,
    private readonly facts: Facts,
    private readonly guests: GuestContext,
    host: HostPlan,
  ) {
    this.shared = planShared(titles.machines, {
      specs: estate.vms.filter(guests.isConverged),
      storages: estate.storages.map(({ id }) => id),
      tag: guests.tag,
      hostStorage: host.storage,
    });
  }

  /** Given, or chosen by the node. */
  vmid(name: string): number | Reported {
    return this.plans.get(name)!.vmid;
  }

  /** Plans a machine; guests that it needs have been added before. */
  add(spec: VmSpec): Component {
    const plan = this.guests.isConverged(spec) ? this.converged(spec) : this.unchanged(spec);
    this.guests.isReadyBehind(spec.name, plan.ready);
    this.plans.set(spec.name, plan);
    return plan.component;
  }

  private unchanged(spec: VmSpec): VmPlan {
    const { guarded } = this.guests;
    // Only one with a VMID in its entry can be left as it was adopted.
    return planUnchangedVm(titleOf(spec), titles.machines, spec as VmSpec & { vmid: number }, {
      ...{ guarded, node: this.facts.node },
      protect: this.guests.isProtected(spec.protect),
    });
  }

  private converged(spec: VmSpec): VmPlan {
    const { cloneFrom, dependencies, protect, state } = spec;
    const { identity: stack, node, machines: presence, power } = this.facts;
    const { tag, guarded, adopt } = this.guests;
    const vmid = this.guests.vmid(spec);
    if (spec.vmid !== undefined) {
      this.guests.warnOfForeign(`VM ${spec.vmid}`, spec.vmid, presence, titles.machines);
    }
    return planVm(titleOf(spec), titles.machines, spec, {
      ...{ stack, node, tag, guarded },
      source: cloneFrom && this.plans.get(cloneFrom.name),
      power: vmid === undefined ? state : powerOf(vmid, state, power),
      protect: this.guests.isProtected(protect, vmid),
      adopt: adopt.filter((id) => id === spec.vmid),
      taken: this.taken(),
      present: vmid !== undefined && presence.get(vmid)?.tags.includes(tag) === true,
      incarnation: this.guests.incarnation(presence, vmid ?? 0),
      needs: [...this.needs(spec), ...this.guests.readyOf(dependencies)],
    });
  }

  /** Ids that entries give. */
  private taken(): number[] {
    const { containers, vms } = this.estate;
    return [...containers.map(({ ctid }) => ctid), ...vms.flatMap(({ vmid }) => vmid ?? [])].sort(
      (a, b) => a - b,
    );
  }

  private needs(spec: VmSpec): string[] {
    const { agent, snippetsStorage, image, iso } = spec;
    const storages = [...storagesOf(spec), ...spec.exportStorages];
    return [
      ...new Set([
        ...storages.flatMap(this.shared.storage),
        ...(image ? this.shared.image(image.volid) : []),
        ...(iso ? this.shared.image(iso.volid) : []),
        ...(agent ? this.shared.snippets(snippetsStorage) : []),
      ]),
    ];
  }
}

/** Storages that it has something on. */
function storagesOf({ storage, agent, snippetsStorage, iso, disks = [], hardware }: VmSpec): string[] {
  const { efiDisk, tpm } = hardware ?? {};
  return [
    storage,
    ...(agent ? [snippetsStorage] : []),
    ...[iso, efiDisk, tpm, ...disks].flatMap((one) => one?.storage ?? []),
  ];
}
