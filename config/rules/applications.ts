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
  {
    what: "integration_tests",
    key: (entry) => ["integration_tests", "run_integration_tests"].find((key) => key in entry),
  },
];

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
