import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import {
  type AdoptedSettings,
  type ImageSpec,
  isHeld,
  powerOf,
  type PowerSettings,
  type VmSpec,
  shippedStorages,
} from "../../config";
import { birthTag, foreignWarning, isForeign, type Presence } from "../container/presence";
import type { Hypervisor } from "../hypervisor";
import { HeldVm } from "./held";
import { vmidOf } from "./presence";
import { Vm, type VmContext } from "./vm";

const script = (name: string) => join(__dirname, "scripts", `${name}.sh`);

export interface MachinesArgs extends VmContext {
  hypervisor: Hypervisor;
  /** All machines of the stack. */
  specs: VmSpec[];
  /** Ids of the storages that the files make. */
  storages: string[];
  /** CTIDs of the stack: none of them is chosen for a machine. */
  ctids: number[];
  /** VMIDs that a change may delete and make anew. */
  allowRecreate: number[];
  /** VMIDs whose existing machine is taken over, those of `adopted` among them. */
  adopt: number[];
  /** Machines that are left as they were adopted, until their entries change. */
  adopted?: AdoptedSettings;
  /** What the stack says of guests' power, by VMID. */
  power: PowerSettings;
  /** What the node has now. */
  presence: Presence;
}

/**
 * All virtual machines of a stack, added in the order of all guests, and the images they are made from. Each waits
 * for exactly what it needs; a failure stops only what waits for it.
 */
export class Machines extends pulumi.ComponentResource {
  private readonly byName = new Map<string, Vm | HeldVm>();
  private readonly images = new Map<string, pulumi.Resource>();
  private readonly shipped = new Map<string, pulumi.Resource>();
  private readonly snippets = new Map<string, pulumi.Resource>();

  constructor(
    private readonly title: string,
    private readonly args: MachinesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("phoenix:vm:Machines", title, {}, opts);
    this.openShippedStorages();
    this.holdSnippets();
    for (const { image } of this.converged) {
      if (image && !this.images.has(image.volid)) this.images.set(image.volid, this.image(image));
    }
    this.registerOutputs({});
  }

  private get converged(): VmSpec[] {
    const { specs, adopted = new Map() } = this.args;
    return specs.filter((spec) => !isHeld(spec, adopted));
  }

  /** VMID and address by name; `dhcp` where the network gives one. */
  get addresses(): Record<string, { vmid: pulumi.Output<number>; address: string }> {
    const pairs = this.args.specs.flatMap(({ name, cloudInit }) => {
      const vm = this.byName.get(name);
      return vm ? [[name, { vmid: vm.vmid, address: cloudInit.ip }] as const] : [];
    });
    return Object.fromEntries(pairs);
  }

  /** What a dependant of a machine waits for; undefined before it is added. */
  ready(name: string): pulumi.Resource | undefined {
    return this.byName.get(name)?.ready;
  }

  /** Adds a machine behind its clone source and the guests it needs. */
  add(spec: VmSpec, dependencies: pulumi.Resource[]): void {
    const { host, provider, node, stack, tag, protection, presence, ctids, specs, adopt } = this.args;
    if (spec.vmid !== undefined && !this.converged.includes(spec)) {
      const args = { vmid: spec.vmid, protect: spec.protect, protection, provider, node };
      this.byName.set(spec.name, new HeldVm(`vm-${spec.vmid}`, args, { parent: this }));
      return;
    }
    const vmid = spec.vmid ?? vmidOf(presence, spec.name, tag);
    if (spec.vmid !== undefined && !adopt.includes(spec.vmid) && isForeign(presence, spec.vmid, tag)) {
      void pulumi.log.warn(foreignWarning(`VM ${spec.vmid}`, presence.get(spec.vmid)!, node, tag), this);
    }
    const vm = new Vm(
      `vm-${spec.vmid ?? spec.name}`,
      {
        ...{ host, provider, node, stack, tag, protection, spec },
        source: spec.cloneFrom && this.byName.get(spec.cloneFrom.name),
        power: vmid === undefined ? spec.state : powerOf(vmid, spec.state, this.args.power),
        allowRecreate: vmid !== undefined && this.args.allowRecreate.includes(vmid),
        adopt: adopt.filter((id) => id === spec.vmid),
        taken: [...ctids, ...specs.flatMap((other) => other.vmid ?? [])].sort((a, b) => a - b),
        present: vmid !== undefined && presence.get(vmid)?.tags.includes(tag) === true,
        birth: birthTag(presence, vmid ?? 0, tag),
        after: [...this.needs(spec), ...dependencies],
      },
      { parent: this },
    );
    this.byName.set(spec.name, vm);
  }

  private needs(spec: VmSpec): pulumi.Resource[] {
    const image = spec.image && this.images.get(spec.image.volid);
    const storages = [spec.storage, ...(spec.agent ? [spec.snippetsStorage] : []), ...spec.exportStorages];
    const snippets = spec.agent ? this.snippets.get(spec.snippetsStorage) : undefined;
    const found = [...storages.flatMap((id) => this.storage(id)), image, snippets].filter(
      (one) => one !== undefined,
    );
    return [...new Set(found)];
  }

  /** What must be there before a volume on this storage can be. */
  private storage(id: string): pulumi.Resource[] {
    const shipped = this.shipped.get(id);
    return shipped ? [shipped] : this.args.hypervisor.storage(id);
  }

  /** A storage that Proxmox VE ships holds neither images nor snippets until it is told to. */
  private openShippedStorages() {
    const { host, hypervisor, storages } = this.args;
    const wanted = new Map<string, Set<string>>();
    const want = (id: string, content: string) => {
      if (Object.hasOwn(shippedStorages, id) && !storages.includes(id)) {
        wanted.set(id, (wanted.get(id) ?? new Set()).add(content));
      }
    };
    for (const { image, agent, snippetsStorage } of this.converged) {
      if (image) want(image.storage, "import");
      if (agent) want(snippetsStorage, "snippets");
    }
    for (const [storage, content] of wanted) {
      const step = {
        script: script("storage-content"),
        remove: script("storage-content-remove"),
        settings: { storage, content: [...content].sort() },
      };
      const order = { parent: this, dependsOn: hypervisor.storage(storage) };
      this.shipped.set(storage, host.step(`${this.title}-storage-${storage}`, step, order));
    }
  }

  /** What installs the guest agent: a file for all machines of a storage, gone with the last of them. */
  private holdSnippets() {
    const { host, tag } = this.args;
    const storages = this.converged.flatMap(({ agent, snippetsStorage }) => (agent ? [snippetsStorage] : []));
    for (const storage of new Set(storages)) {
      const step = {
        script: script("snippets"),
        remove: script("snippets-remove"),
        settings: { storage, tag },
      };
      const order = { parent: this, dependsOn: this.storage(storage) };
      this.snippets.set(storage, host.step(`${this.title}-snippets-${storage}`, step, order));
    }
  }

  private image({ storage, file, from }: ImageSpec): pulumi.Resource {
    const { host, provider, node } = this.args;
    const name = `${this.title}-image-${file}`;
    const order = { parent: this, dependsOn: this.storage(storage) };
    if (from === "volume" || "path" in from) {
      const path = from === "volume" ? undefined : from.path;
      return host.step(name, { script: script("image"), settings: { storage, file, path } }, order);
    }
    return new proxmoxve.download.File(
      name,
      {
        contentType: "import",
        datastoreId: storage,
        fileName: file,
        nodeName: node,
        url: from.url,
        checksum: from.checksum?.digits,
        checksumAlgorithm: from.checksum?.algorithm,
        // A vendor's newer image is no reason to fetch it again, and a file of this name is this program's own.
        overwrite: false,
        overwriteUnmanaged: true,
        uploadTimeout: 3600,
      },
      { ...order, provider, retainOnDelete: false },
    );
  }
}
