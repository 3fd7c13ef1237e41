/** A resource as `pulumi stack export` prints it; the fields used here. */
interface StateResource {
  urn: string;
  type: string;
}

/** Component types that stand for a guest. */
const GUEST = /^phoenix:.*:(Container|Vm)$/;

/** Names of the guests in a stack's exported state, sorted by name. */
export function guestsInState(exported: string): string[] {
  const { deployment } = JSON.parse(exported) as { deployment?: { resources?: StateResource[] } };
  return (deployment?.resources ?? [])
    .filter(({ type }) => GUEST.test(type))
    .map(({ urn }) => urn.split("::").at(-1) as string)
    .sort((one, other) => one.localeCompare(other, "en", { numeric: true }));
}
