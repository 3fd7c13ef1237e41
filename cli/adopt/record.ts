/** Values that the provider cannot read from an imported guest, but expects in every run. */

interface StateResource {
  urn: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

type Values = Record<string, unknown>;

/** A container's template is recorded nowhere; the entry's is used. */
export function containerValues(template: string): (values: Values) => Values {
  return (values) => ({
    ...values,
    operatingSystem: { ...(values.operatingSystem as Values), templateFileId: template },
  });
}

/** Keys that a machine's configuration leaves out have Proxmox VE's own defaults (qm.conf(5)). */
export function machineValues(values: Values): Values {
  const system = values.operatingSystem as Values | undefined;
  return {
    ...values,
    ...(system && { operatingSystem: { ...system, type: system.type || "other" } }),
    scsiHardware: values.scsiHardware || "lsi",
  };
}

/**
 * An exported state with these values completed, by the name of the guest's resource.
 * @returns the names that the state has not
 */
export function complete(
  exported: string,
  byName: ReadonlyMap<string, (values: Values) => Values>,
): { state: string; missing: string[] } {
  const state = JSON.parse(exported) as { deployment: { resources: StateResource[] } };
  const found = new Set<string>();
  for (const resource of state.deployment.resources) {
    const name = resource.urn.split("::").at(-1) ?? "";
    const change = byName.get(name);
    if (!change || !resource.inputs) continue;
    found.add(name);
    resource.inputs = change(resource.inputs);
    resource.outputs = change(resource.outputs ?? {});
  }
  return { state: JSON.stringify(state), missing: [...byName.keys()].filter((name) => !found.has(name)) };
}
