/** From two files without mistakes to the model; what differs only in order or spacing comes out the same. */
import { backupJobs } from "./backups";
import type { ContainerSpec } from "./container-spec";
import { containerSpecs, type Files } from "./containers";
import type { EnvironmentScripts } from "./environment";
import { type GraphNode, orderGraph } from "./graph";
import { refOf } from "./guests";
import { hostSpec } from "./host";
import type { Estate } from "./model";
import { folderSpecs } from "./mounts";
import { nvidiaSpec } from "./nvidia";
import { sortBy } from "./sort-by";
import { storageSpecs } from "./storage";
import { type VmSpec, vmSpecs } from "./vms";

/** The model of two parsed files; they must have passed every rule. */
export function normalise(
  files: Files,
  environment: EnvironmentScripts,
  { warnings, documents }: Pick<Estate, "warnings" | "documents">,
): Estate {
  const { hypervisor, lxc } = files;
  const isContainer = (id: string) => Object.hasOwn(lxc.lxc_configs, id);
  const all = [...containerSpecs(files, environment), ...vmSpecs(hypervisor, isContainer, environment)];
  const { order } = orderGraph(all.map((spec) => ({ ...graphFields(spec), spec })));
  const containers = order.flatMap(({ spec }) => ("ctid" in spec ? [spec] : []));
  const templates = containers.flatMap(({ template }) => (template ? [template] : []));
  return {
    host: hostSpec(hypervisor),
    ...storageSpecs(hypervisor),
    ...(hypervisor.zfs.arc_max_gb !== undefined && { arcMaxGb: hypervisor.zfs.arc_max_gb }),
    backups: backupJobs(hypervisor, lxc),
    templates: sortBy([...new Map(templates.map((one) => [one.volid, one])).values()], ({ volid }) => volid),
    ...(hypervisor.nvidia_driver && { nvidia: nvidiaSpec(hypervisor.nvidia_driver, lxc) }),
    folders: folderSpecs(hypervisor),
    containers,
    vms: order.flatMap(({ spec }) => ("ctid" in spec ? [] : [spec])),
    guests: order.map(({ ctid }) => ctid),
    warnings,
    documents,
  };
}

/** A guest as the order sees it. */
export function graphFields(spec: ContainerSpec | VmSpec): GraphNode {
  const { name, bootOrder, dependencies, cloneFrom } = spec;
  const machines = "ctid" in spec ? (spec.vmDependencies ?? []) : [];
  return {
    ctid: refOf(spec),
    name,
    ...(bootOrder !== undefined && { bootOrder }),
    dependencies: [...dependencies, ...machines],
    ...(cloneFrom && { cloneFrom: "ctid" in cloneFrom ? cloneFrom.ctid : cloneFrom.name }),
  };
}
