/** A resource as `pulumi stack export` prints it; the fields used here. */
interface StateResource {
  urn: string;
  type: string;
  /** `stdin` is a text unless it is a secret. */
  inputs?: { delete?: unknown; stdin?: unknown };
  outputs?: { containers?: Record<string, { name?: string }> };
}

/** The one resource of a guest that is the guest itself: components/ names it so. */
const GUEST = /^(ct|vm)-(\d+)-define$/;

const nameOf = (urn: string) => urn.split("::").at(-1) ?? "";

function resourcesOf(exported: string): StateResource[] {
  const { deployment } = JSON.parse(exported) as { deployment?: { resources?: StateResource[] | null } };
  return deployment?.resources ?? [];
}

/**
 * The guests that a stack's exported state holds, by CTID, such as `CT 910 gateway`. Names come from the
 * outputs of the last complete `up`; a guest that it did not know goes without.
 */
export function guestsInState(exported: string): string[] {
  const resources = resourcesOf(exported);
  const containers = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs?.containers ?? {};
  return resources
    .flatMap(({ urn }) => {
      const [, kind = "", id = ""] = GUEST.exec(nameOf(urn)) ?? [];
      return id ? [{ kind: kind.toUpperCase(), id: Number(id) }] : [];
    })
    .sort((one, other) => one.id - other.id)
    .map(({ kind, id }) => [kind, id, containers[id]?.name].filter(Boolean).join(" "));
}

/** A step's settings; none of these steps has a secret among them. */
function settingsOf({ inputs }: StateResource): { name?: string; mounts?: MountSettings[] } {
  return typeof inputs?.stdin === "string" ? (JSON.parse(inputs.stdin) as { name?: string }) : {};
}

interface MountSettings {
  name?: string;
  destroyOnTeardown?: boolean;
}

/**
 * What goes with its data when the stack is destroyed, because its entry says `destroy_on_teardown`: such as
 * `dataset tank/scratch` and `volume web_data of CT 912`.
 */
export function dataLostByDestroy(exported: string): string[] {
  return resourcesOf(exported).flatMap((resource) => {
    const name = nameOf(resource.urn);
    const [, kind] = /^host-zfs-(pool|dataset)-/.exec(name) ?? [];
    // Only with destroy_on_teardown do these two have a delete step.
    if (kind) return resource.inputs?.delete ? [`${kind} ${settingsOf(resource).name ?? name}`] : [];
    const [, ctid] = /^ct-(\d+)-mounts$/.exec(name) ?? [];
    if (!ctid) return [];
    const volumes = (settingsOf(resource).mounts ?? []).filter((mount) => mount.destroyOnTeardown);
    return volumes.map((volume) => `volume ${volume.name} of CT ${ctid}`);
  });
}
