/** Keys that only a container's own scripts read: one warning for each kind, so that nobody expects more of them. */
import type { Draft } from "../check";
import type { ContainerConfig } from "../lxc-schema";
import type { Rule } from "./context";

const kinds: { what: string; key: (entry: Draft<ContainerConfig>) => string | undefined }[] = [
  { what: "ports", key: (entry) => (entry.ports?.length ? "ports" : undefined) },
  {
    what: "portainer_role",
    key: ({ portainer_role: role }) => (role !== undefined && role !== "none" ? "portainer_role" : undefined),
  },
  { what: "vllm_…", key: (entry) => Object.keys(entry).find((key) => key.startsWith("vllm_")) },
];

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

/** One warning for each kind of key, at its first place, with the CTIDs of the others. */
export const applicationKeys: Rule = ({ containers, lxcReport: report }) => {
  for (const { what, key } of kinds) {
    const uses = containers.flatMap(({ id, entry }) => {
      const found = key(entry);
      return found === undefined ? [] : [{ id, found }];
    });
    const [first, ...others] = uses;
    if (!first) continue;
    const also = others.length === 0 ? "" : ` (also in ${others.map(({ id }) => id).join(", ")})`;
    report.warning(
      ["lxc_configs", first.id, first.found],
      `${what} is only handed on to the container's own scripts; the host does nothing with it${also}`,
      "keep it for those scripts, or remove it",
    );
  }
};
