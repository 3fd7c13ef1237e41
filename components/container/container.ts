import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import type { ContainerSpec } from "../../config";
import type { Host } from "../host";
import type { Hook } from "./hook";
import { configureSettings, description, osType, startSettings } from "./settings";

const script = (name: string) => join(__dirname, "scripts", `${name}.sh`);
/** A container's script with the functions that several of them share. */
const guestScript = (name: string) => [script("guest"), script(name)];

interface GuestStepArgs {
  settings: Record<string, unknown>;
  remove?: string[];
}

/** What all containers of a stack share. */
export interface ContainerContext {
  host: Host;
  provider: proxmoxve.Provider;
  /** Name of the Proxmox VE node. */
  node: string;
  /** Pulumi stack, named in descriptions. */
  stack: string;
  /** Tag by which the stack knows its own guests. */
  tag: string;
}

export interface ContainerArgs extends ContainerContext {
  spec: ContainerSpec;
  hook?: Hook;
  /** True lets a change delete the container and make it anew, its root disk included. */
  allowRecreate: boolean;
  /** True takes over a container that is there under this CTID already. */
  adopt: boolean;
  /** Differs each time while the CTID has to be proven again; see presence.ts. */
  recheck?: string;
  /** Tells this making of the container from an earlier one; see presence.ts. */
  birth?: string;
  /** Steps that must have ended before the container is made: storage, template, source, dependencies. */
  after: pulumi.Resource[];
}

/**
 * One LXC container, each step of its life a resource: define (from a template or a clone), configure,
 * start, snapshot when it is a template, the host hook.
 *
 * The guest is protected: neither a removed entry nor a change that needs it made anew deletes it, unless
 * `allowRecreate` says so. When it is made anew, by that or because somebody deleted it, all its steps run
 * again.
 */
export class Container extends pulumi.ComponentResource {
  /** The last step that a dependant waits for: the container runs. */
  readonly ready: pulumi.Resource;
  /** The snapshot that clones are made from; undefined when it is no template. */
  readonly snapshot?: pulumi.Resource;

  constructor(name: string, args: ContainerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("phoenix:container:Container", name, {}, opts);
    const { host, spec, tag, stack, birth } = args;
    const guest = spec.cloneFrom ? this.clone(name, args) : this.fromTemplate(name, args);
    const step = (what: string, after: pulumi.Resource, args: GuestStepArgs) => {
      const order = { parent: this, dependsOn: after, replaceWith: [guest] };
      const settings = { ...args.settings, birth };
      return host.step(`${name}-${what}`, { ...args, script: guestScript(what), settings }, order);
    };

    const configured = step("configure", guest, {
      settings: configureSettings(spec, tag, stack),
      // A clone's own delete step looks for itself; the provider does not.
      remove: spec.cloneFrom ? undefined : guestScript("release"),
    });
    this.ready = step("start", configured, { settings: startSettings(spec, tag) });
    if (spec.templateSnapshot !== undefined) {
      const settings = { ctid: spec.ctid, tag, name: spec.templateSnapshot };
      this.snapshot = step("snapshot", this.ready, { settings });
    }
    if (args.hook)
      step("hook", this.snapshot ?? this.ready, { settings: hookSettings(spec, args.hook, stack) });
    this.registerOutputs({});
  }

  /** Options of the resource whose end is the container's end. */
  private guestOptions(allowRecreate: boolean, dependsOn: pulumi.Resource[]): pulumi.CustomResourceOptions {
    return { parent: this, dependsOn, deleteBeforeReplace: true, protect: !allowRecreate };
  }

  /** Proxmox VE's provider knows no snapshot to clone from, so `pct clone` does it. */
  private clone(name: string, args: ContainerArgs): pulumi.CustomResource {
    const { host, spec, tag, adopt, birth } = args;
    const source = spec.cloneFrom!;
    return host.step(
      `${name}-define`,
      {
        script: guestScript("clone"),
        remove: guestScript("clone-remove"),
        settings: {
          ctid: spec.ctid,
          source: source.ctid,
          snapshot: source.snapshot,
          hostname: spec.name,
          storage: spec.storage,
          tag,
          birth,
          adopt,
        },
        identity: [spec.ctid, source.ctid, source.snapshot, spec.storage],
      },
      this.guestOptions(args.allowRecreate, args.after),
    );
  }

  private fromTemplate(name: string, args: ContainerArgs): pulumi.CustomResource {
    const { host, provider, node, spec, tag, stack, adopt, recheck, birth } = args;
    const { ctid, network, template } = spec;
    const claim = host.step(
      `${name}-claim`,
      { script: guestScript("claim"), settings: { ctid, tag, adopt, recheck } },
      { parent: this, dependsOn: args.after },
    );
    return new proxmoxve.ContainerLegacy(
      `${name}-define`,
      {
        nodeName: node,
        vmId: ctid,
        unprivileged: spec.unprivileged,
        description: description(spec, stack),
        tags: birth === undefined ? [tag] : [tag, birth],
        operatingSystem: { templateFileId: template!.volid, type: osType(template!.file) },
        disk: { datastoreId: spec.storage, size: spec.diskGb },
        cpu: { cores: spec.cores },
        memory: { dedicated: spec.memoryMb, swap: spec.swapMb },
        initialization: {
          hostname: spec.name,
          ipConfigs: [{ ipv4: { address: network.ip, gateway: network.gateway } }],
        },
        networkInterfaces: [{ name: network.name, bridge: network.bridge, macAddress: network.mac }],
        started: false,
        startOnBoot: spec.startAtBoot,
        timeoutCreate: 600,
        timeoutUpdate: 120,
      },
      {
        ...this.guestOptions(args.allowRecreate, [claim]),
        provider,
        ignoreChanges: ownedBySteps,
      },
    );
  }
}

/**
 * What the steps own over SSH. The provider would replace the container for some of these and restart it
 * for others; read back by a refresh they would be undone.
 */
const ownedBySteps = [
  "description",
  "devicePassthroughs",
  "features",
  "idmaps",
  "initialization",
  "memory",
  "mountPoints",
  "networkInterfaces",
  "operatingSystem",
  "started",
  "startOnBoot",
  "startup",
  "tags",
];

function hookSettings(spec: ContainerSpec, hook: Hook, stack: string): Record<string, unknown> {
  return {
    ctid: spec.ctid,
    name: hook.name,
    script: hook.text,
    environment: {
      PHOENIX_CTID: String(spec.ctid),
      PHOENIX_HOSTNAME: spec.name,
      PHOENIX_STACK: stack,
    },
  };
}
