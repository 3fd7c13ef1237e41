import * as pulumi from "@pulumi/pulumi";
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import type { ContainerSpec } from "../../config";
import { Guard, isProtected, type Protection } from "../guard";
import { description, osType } from "./settings";

/** What a container made from a template is for the provider. */
export function defineArgs(
  spec: ContainerSpec,
  { node, stack, tags }: { node: string; stack: string; tags: string[] },
): proxmoxve.ContainerLegacyArgs {
  const { ctid, network, template } = spec;
  return {
    nodeName: node,
    vmId: ctid,
    unprivileged: spec.unprivileged,
    description: description(spec, stack),
    tags,
    operatingSystem: { templateFileId: template!.volid, type: osType(template!.file) },
    disk: { datastoreId: spec.storage, size: spec.diskGb },
    cpu: { cores: spec.cores },
    memory: { dedicated: spec.memoryMb, swap: spec.swapMb },
    initialization: {
      hostname: spec.name,
      ipConfigs: [{ ipv4: { address: network.ip, gateway: network.gateway } }],
    },
    networkInterfaces: [{ name: network.name, bridge: network.bridge, macAddress: network.mac }],
    features: atCreation(spec),
    started: false,
    startOnBoot: spec.startAtBoot,
    timeoutCreate: 600,
    timeoutUpdate: 120,
  };
}

/**
 * Without nesting Proxmox VE warns of nearly every template's systemd, long before the configure step sets the features.
 * Any other feature, and any of a privileged container, is for the API user root@pam alone.
 */
function atCreation({ unprivileged, pctFeatures }: ContainerSpec): { nesting: true } | undefined {
  return unprivileged && pctFeatures.nesting === "1" ? { nesting: true } : undefined;
}

/**
 * What the steps own over SSH. The provider would replace the container for some of these and restart it
 * for others; read back by a refresh they would be undone.
 */
export const ownedBySteps = [
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

/** All that a held one has; the wildcard of ignoreChanges is not every provider's. */
const held = [
  ...ownedBySteps,
  ...[
    "console",
    "cpu",
    "disk",
    "environmentVariables",
    "hookScriptFileId",
    "poolId",
    "protection",
    "template",
  ],
  ...["timeoutClone", "timeoutCreate", "timeoutDelete", "timeoutStart", "timeoutUpdate"],
  ...["unprivileged", "waitForIp"],
];

export interface HeldArgs {
  spec: ContainerSpec;
  provider: proxmoxve.Provider;
  node: string;
  stack: string;
  tag: string;
  protection?: Protection;
}

/**
 * A container as it was adopted: it is read into the state and protected, and nothing of it is changed. Its
 * resources have the names of a converged one, so that it becomes one when its entry changes.
 */
export class HeldContainer extends pulumi.ComponentResource {
  /** What a dependant waits for. */
  readonly ready: pulumi.Resource;

  constructor(
    title: string,
    { spec, provider, node, stack, tag, protection }: HeldArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("phoenix:container:Container", title, {}, opts);
    this.ready = new proxmoxve.ContainerLegacy(
      `${title}-define`,
      defineArgs(spec, { node, stack, tags: [tag] }),
      {
        ...{ parent: this, provider, deleteBeforeReplace: true },
        protect: isProtected(spec, protection),
        import: `${node}/${spec.ctid}`,
        ignoreChanges: held,
      },
    );
    new Guard(`${title}-guard`, protection, { parent: this, dependsOn: this.ready });
    this.registerOutputs({});
  }
}
