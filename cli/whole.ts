/** Which of a guest's steps an `up` runs at least, by the names that components/ give them. */
import type { ContainerSpec, VmSpec } from "../config/model";

const when = (wanted: unknown, ...steps: string[]) => (wanted ? steps : []);

function requiredSteps(spec: ContainerSpec | VmSpec): string[] {
  if ("ctid" in spec) {
    return [
      ...["configure", "start"],
      ...when(spec.applicationScript, "application"),
      ...when(spec.usesDriver || spec.healthCheck, "health"),
      ...when(spec.templateSnapshot, "snapshot"),
      ...when(spec.state, "power"),
    ];
  }
  return [
    ...["configure", "start"],
    ...when(spec.agent, "agent"),
    ...when(spec.healthCheck, "health"),
    ...spec.snapshots.map((name) => `snapshot-${name}`),
    ...when(spec.isTemplate, "template"),
  ];
}

/** Whether all that is known to be a guest's steps came to their end. */
export function isWhole(spec: ContainerSpec | VmSpec, ended: readonly string[]): boolean {
  const features = ended.filter((step) => step.startsWith("feature-")).length;
  const scripts = ended.filter((step) => step.startsWith("script-")).length;
  return (
    requiredSteps(spec).every((step) => ended.includes(step)) &&
    features >= spec.features.length &&
    ("ctid" in spec || scripts >= spec.scripts.length)
  );
}
