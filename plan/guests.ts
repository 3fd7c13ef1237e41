/** What all guests of a stack have in common while they are planned. */
import { type AdoptedSettings, isLeftAsAdopted } from "../config/adopted";
import type { ContainerSpec, Estate, GuestRef, VmSpec } from "../config/model";
import { withPower } from "../config/power";
import {
  foreignWarning,
  incarnationTag,
  isForeign,
  notYetOurs,
  type Presence,
  vmidOf,
} from "../components/guest/presence";
import { isProtected, type Protection, protectionOf } from "../components/guest/protection";
import { stackTag } from "../components/guest/texts";
import type { Facts } from "./facts";
import type { PlanWarning } from "./step";

export class GuestContext {
  /** Tag by which the stack knows its own guests. */
  readonly tag: string;
  /** Ids whose existing guest is taken over. */
  readonly adopt: number[];
  /** With the power states that the stack asks for. */
  readonly containers: ContainerSpec[];
  readonly vms: VmSpec[];
  readonly warnings: PlanWarning[] = [];
  /** Whether any guest of the stack is protected. */
  readonly guarded: boolean;
  /** Name of the step after which a guest is ready. */
  private readonly ready = new Map<GuestRef, string>();
  private readonly adopted: AdoptedSettings;
  private readonly protection: Protection;

  constructor(
    estate: Estate,
    private readonly facts: Facts,
  ) {
    this.tag = stackTag(facts.identity);
    this.adopt = [...new Set([...facts.adopt, ...facts.adopted.keys()])];
    this.adopted = notYetOurs(facts.adopted, [facts.containers, facts.machines], this.tag);
    this.containers = withPower(estate.containers, facts.power);
    this.vms = estate.vms;
    const all = [...this.containers, ...this.vms].map(({ protect, ...spec }) => ({
      protect,
      mayGo: this.mayGo("ctid" in spec ? spec.ctid : this.vmid(spec)),
    }));
    this.protection = protectionOf(facts.protectGuests, all);
    this.guarded = this.protection.any;
  }

  /** Whether the guest's steps run; else it is left as it was adopted. */
  isConverged = (spec: ContainerSpec | VmSpec): boolean => !isLeftAsAdopted(spec, this.adopted);

  /** @param id absent for one that is left as it was adopted: a change cannot recreate it */
  isProtected(protect: boolean | undefined, id?: number): boolean {
    return isProtected({ protect, mayGo: this.mayGo(id) }, this.protection);
  }

  /** From the files, else from the node; undefined where neither has it. */
  vmid({ vmid, name }: Pick<VmSpec, "vmid" | "name">): number | undefined {
    return vmid ?? vmidOf(this.facts.machines, name, this.tag);
  }

  /** Notes that dependants of a guest wait for this step. */
  isReadyBehind(guest: GuestRef, step: string): void {
    this.ready.set(guest, step);
  }

  /** Names of the steps after which guests are ready. */
  readyOf(refs: readonly GuestRef[]): string[] {
    return refs.flatMap((ref) => this.ready.get(ref) ?? []);
  }

  incarnation(presence: Presence, id: number): string | undefined {
    return incarnationTag(presence, id, this.tag, this.facts.random);
  }

  /** Warns of a guest of somebody else's under an id of the files; `about` is a component's name. */
  warnOfForeign(guest: string, id: number, presence: Presence, about: string): void {
    if (this.adopt.includes(id) || !isForeign(presence, id, this.tag)) return;
    this.warnings.push({ text: foreignWarning(guest, presence.get(id)!, this.facts.node, this.tag), about });
  }

  private mayGo(id = 0): boolean {
    return this.facts.allowRecreate.includes(id);
  }
}
