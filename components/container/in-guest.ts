import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import type { ContainerSpec, FeatureSpec, NvidiaSpec } from "../../config";
import { readScript } from "../../config/script-file";
import { guestScriptText } from "../host/script";

/** Most seconds a feature or an application's script may take. */
const timeLimit = 3600;

/** A script that runs inside a container, as scripts/in-guest.sh takes it. */
export type GuestScript = Record<string, unknown> & { step: string };

/** What the scripts of one container know about it and the estate. */
export interface GuestFacts {
  tag: string;
  stack: string;
  nvidia?: NvidiaSpec;
}

/** The text of a built-in feature. */
export const builtIn = (name: string) => guestScriptText(join(__dirname, "features", `${name}.sh`));

/** Reasons behind the exit codes of the built-in features (features/*.sh), as the original numbers them. */
export const reasons = {
  "2": "invalid input",
  "3": "the container was not found",
  "4": "the configuration of the host or of the guest does not permit it",
  "5": "the installation failed",
  "6": "the restart failed",
};

function variables(spec: ContainerSpec, facts: GuestFacts): Record<string, string> {
  return {
    PHOENIX_CTID: String(spec.ctid),
    PHOENIX_HOSTNAME: spec.name,
    PHOENIX_STACK: facts.stack,
    PHOENIX_GPU: gpuFlag(spec),
  };
}

function gpuFlag({ gpus }: ContainerSpec): string {
  return gpus.length > 0 ? "1" : "0";
}

/** One feature: built in, or the environment's feature_<name>.sh. */
export function featureScript(spec: ContainerSpec, feature: FeatureSpec, facts: GuestFacts): GuestScript {
  const { name, script } = feature;
  return {
    ctid: spec.ctid,
    tag: facts.tag,
    step: `feature-${name}`,
    name: `feature_${name}.sh`,
    ...(script === undefined ? { script: builtIn(name) } : readScript(script)),
    seconds: timeLimit,
    ...(script === undefined
      ? { environment: builtInVariables(name, spec, facts), tells: true, reasons }
      : { environment: variables(spec, facts), config: ownConfig(spec) }),
  };
}

/** What a built-in feature reads, and nothing else: a container's new name installs nothing again. */
function builtInVariables(name: string, spec: ContainerSpec, facts: GuestFacts): Record<string, string> {
  if (name === "nvidia") return driverVariables(facts);
  return name === "docker" ? { PHOENIX_GPU: gpuFlag(spec) } : {};
}

function driverVariables({ nvidia }: GuestFacts): Record<string, string> {
  return {
    PHOENIX_DRIVER_VERSION: nvidia?.version ?? "",
    PHOENIX_CUDA_VERSION: nvidia?.cudaVersion ?? "",
    PHOENIX_CUDA_REPOSITORIES: nvidia?.cudaRepositories ?? "",
  };
}

/** The application's own script: it runs again when its text or the container's entry changes. */
export function applicationScript(spec: ContainerSpec, path: string, facts: GuestFacts): GuestScript {
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

/** A short name for everything that was installed in the guest. */
export function digestOf(installed: (GuestScript | string)[]): string {
  return createHash("sha256").update(JSON.stringify(installed)).digest("hex").slice(0, 16);
}
