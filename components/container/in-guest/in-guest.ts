import { basename } from "node:path";
import type { ContainerSpec, FeatureSpec, NvidiaSpec, TestSpec } from "../../../config/model";
import {
  builtIn,
  gpuFlag,
  ownScript,
  readsContainerFile,
  reasonsFor,
  timeLimit,
  variables as shared,
} from "../../guest/inside";
import type { Settings } from "./step";

/** What the scripts of one container know about it and the estate. */
export interface GuestFacts {
  tag: string;
  stack: string;
  nvidia?: NvidiaSpec;
}

const variables = (spec: ContainerSpec, { stack }: GuestFacts): Record<string, string> => ({
  PHOENIX_CTID: String(spec.ctid),
  ...shared(spec, stack),
});

/** One feature: built in, or the environment's feature_<name>.sh. */
export function featureScript(spec: ContainerSpec, feature: FeatureSpec, facts: GuestFacts): Settings {
  const { name, script } = feature;
  return {
    ctid: spec.ctid,
    tag: facts.tag,
    step: `feature-${name}`,
    name: `feature_${name}.sh`,
    seconds: timeLimit,
    ...(script === undefined
      ? {
          script: builtIn(name),
          environment: builtInVariables(name, spec, facts),
          reports: true,
          reasons: reasonsFor("container"),
        }
      : ofTheUser(spec, facts, script)),
  };
}

/** What a built-in feature reads, and nothing else: a container's new name installs nothing again. */
function builtInVariables(
  name: string,
  { gpus, portainer }: ContainerSpec,
  facts: GuestFacts,
): Record<string, string> {
  if (name === "nvidia") return driverVariables(facts);
  if (name === "portainer" && portainer !== undefined) {
    return {
      PHOENIX_PORTAINER_ROLE: portainer.role,
      PHOENIX_PORTAINER_IMAGE: portainer.image,
      PHOENIX_PORTAINER_PORTS: portainer.ports.join(" "),
    };
  }
  return name === "docker" ? { PHOENIX_GPU: gpuFlag(gpus) } : {};
}

function driverVariables({ nvidia }: GuestFacts): Record<string, string> {
  return {
    PHOENIX_DRIVER_VERSION: nvidia?.version ?? "",
    PHOENIX_CUDA_VERSION: nvidia?.cudaVersion ?? "",
    PHOENIX_CUDA_REPOSITORIES: nvidia?.cudaRepositories ?? "",
  };
}

/** The application's own script: it runs again when its text or the container's entry changes. */
export function applicationScript(spec: ContainerSpec, path: string, facts: GuestFacts): Settings {
  return {
    ctid: spec.ctid,
    tag: facts.tag,
    step: "application",
    name: basename(path),
    seconds: timeLimit,
    ...ofTheUser(spec, facts, path, spec.applicationFiles),
  };
}

/** A test of what is installed in the container. */
export const testScript = (
  spec: ContainerSpec,
  { step, path }: TestSpec,
  facts: GuestFacts,
  digest: string,
): Settings => ({
  ctid: spec.ctid,
  tag: facts.tag,
  step,
  name: basename(path),
  seconds: timeLimit,
  digest,
  ...ofTheUser(spec, facts, path),
});

/**
 * A script of the user's. Its settings have only its own entry, so that no other change of the file runs it again; the
 * whole file is on the node (container/config-files).
 */
function ofTheUser(spec: ContainerSpec, facts: GuestFacts, path: string, named?: string[]) {
  const script = ownScript(path, named);
  const { ctid, scriptConfig } = spec;
  return {
    ...script,
    ...(readsContainerFile(script) && { wholeFile: true as const }),
    environment: variables(spec, facts),
    config: { lxc_configs: { [ctid]: scriptConfig } },
  };
}
