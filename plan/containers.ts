/** All containers of a stack, and what they share: templates and folders. */
import type { ContainerSpec, Estate } from "../config/model";
import { findHook } from "../components/container/hook/hook";
import { type ContainerPlan, planContainer, planUnchangedContainer } from "../components/container/plan";
import { configFilesStep } from "../components/container/config-files/step";
import { folderStep } from "../components/container/shared-folder/step";
import { templateStep } from "../components/container/template/step";
import { checkAgain } from "../components/guest/presence";
import type { HostPlan } from "../components/hypervisor/plan";
import { scriptStep } from "./build";
import type { Facts } from "./facts";
import type { GuestContext } from "./guests";
import type { Component } from "./step";
import { titleOf, titles } from "./titles";

export class ContainerPlans {
  /** Name of the step that takes a container template's snapshot. */
  private readonly snapshots = new Map<number, string>();
  private readonly addresses = new Map<number, unknown>();
  private readonly configFiles = `${titles.containers}-config-files`;
  /** Which configuration files scripts of containers read. */
  private readonly read = new Set<string>();

  constructor(
    private readonly estate: Estate,
    private readonly facts: Facts,
    private readonly guests: GuestContext,
    private readonly host: HostPlan,
  ) {}

  /**
   * Templates that converged containers are made from, the folders that containers share, and the files that scripts of
   * those that were added read.
   */
  shared(): Component["steps"] {
    const { templates, folders } = this.estate;
    const { containers, isConverged } = this.guests;
    const used = containers.filter(isConverged).map(({ template }) => template?.volid);
    const title = titles.containers;
    return [
      ...templates
        .filter(({ volid }) => used.includes(volid))
        .map((template) => {
          const needs = this.host.storage(template.storage);
          return scriptStep(`${title}-template-${template.file}`, templateStep(template), { needs });
        }),
      ...folders.map((folder) => {
        const { volume, storageId } = folder;
        const needs = storageId === undefined ? this.host.prepared : this.host.storage(storageId);
        return scriptStep(`${title}-folder-${volume}`, folderStep(folder), { needs });
      }),
      ...(this.read.size > 0
        ? [
            scriptStep(this.configFiles, configFilesStep(this.estate.documents, this.read.has("host")), {
              needs: this.host.prepared,
            }),
          ]
        : []),
    ];
  }

  /** Plans a container; guests that it needs have been added before. */
  add(spec: ContainerSpec): Component {
    const { ctid } = spec;
    const plan = this.guests.isConverged(spec) ? this.converged(spec) : this.unchanged(spec);
    this.guests.isReadyBehind(ctid, plan.ready);
    for (const file of plan.reads) this.read.add(file);
    this.addresses.set(ctid, plan.component.outputs.address);
    if (plan.snapshot !== undefined) this.snapshots.set(ctid, plan.snapshot);
    return plan.component;
  }

  /** With prefix length; `dhcp` or `manual` of one that is left as it was adopted. */
  addressOf = (ctid: number): unknown => this.addresses.get(ctid);

  private unchanged(spec: ContainerSpec): ContainerPlan {
    const { tag, guarded } = this.guests;
    return planUnchangedContainer(titleOf(spec), titles.containers, spec, {
      ...{ tag, guarded, node: this.facts.node },
      protect: this.guests.isProtected(spec.protect),
    });
  }

  private converged(spec: ContainerSpec): ContainerPlan {
    const { ctid, protect } = spec;
    const { identity: stack, node, adopted, containers: presence, random } = this.facts;
    const { tag, guarded, adopt } = this.guests;
    this.guests.warnOfForeign(`CT ${ctid}`, ctid, presence, titles.containers);
    return planContainer(titleOf(spec), titles.containers, spec, {
      ...{ stack, node, tag, guarded },
      nvidia: this.estate.nvidia,
      protect: this.guests.isProtected(protect, ctid),
      hook: this.hook(ctid),
      configFiles: this.configFiles,
      adopt: adopt.includes(ctid),
      checkAgain: adopted.has(ctid) ? undefined : checkAgain(presence, ctid, tag, random),
      incarnation: this.guests.incarnation(presence, ctid),
      needs: this.needs(spec),
      source: this.source(spec),
    });
  }

  private hook(ctid: number) {
    const { hook, warning } = findHook(this.facts.hooksDir, ctid);
    if (warning !== undefined) this.guests.warnings.push({ text: warning });
    return hook;
  }

  private source({ cloneFrom }: ContainerSpec): string | undefined {
    return cloneFrom && this.snapshots.get(cloneFrom.ctid);
  }

  private needs(spec: ContainerSpec): string[] {
    const { storage, template, mounts, gpus, dependencies, vmDependencies = [] } = spec;
    const source = this.source(spec);
    return [
      ...this.host.storage(storage),
      ...(template ? [`${titles.containers}-template-${template.file}`] : []),
      ...(source === undefined ? [] : [source]),
      ...mounts.flatMap((mount) =>
        "volume" in mount
          ? [`${titles.containers}-folder-${mount.volume}`]
          : this.host.storage(mount.storage),
      ),
      ...(gpus.length > 0 && this.host.driver !== undefined ? [this.host.driver] : []),
      ...this.guests.readyOf([...dependencies, ...vmDependencies]),
    ];
  }
}
