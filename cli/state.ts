import type { Settings as Container } from "../components/container/configure/step";
import type { Settings as Mounts } from "../components/container/mounts/step";
import type { Settings as Dataset } from "../components/hypervisor/zfs/dataset/step";
import type { Settings as Pool } from "../components/hypervisor/zfs/pool/step";
import type { Settings as Machine } from "../components/vm/configure/step";

/** A resource as `pulumi stack export` prints it; the fields used here. */
interface StateResource {
  urn: string;
  type: string;
  parent?: string;
  protect?: boolean;
  dependencies?: string[] | null;
  /** `stdin` is a text unless it is a secret. */
  inputs?: { create?: unknown; delete?: unknown; stdin?: unknown };
  outputs?: { containers?: Record<string, { name?: string }>; vmId?: number; name?: string };
}

/** A guest that a stack's state holds. */
export interface StateGuest {
  kind: "CT" | "VM";
  /** CTID or VMID. */
  id: number;
  /** As it was converged last; absent for one that was never configured. */
  name?: string;
  /** Its component, and with `-` behind it the beginning of all its steps: `ct-910`, `vm-9000`, `vm-web`. */
  resource: string;
  /** The guest itself among its resources. */
  urn: string;
  /** It is left as it was adopted: no step of its own has run. */
  leftAsAdopted: boolean;
  /** Its entry said `protect` when it was converged last. */
  protected: boolean;
  /** A machine that was made a template: it does not run any more. */
  template: boolean;
}

/** The resource of a guest that is the guest itself has this name. */
const GUEST = /^((ct|vm)-(.+))-define$/;

const nameOf = (urn: string) => urn.split("::").at(-1) ?? "";

/** `CT 910 gateway`. */
export const guestTitle = ({ kind, id, name }: { kind: "CT" | "VM"; id?: number; name?: string }) =>
  [kind, id, name].filter(Boolean).join(" ");

function resourcesOf(exported: string): StateResource[] {
  const { deployment } = JSON.parse(exported) as { deployment?: { resources?: StateResource[] | null } };
  return deployment?.resources ?? [];
}

/** The guests that a stack's exported state holds, by id. */
export function guestsInState(exported: string): StateGuest[] {
  const resources = resourcesOf(exported);
  const containers = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs?.containers ?? {};
  const byName = new Map(resources.map((resource) => [nameOf(resource.urn), resource]));
  return resources
    .flatMap(({ urn, outputs }): StateGuest[] => {
      const [, resource, kind, rest = ""] = GUEST.exec(nameOf(urn)) ?? [];
      if (resource === undefined) return [];
      const configure = byName.get(`${resource}-configure`);
      const { protect, values } = configure ? settingsOf(configure) : {};
      // A machine is called by its VMID only where its entry gives one.
      const id = /^\d+$/.test(rest) ? Number(rest) : (outputs?.vmId ?? 0);
      const name = kind === "vm" ? outputs?.name : (containers[id]?.name ?? values?.hostname);
      return [
        {
          ...{ kind: kind === "vm" ? "VM" : "CT", id, ...(name !== undefined && { name }) },
          ...{ resource, urn, protected: protect === true, leftAsAdopted: configure === undefined },
          template: byName.has(`${resource}-template`),
        },
      ];
    })
    .sort((one, other) => one.id - other.id);
}

/** URNs of a guest: its component and all its steps. `vm-web-2-define` is not of `vm-web`. */
export function urnsOf(exported: string, guest: StateGuest): string[] {
  const guests = guestsInState(exported).map(({ resource }) => resource);
  const ownerOf = (name: string) =>
    guests
      .filter((resource) => name === resource || name.startsWith(`${resource}-`))
      .sort((one, other) => other.length - one.length)[0];
  return resourcesOf(exported)
    .map(({ urn }) => urn)
    .filter((urn) => ownerOf(nameOf(urn)) === guest.resource);
}

export function hasUrn(exported: string, urn: string): boolean {
  return resourcesOf(exported).some((resource) => resource.urn === urn);
}

/** Whether Pulumi would refuse to delete anything of the state. */
export function hasProtected(exported: string): boolean {
  return resourcesOf(exported).some(({ protect }) => protect === true);
}

/** URNs of a guest's protected resources: the guest itself, and its guards, which depend on all its steps. */
export function protectedUrns(exported: string, guest: StateGuest): string[] {
  const names = ["define", "made-guard", "guard"].map((step) => `${guest.resource}-${step}`);
  return urnsOf(exported, guest).filter((urn) => names.includes(nameOf(urn)));
}

/**
 * The guests of a state that have a step which waits for one of this guest. The plan cannot say that: what is removed may
 * have no entry any more, and a dependency that was removed from an entry still counts until an `up` has recorded that.
 */
export function dependantsOf(exported: string, guest: StateGuest): StateGuest[] {
  const own = new Set(urnsOf(exported, guest));
  const waiting = new Set(
    resourcesOf(exported)
      .filter(
        ({ urn, dependencies }) => !own.has(urn) && (dependencies ?? []).some((needed) => own.has(needed)),
      )
      .map(({ urn }) => urn),
  );
  return guestsInState(exported).filter((other) => urnsOf(exported, other).some((urn) => waiting.has(urn)));
}

/** The script of a guest's step and its standard input; undefined when the state has no such step. */
export function guestStep(exported: string, guest: StateGuest, step: string) {
  const found = resourcesOf(exported).find(({ urn }) => nameOf(urn) === `${guest.resource}-${step}`);
  const { create, stdin } = found?.inputs ?? {};
  return typeof create === "string" && typeof stdin === "string" ? { script: create, stdin } : undefined;
}

/** A step's settings; none of these steps has a secret among them. */
function settingsOf({ inputs }: StateResource): StepSettings {
  return typeof inputs?.stdin === "string" ? (JSON.parse(inputs.stdin) as StepSettings) : {};
}

/** The settings that are read here: of a guest's configuration, a container's mounts, a pool or dataset. */
type StepSettings = Partial<
  Pick<Machine | Container, "protect"> &
    Pick<Container, "values"> &
    Pick<Mounts, "mounts"> &
    Pick<Pool | Dataset, "name">
>;

/**
 * What is deleted with its data when the stack is destroyed, because its entry says `destroy_on_teardown`: such as
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
    return (settingsOf(resource).mounts ?? []).flatMap((mount) =>
      "name" in mount && mount.destroyOnTeardown ? [`volume ${mount.name} of CT ${ctid}`] : [],
    );
  });
}
