import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import type * as pulumi from "@pulumi/pulumi";
import type { ContainerSpec } from "../../../config/model";
import type { ContainerStep } from "../../../plan/step";
import type { Target } from "../../target";
import { description } from "../../guest/texts";
import { osType } from "../os-type";

/** Registers a container that the provider makes from a template, or one that is left as it was adopted. */
export function defineContainer(
  { name, spec, tags, unchanged }: ContainerStep,
  { node, stack }: Target,
  options: pulumi.CustomResourceOptions,
): proxmoxve.ContainerLegacy {
  return new proxmoxve.ContainerLegacy(name, defineArgs(spec, { node, stack, tags }), {
    ...options,
    ...(unchanged && { import: `${node}/${spec.ctid}` }),
    ignoreChanges: unchanged ? everything : ownedBySteps,
  });
}

/** What a container made from a template is for the provider. */
function defineArgs(
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
    // Without a limit it would take ours away, as it holds the cores and the limit together.
    cpu: { cores: spec.cores, limit: spec.options?.cpulimit },
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
 * What the steps set over SSH. The provider would replace the container for some of these and restart it
 * for others; read back by a refresh they would be undone.
 */
const ownedBySteps = [
  "console",
  "description",
  "devicePassthroughs",
  // With any other change of the disk, all of these would be written as the provider knows them.
  ...["acl", "mountOptions", "quota", "replicate", "size"].map((key) => `disk.${key}`),
  "features",
  "idmaps",
  "initialization",
  "memory",
  "mountPoints",
  "networkInterfaces",
  "operatingSystem",
  "poolId",
  "started",
  "startOnBoot",
  "startup",
  "tags",
];

/** All properties; not every provider knows the wildcard of ignoreChanges. */
const everything = [
  ...ownedBySteps,
  ...["cpu", "disk", "environmentVariables", "hookScriptFileId", "protection", "template"],
  ...["timeoutClone", "timeoutCreate", "timeoutDelete", "timeoutStart", "timeoutUpdate"],
  ...["unprivileged", "waitForIp"],
];
