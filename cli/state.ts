/** A resource as `pulumi stack export` prints it; the fields used here. */
interface StateResource {
  urn: string;
  type: string;
  outputs?: { containers?: Record<string, { name?: string }> };
}

/** The one resource of a guest that is the guest itself: components/ names it so. */
const GUEST = /^(ct|vm)-(\d+)-define$/;

const nameOf = (urn: string) => urn.split("::").at(-1) ?? "";

/**
 * The guests that a stack's exported state holds, by CTID, such as `CT 910 gateway`. Names come from the
 * outputs of the last complete `up`; a guest that it did not know goes without.
 */
export function guestsInState(exported: string): string[] {
  const { deployment } = JSON.parse(exported) as { deployment?: { resources?: StateResource[] | null } };
  const resources = deployment?.resources ?? [];
  const containers = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs?.containers ?? {};
  return resources
    .flatMap(({ urn }) => {
      const [, kind = "", id = ""] = GUEST.exec(nameOf(urn)) ?? [];
      return id ? [{ kind: kind.toUpperCase(), id: Number(id) }] : [];
    })
    .sort((one, other) => one.id - other.id)
    .map(({ kind, id }) => [kind, id, containers[id]?.name].filter(Boolean).join(" "));
}
