/** Keys about a container's application: read by its script, tests and stages. */
import type { Draft } from "../check";
import type { ContainerConfig } from "../lxc-schema";
import { hasFeature } from "../has-feature";
import type { Rule } from "./context";

const kinds: { what: string; key: (entry: Draft<ContainerConfig>) => string | undefined }[] = [
  {
    what: "ports",
    key: ({ ports, portainer_role: role }) => (ports?.length && role !== "server" ? "ports" : undefined),
  },
  { what: "vllm_…", key: (entry) => Object.keys(entry).find((key) => key.startsWith("vllm_")) },
];

/** Portainer without Docker, and a part that it does not have. */
export const portainer: Rule = ({ containers, lxc, lxcReport: report }) => {
  for (const { id, entry } of containers) {
    const { portainer_role: role } = entry;
    const path = ["lxc_configs", id, "portainer_role"];
    if ((role === "server" || role === "agent") && !hasFeature(id, "docker", lxc?.lxc_configs ?? {}))
      report.warning(
        path,
        "has no effect: neither this container nor one it is cloned from has the feature docker",
        "add docker to its features, or set it to none",
        role,
      );
    if (role === "infrastructure")
      report.warning(
        path,
        "is only handed on to the container's own scripts",
        "keep it for those scripts, or set it to none",
        role,
      );
  }
};

/** Tests that do not run, and snapshots that cannot be taken. */
export const stages: Rule = ({ containers, hypervisor, lxcReport: report }) => {
  for (const { id, entry } of containers) {
    const at = ["lxc_configs", id];
    if (entry.integration_tests && entry.run_integration_tests !== true)
      report.warning(
        [...at, "integration_tests"],
        "does not run",
        "set run_integration_tests to true, or remove it",
      );
    if (entry.run_integration_tests === true && !entry.integration_tests)
      report.warning(
        [...at, "run_integration_tests"],
        "has no effect without integration_tests",
        "name the script there, or remove it",
        true,
      );
    if (entry.enable_lifecycle_snapshots !== true) continue;
    const key = [...at, "enable_lifecycle_snapshots"];
    const isMounted = Object.values(hypervisor?.shared_volumes ?? {}).some(
      (volume) => volume?.mounts !== undefined && id in volume.mounts,
    );
    if (isMounted)
      report.warning(
        key,
        "has no effect: Proxmox VE takes no snapshot of a container with folders of the host",
        "take its shared volumes out, or remove it",
        true,
      );
    else if (
      entry.template_snapshot_name === "pre-configured" ||
      entry.template_snapshot_name === "final-form"
    )
      report.warning(
        key,
        `takes no snapshot ${entry.template_snapshot_name}: that is the one that clones start from`,
        "give template_snapshot_name another name, or leave it so",
        true,
      );
  }
};

/** What an application's script reads, where there is none: one warning for each kind, with the CTIDs of the others. */
export const applicationKeys: Rule = ({ containers, lxcReport: report }) => {
  for (const { what, key } of kinds) {
    const uses = containers.flatMap(({ id, entry }) => {
      const found = entry.application_script === undefined ? key(entry) : undefined;
      return found === undefined ? [] : [{ id, found }];
    });
    const [first, ...others] = uses;
    if (!first) continue;
    const also = others.length === 0 ? "" : ` (also in ${others.map(({ id }) => id).join(", ")})`;
    report.warning(
      ["lxc_configs", first.id, first.found],
      `${what} has no effect without an application_script, which reads it${also}`,
      "name the script, or remove it",
    );
  }
};
