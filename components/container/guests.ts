import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type AdoptedSettings, isHeld } from "../../config";
import type { ContainerSpec, FolderSpec, GuestRef, TemplateSpec, VmSpec } from "../../config";
import type { Hypervisor } from "../hypervisor";
import type { Machines } from "../vm";
import { Container, type ContainerContext } from "./container";
import { HeldContainer } from "./define";
import { findHook } from "./hook";
import { birthTag, foreignWarning, isForeign, type Presence, recheck } from "./presence";

export interface GuestsArgs extends ContainerContext {
  hypervisor: Hypervisor;
  /** Templates that containers are made from. */
  templates: TemplateSpec[];
  /** Folders of the host that containers share. */
  folders: FolderSpec[];
  /** Containers, each behind everything it waits for. */
  containers: ContainerSpec[];
  /** Virtual machines, with which they wait for one another in both directions. */
  machines?: { all: Machines; specs: VmSpec[] };
  /** Order of both; the containers' own without machines. */
  order?: GuestRef[];
  /** Folder of the hooks. */
  hooksDir: string;
  /** CTIDs that a change may delete and make anew. */
  allowRecreate: number[];
  /** CTIDs whose existing container is taken over, those of `adopted` among them. */
  adopt: number[];
  /** Containers that are left as they were adopted, until their entries change. */
  adopted?: AdoptedSettings;
  /** What the node has now. */
  presence: Presence;
}

/**
 * All containers of a stack, each waiting for exactly what it needs: its storage, its template or its
 * source's snapshot, its dependencies. A failure stops only what waits for it.
 */
export class Guests extends pulumi.ComponentResource {
  /** Name and address of each container by CTID. */
  readonly addresses: Record<string, { name: string; address: string }>;
  private readonly byId = new Map<number, Pick<Container, "ready" | "snapshot">>();
  private readonly templates = new Map<string, pulumi.Resource>();
  private readonly folders = new Map<string, pulumi.Resource>();

  constructor(name: string, args: GuestsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("phoenix:container:Guests", name, {}, opts);
    const { adopted = new Map() } = args;
    const made = args.containers
      .filter((spec) => !isHeld(spec, adopted))
      .map(({ template }) => template?.volid);
    for (const template of args.templates.filter(({ volid }) => made.includes(volid)))
      this.addTemplate(name, template, args);
    for (const folder of args.folders) this.addFolder(name, folder, args);
    for (const ref of args.order ?? args.containers.map(({ ctid }) => ctid)) this.add(ref, args);
    this.addresses = Object.fromEntries(
      args.containers.map(({ ctid, name, network }) => [ctid, { name, address: network.ip }]),
    );
    this.registerOutputs({});
  }

  private addTemplate(name: string, template: TemplateSpec, args: GuestsArgs) {
    const step = {
      script: join(__dirname, "scripts", "template.sh"),
      settings: { storage: template.storage, file: template.file },
    };
    const order = { parent: this, dependsOn: args.hypervisor.storage(template.storage) };
    this.templates.set(template.volid, args.host.step(`${name}-template-${template.file}`, step, order));
  }

  /** A shared folder has no delete step: the data in it stays. */
  private addFolder(name: string, { volume, storageId, ...settings }: FolderSpec, args: GuestsArgs) {
    const step = { script: join(__dirname, "scripts", "shared-folder.sh"), settings };
    const after = storageId === undefined ? args.hypervisor.prepared : args.hypervisor.storage(storageId);
    this.folders.set(
      volume,
      args.host.step(`${name}-folder-${volume}`, step, { parent: this, dependsOn: after }),
    );
  }

  private add(ref: GuestRef, args: GuestsArgs) {
    const { containers, machines } = args;
    if (typeof ref === "number") {
      this.addContainer(
        containers.find(({ ctid }) => ctid === ref)!,
        args,
      );
      return;
    }
    const spec = machines!.specs.find(({ name }) => name === ref)!;
    machines!.all.add(spec, found(spec.dependencies.map((other) => this.ready(other, args))));
  }

  /** What a guest that depends on this one waits for. */
  private ready(ref: GuestRef, { machines }: GuestsArgs): pulumi.Resource | undefined {
    return typeof ref === "number" ? this.byId.get(ref)?.ready : machines?.all.ready(ref);
  }

  private addContainer(spec: ContainerSpec, args: GuestsArgs) {
    const { host, provider, node, stack, tag, protection, presence } = args;
    if (isHeld(spec, args.adopted ?? new Map())) {
      const held = new HeldContainer(
        `ct-${spec.ctid}`,
        { spec, provider, node, stack, tag, protection },
        { parent: this },
      );
      this.byId.set(spec.ctid, held);
      return;
    }
    const adopted = args.adopted?.has(spec.ctid) === true;
    const adopt = args.adopt.includes(spec.ctid);
    if (!adopt && isForeign(presence, spec.ctid, tag)) {
      void pulumi.log.warn(foreignWarning(`CT ${spec.ctid}`, presence.get(spec.ctid)!, node, tag), this);
    }
    const container = new Container(
      `ct-${spec.ctid}`,
      {
        host,
        provider,
        node,
        stack,
        tag,
        protection,
        nvidia: args.nvidia,
        spec,
        adopt,
        hook: findHook(args.hooksDir, spec.ctid),
        allowRecreate: args.allowRecreate.includes(spec.ctid),
        recheck: adopted ? undefined : recheck(presence, spec.ctid, tag),
        birth: birthTag(presence, spec.ctid, tag),
        after: this.needs(spec, args),
      },
      { parent: this },
    );
    this.byId.set(spec.ctid, container);
  }

  private needs(spec: ContainerSpec, args: GuestsArgs): pulumi.Resource[] {
    const { hypervisor } = args;
    return found([
      ...hypervisor.storage(spec.storage),
      spec.template && this.templates.get(spec.template.volid),
      spec.cloneFrom && this.byId.get(spec.cloneFrom.ctid)?.snapshot,
      ...spec.mounts.flatMap((mount) =>
        "volume" in mount ? this.folders.get(mount.volume) : hypervisor.storage(mount.storage),
      ),
      spec.gpus.length > 0 ? hypervisor.driver : undefined,
      ...[...spec.dependencies, ...(spec.vmDependencies ?? [])].map((ref) => this.ready(ref, args)),
    ]);
  }
}

function found(resources: (pulumi.Resource | undefined)[]): pulumi.Resource[] {
  return resources.filter((resource) => resource !== undefined);
}
