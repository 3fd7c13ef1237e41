import { basename } from "node:path";
import type { ContainerSpec, FeatureSpec, NvidiaSpec } from "../../../config/model";
import { readScript } from "../../../config/script-file";
import { builtIn, gpuFlag, reasonsFor, timeLimit, variables as shared } from "../../guest/inside";
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
    ...(script === undefined ? { script: builtIn(name) } : readScript(script)),
    seconds: timeLimit,
    ...(script === undefined
      ? { environment: builtInVariables(name, spec, facts), reports: true, reasons: reasonsFor("container") }
      : { environment: variables(spec, facts), config: ownConfig(spec) }),
  };
}

/** What a built-in feature reads, and nothing else: a container's new name installs nothing again. */
function builtInVariables(name: string, { gpus }: ContainerSpec, facts: GuestFacts): Record<string, string> {
  if (name === "nvidia") return driverVariables(facts);
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
    ...readScript(path),
    seconds: timeLimit,
    environment: variables(spec, facts),
    config: ownConfig(spec),
  };
}

/** The container file as the script sees it: only its own entry, so that no other change runs it again. */
function ownConfig({ ctid, scriptConfig }: ContainerSpec): Record<string, unknown> {
  return { lxc_configs: { [ctid]: scriptConfig } };
}
