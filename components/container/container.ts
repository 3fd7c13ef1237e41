import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import type { ContainerSpec, NvidiaSpec } from "../../config";
import { Guard, isProtected, type Protection } from "../guard";
import type { Host } from "../host";
import { scriptText, settingsText } from "../host/script";
import { defineArgs, ownedBySteps } from "./define";
import type { Hook } from "./hook";
import { applicationScript, digestOf, featureScript, type GuestScript } from "./in-guest";
import {
  configureSettings,
  firewallSettings,
  healthSettings,
  idMapSettings,
  mountSettings,
  powerSettings,
  startSettings,
} from "./settings";

const script = (name: string) => join(__dirname, "scripts", `${name}.sh`);

interface GuestStepArgs {
  settings: Record<string, unknown>;
  /** Script of another name than the step's. */
  script?: string;
  remove?: string;
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
  /** How guests are kept from Pulumi's deletes; as if each were protected by default. */
  protection?: Protection;
  /** The NVIDIA driver that host and guests share; undefined when the files name none. */
  nvidia?: NvidiaSpec;
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
 * mounts, firewall, start, idmap, its features in their order, application, health, snapshot when it is a template,
 * the host hook, and power where somebody says whether it runs.
 *
 * The guest is protected: neither a removed entry nor a change that needs it made anew deletes it, unless
 * `allowRecreate` or `protection` says so. When it is made anew, by that or because somebody deleted it, all its steps run
 * again.
 */
export class Container extends pulumi.ComponentResource {
  /** The last step that a dependant waits for: the container runs, and its health check succeeded. */
  readonly ready: pulumi.Resource;
  /** The snapshot that clones are made from; undefined when it is no template. */
  readonly snapshot?: pulumi.Resource;
  /** The guest itself; steps follow its replacement. */
  private readonly guest: pulumi.CustomResource;
  /** The step registered last: the next one waits for it. */
  private last: pulumi.Resource;
  /** Script and settings of each step, for the savepoint, which runs before them whenever one of them has to run. */
  private readonly planned: string[] = [];

  constructor(
    private readonly title: string,
    private readonly args: ContainerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("phoenix:container:Container", title, {}, opts);
    const { spec, tag, stack } = args;
    this.guest = spec.cloneFrom ? this.clone(title, args) : this.fromTemplate(title, args);
    this.last = this.guest;
    const endRun = spec.rollbackOnFailure ? this.savepoint() : undefined;

    this.step("configure", {
      settings: configureSettings(spec, tag, stack),
      // A clone's own delete step looks for itself; the provider does not.
      remove: spec.cloneFrom ? undefined : script("release"),
    });
    // Also without any: what an entry had before is to be out before the restart that it waits for.
    this.step("mounts", {
      settings: mountSettings(spec, tag),
      remove: script("mounts-remove"),
    });
    if (spec.firewall) {
      this.step("firewall", {
        settings: firewallSettings(spec, tag),
        remove: script("firewall-remove"),
      });
    }
    // What comes next may fail, and the guard behind it all is then not made.
    new Guard(`${title}-made-guard`, args.protection, { parent: this, dependsOn: this.last });
    this.step("start", { settings: startSettings(spec, tag) });
    if (spec.idMap) this.step("idmap", { settings: idMapSettings(spec, tag) });
    const digest = this.runInside();
    this.ready = this.last;
    if (spec.templateSnapshot !== undefined) {
      this.snapshot = this.step("snapshot", {
        settings: { ctid: spec.ctid, tag, name: spec.templateSnapshot, digest },
      });
    }
    if (args.hook) {
      this.step("hook", { settings: hookSettings(spec, args.hook, args) });
    }
    endRun?.();
    if (spec.state !== undefined) this.power();
    new Guard(`${title}-guard`, args.protection, { parent: this, dependsOn: this.last });
    this.registerOutputs({});
  }

  /** One step after the last one; it runs again whenever the guest is made anew. */
  private step(what: string, args: GuestStepArgs): pulumi.Resource {
    this.planned.push(scriptText(args.script ?? script(what)), settingsText(args.settings));
    return this.register(what, args);
  }

  private register(
    what: string,
    { script: own, ...args }: GuestStepArgs,
    goesWithGuest = false,
  ): ReturnType<Host["step"]> {
    const order = {
      ...{ parent: this, dependsOn: this.last, replaceWith: [this.guest] },
      ...(goesWithGuest && { deletedWith: this.guest }),
    };
    const settings = { ...args.settings, birth: this.args.birth };
    const step = { ...args, script: own ?? script(what), settings };
    const command = this.args.host.step(`${this.title}-${what}`, step, order);
    this.last = command;
    return command;
  }

  /**
   * The last word: it starts the container or shuts it down, and is no reason for any other step. Where the guest
   * itself goes, nothing is started for it.
   */
  private power() {
    const { spec, tag } = this.args;
    const settings = powerSettings(spec, tag, digestOf(this.planned));
    this.register("power", { settings, script: script("power"), remove: script("power-remove") }, true);
  }

  /**
   * Notes the container's state before the first of the steps that follow, whenever one of them has to run; a step
   * that fails goes back to it (scripts/rollback.sh). Returns what is called after the last step: it registers the
   * step with which there is no way back any more.
   */
  private savepoint(): () => void {
    const { tag, spec } = this.args;
    let known: (steps: string) => void;
    const steps = new Promise<string>((resolve) => (known = resolve));
    const { stdout } = this.register("savepoint", {
      settings: { ctid: spec.ctid, tag, steps },
      remove: script("savepoint-remove"),
    });
    return () => {
      known(digestOf(this.planned));
      this.register("commit", { settings: { ctid: spec.ctid, tag, savepoint: stdout } });
    };
  }

  /** The driver's user space, features, application and health check; gives a digest of all that is installed. */
  private runInside(): string {
    const { spec, tag, nvidia } = this.args;
    if (spec.usesDriver && nvidia) {
      const { version, runfileUrl, sha256 } = nvidia;
      this.step("nvidia-driver", {
        settings: { ctid: spec.ctid, tag, version, runfileUrl, sha256 },
      });
    }
    const scripts: GuestScript[] = spec.features.map((feature) => featureScript(spec, feature, this.args));
    if (spec.applicationScript !== undefined) {
      scripts.push(applicationScript(spec, spec.applicationScript, this.args));
    }
    for (const settings of scripts) {
      this.step(settings.step, { settings, script: script("in-guest") });
    }
    const digest = digestOf([spec.usesDriver && nvidia ? nvidia.version : "", ...scripts]);
    if (spec.healthCheck || spec.usesDriver) {
      this.step("health", { settings: healthSettings(spec, tag, digest), script: script("health-in-run") });
    }
    return digest;
  }

  /** Options of the resource whose end is the container's end. */
  private guestOptions(allowRecreate: boolean, dependsOn: pulumi.Resource[]): pulumi.CustomResourceOptions {
    const { spec, protection } = this.args;
    const protect = isProtected({ protect: spec.protect, mayGo: allowRecreate }, protection);
    return { parent: this, dependsOn, deleteBeforeReplace: true, protect };
  }

  /** Proxmox VE's provider knows no snapshot to clone from, so `pct clone` does it. */
  private clone(name: string, args: ContainerArgs): pulumi.CustomResource {
    const { host, spec, tag, adopt, birth } = args;
    const source = spec.cloneFrom!;
    return host.step(
      `${name}-define`,
      {
        script: script("clone"),
        remove: script("clone-remove"),
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
    const { ctid } = spec;
    const claim = host.step(
      `${name}-claim`,
      { script: script("claim"), settings: { ctid, tag, adopt, recheck } },
      { parent: this, dependsOn: args.after },
    );
    return new proxmoxve.ContainerLegacy(
      `${name}-define`,
      defineArgs(spec, { node, stack, tags: birth === undefined ? [tag] : [tag, birth] }),
      {
        ...this.guestOptions(args.allowRecreate, [claim]),
        provider,
        ignoreChanges: ownedBySteps,
      },
    );
  }
}

function hookSettings(
  spec: ContainerSpec,
  hook: Hook,
  { tag, stack }: ContainerContext,
): Record<string, unknown> {
  return {
    ctid: spec.ctid,
    tag,
    name: hook.name,
    ...hook.script,
    config: spec.scriptConfig,
    environment: {
      PHOENIX_CTID: String(spec.ctid),
      PHOENIX_HOSTNAME: spec.name,
      PHOENIX_STACK: stack,
    },
  };
}
