/** Keys that the files may have but that have no effect: each is a warning. */
import { hasOwnProfile } from "../apparmor";
import { valueAt } from "../check";
import { formatPath, type Path } from "../findings";
import type { Rule } from "./context";

/** A key (`*` stands for each name of a map), and what the user should know in its place. */
type Row = [key: string, remedy: string];

const scripts = "a container's own scripts do that; remove it, or keep it as a note";

/** Keys of the host's file. A key that gets an effect is removed from this list. */
export const hostKeys: readonly Row[] = [
  ["core_paths", "these are places of the original's installation; remove it, or keep it as a note"],
  ["network.external_registry_url", scripts],
  ["network.portainer_server_ip", scripts],
  ["proxmox_defaults.zfs_lxc_pool", "each container names its storage_pool; remove it"],
  ["proxmox_defaults.lxc.cores", "each container says its cores; remove it"],
  ["proxmox_defaults.lxc.memory_mb", "each container says its memory_mb; remove it"],
  ["proxmox_defaults.lxc.network_config", "each container says its network_config; remove it"],
  ["nvidia_driver.install_vllm_libs", "an application's script installs what it needs; remove it"],
  ["behavior.debug_mode", "every step's whole output is in its log on the node; remove it"],
  [
    "shared_volumes.*.file_mode",
    "no file is made or changed in a shared folder; set the mode where files are written, or remove it",
  ],
];

/** Every key without an effect that is there. A switch that is off has none to miss. */
export const noEffect: Rule = (context) => {
  const { hypervisor, hypervisorReport: report } = context;
  for (const [key, remedy] of hostKeys) {
    for (const path of placesOf(hypervisor, key.split("."))) {
      const value = valueAt(hypervisor, path);
      const isWrong = report.mistakes.some((mistake) => mistake.path === formatPath(path));
      if (value !== undefined && value !== false && !isWrong)
        report.warning(path, "has no effect", remedy, value);
    }
  }
  ofGuestsDriver(context);
  ofNesting(context);
};

/** Proxmox VE's own profile goes with the feature `nesting`, so there is nothing that another one could manage. */
function ofNesting({ containers, hypervisor, lxcReport: report }: Parameters<Rule>[0]): void {
  for (const { id, entry } of containers) {
    if (entry.apparmor_manages_nesting !== true || hasOwnProfile(entry, hypervisor)) continue;
    report.warning(
      ["lxc_configs", id, "apparmor_manages_nesting"],
      "has no effect without a profile of the container's own",
      "set apparmor_profile, or remove it",
      true,
    );
  }
}

/** The driver of the containers' file is only compared with the host's, which is what everybody gets. */
function ofGuestsDriver({ hypervisor, lxc, lxcReport: report }: Parameters<Rule>[0]): void {
  const host = hypervisor?.nvidia_driver;
  const { nvidia_driver_version: version, nvidia_runfile_url: url } = lxc ?? {};
  if (version !== undefined && hypervisor && host === undefined)
    report.warning(
      ["nvidia_driver_version"],
      "has no effect: the host gets no driver, and guests get the host's",
      "add nvidia_driver to the host's file, or remove it",
      version,
    );
  if (url !== undefined && hypervisor && url !== host?.runfile_url)
    report.warning(
      ["nvidia_runfile_url"],
      "has no effect: what is fetched is nvidia_driver.runfile_url of the host's file",
      "write it there, or remove it",
      url,
    );
}

function placesOf(document: unknown, [step, ...rest]: readonly string[]): Path[] {
  if (step === undefined) return [[]];
  const value = valueAt(document, []) as object | undefined;
  const names = step === "*" ? Object.keys(value ?? {}) : [step];
  return names.flatMap((name) => placesOf(valueAt(document, [name]), rest).map((path) => [name, ...path]));
}
