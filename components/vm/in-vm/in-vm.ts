import type { FeatureSpec, VmSpec } from "../../../config/model";
import { builtIn, ownScript as carried, reasonsFor, timeLimit, variables } from "../../guest/inside";
import type { VmScript } from "./step";

/** One feature: built in, or the environment's feature_<name>.sh. Built-in ones read nothing of the entry. */
export function featureScript(spec: VmSpec, { name, script }: FeatureSpec, stack: string): VmScript {
  const shared = { step: `feature-${name}`, file: `feature_${name}.sh`, seconds: timeLimit };
  if (script === undefined) {
    return {
      ...shared,
      script: builtIn(name),
      environment: { PHOENIX_GPU: "0" },
      reports: true,
      reasons: reasonsFor("machine"),
    };
  }
  return { ...shared, ...carried(script), environment: variables(spec, stack), config: ownConfig(spec) };
}

/** A script of post_create_scripts: it runs again when its text or the machine's entry changes. */
export function ownScript(
  spec: VmSpec,
  { name, path }: { name: string; path: string },
  stack: string,
): VmScript {
  return {
    step: `script-${name.replace(/\.sh$/, "")}`,
    file: name,
    ...carried(path),
    seconds: timeLimit,
    environment: variables(spec, stack),
    config: ownConfig(spec),
  };
}

/** NFS exports, mounted in the machine and in its /etc/fstab. */
export function nfsScript({ nfsVolumes }: VmSpec): VmScript {
  const lines = nfsVolumes.map(({ source, target, options }) => `${source} ${target} ${options}\n`);
  return {
    step: "nfs",
    file: "nfs.sh",
    script: builtIn("nfs"),
    seconds: 900,
    environment: { PHOENIX_NFS: lines.join("") },
    reports: true,
    reasons: reasonsFor("machine"),
  };
}

/** The machine's file as a script sees it: only its own entry. */
function ownConfig({ scriptConfig }: VmSpec): Record<string, unknown> {
  return { vms: [scriptConfig] };
}
