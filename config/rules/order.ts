/** References between guests: to existing ones, and without cycles. */
import { type GraphNode, type GuestRef, orderGraph } from "../graph";
import type { Path, Report } from "../findings";
import { firstBy } from "../first-by";
import { vmNamed } from "../vm-entries";
import { type Context, readable, type Rule } from "./context";

type Guests = Pick<Context, "containers" | "hypervisor">;

/** The machines that could be read, with their places; one without a name is no second mistake. */
function machines({ hypervisor }: Pick<Context, "hypervisor">) {
  return readable(hypervisor?.vms).flatMap(({ item, index }) =>
    item.name === undefined ? [] : [{ ...item, name: item.name, index }],
  );
}

/** What the texts of `dependencies` mean: a CTID takes precedence over a machine's VMID. */
function references(guests: Guests): (text: string) => GuestRef {
  const ids = new Set(guests.containers.map(({ id }) => id));
  const named = vmNamed(machines(guests));
  return (text) => {
    if (ids.has(text)) return Number(text);
    return named(text)?.name ?? (/^[0-9]+$/.test(text) ? Number(text) : text);
  };
}

/** The guests as the order graph takes them; references that could not be read are left out. */
export function graphNodes(guests: Guests): GraphNode[] {
  const refOf = references(guests);
  const refs = (list: readonly (string | undefined)[] | undefined) =>
    readable(list).map(({ item }) => refOf(item));
  return [
    ...guests.containers.map(({ ctid, entry }) => ({
      ctid,
      name: entry.name ?? "",
      dependencies: refs(entry.dependencies),
      ...(entry.boot_order !== undefined && { bootOrder: entry.boot_order }),
      ...(entry.clone_from_ctid !== undefined && { cloneFrom: Number(entry.clone_from_ctid) }),
    })),
    ...machines(guests).map((vm) => ({
      ctid: vm.name,
      name: vm.name,
      dependencies: refs(vm.dependencies),
      ...(vm.boot_order !== undefined && { bootOrder: vm.boot_order }),
      ...(vm.clone_from !== undefined && { cloneFrom: vm.clone_from }),
    })),
  ];
}

/** Unknown guests at their place; each cycle once, at the reference that opens it. */
export const order: Rule = (context) => {
  const { unknown, cycles } = orderGraph(graphNodes(context));
  const placeOf = places(context);
  for (const { user, needs, through } of unknown) {
    // What stands in a file that could not be read is no second mistake.
    if (typeof user === "string" && through === "dependency" && !context.lxc) continue;
    if (typeof user === "number" && typeof needs === "string" && !context.hypervisor) continue;
    const verb = through === "clone" ? "is cloned from" : "depends on";
    // An id may be of another version of the files; a name can only be misspelt.
    const isLeftOut = through === "dependency" && typeof needs === "number";
    const { report, path } = placeOf(user, needs);
    const [who, none, remedy] =
      typeof user === "string"
        ? [
            `virtual machine ${user}`,
            "no guest has that name or id",
            "name a guest of these files, or remove it",
          ]
        : typeof needs === "string"
          ? [
              `container ${user}`,
              "no virtual machine has that name",
              "name a guest of these files, or remove it",
            ]
          : [`container ${user}`, "no container has that CTID", "name a CTID of this file, or remove it"];
    const message = `${who} ${verb} ${needs}, and ${none}`;
    if (isLeftOut) report.warning(path, `${message}: it waits for nothing`, remedy, String(needs));
    else report.mistake(path, message, remedy, String(needs));
  }
  for (const cycle of cycles) {
    const [first = 0, second = 0] = cycle;
    const { report, path } = placeOf(first, second);
    const mixed = cycle.some((ref) => typeof ref === "string");
    report.mistake(
      path,
      `${mixed ? "guests" : "containers"} need one another in a circle: ${cycle.join(" → ")}`,
      `remove one of these dependencies or ${mixed ? "clone sources" : "clone_from_ctid"}`,
    );
  }
};

/** Where the one guest names the other. */
function places(context: Context): (user: GuestRef, needs: GuestRef) => { report: Report; path: Path } {
  const { lxcReport, hypervisorReport } = context;
  const refOf = references(context);
  const vms = firstBy(machines(context), ({ name }) => name);
  const containers = firstBy(context.containers, ({ ctid }) => ctid);
  const at = (list: readonly (string | undefined)[] | undefined, needs: GuestRef) =>
    (list ?? []).findIndex((text) => text !== undefined && refOf(text) === needs);
  return (user, needs) => {
    if (typeof user === "string") {
      const vm = vms.get(user);
      const path = ["vms", vm?.index ?? 0];
      if (vm?.clone_from === needs) return { report: hypervisorReport, path: [...path, "clone_from"] };
      return { report: hypervisorReport, path: [...path, "dependencies", at(vm?.dependencies, needs)] };
    }
    const container = containers.get(user);
    const path = ["lxc_configs", container?.id ?? String(user)];
    const source = container?.entry.clone_from_ctid;
    if (source !== undefined && Number(source) === needs)
      return { report: lxcReport, path: [...path, "clone_from_ctid"] };
    return { report: lxcReport, path: [...path, "dependencies", at(container?.entry.dependencies, needs)] };
  };
}
