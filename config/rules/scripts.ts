/** Scripts that the guests name: present in the environment's folders and runnable, or skipped with a warning. */
import { join } from "node:path";
import { nearest } from "../check";
import { builtInFeatures, featureFile, hookName, type ScriptFolder } from "../environment";
import type { Report } from "../findings";
import { isExecutable, type ScriptFault, scriptFault, scriptLimit } from "../script-file";
import { type Context, readable, type Rule } from "./context";

interface Use {
  /** As the warning about scripts that are left out names it. */
  guest: string;
  report: Report;
  path: (string | number)[];
  /** What the file says. */
  value: string;
  /** File name of its script. */
  file: string;
}

/** Application scripts and the features that are not built in. */
export const scripts: Rule = (context) => {
  const { containers, environment, lxcReport, hypervisorReport, hypervisor, lxc } = context;
  // The folders lie beside the container file.
  const machines = lxc ? readable(hypervisor?.vms) : [];
  const guests = [
    ...containers.map(({ id, entry }) => ({
      of: { guest: id, report: lxcReport },
      path: ["lxc_configs", id],
      features: entry.features,
    })),
    ...machines.map(({ item, index }) => ({
      of: { guest: item.name ?? String(index), report: hypervisorReport },
      path: ["vms", index],
      features: item.features,
    })),
  ];
  const applications = containers.flatMap(({ id, entry }): Use[] => {
    const name = entry.application_script;
    const path = ["lxc_configs", id, "application_script"];
    return name === undefined ? [] : [{ guest: id, report: lxcReport, path, value: name, file: name }];
  });
  const inMachines = machines.flatMap(({ item: vm, index }) =>
    readable(vm.post_create_scripts).map(({ item, index: place }): Use => {
      const path = ["vms", index, "post_create_scripts", place];
      return { guest: vm.name ?? String(index), report: hypervisorReport, path, value: item, file: item };
    }),
  );
  const features = guests.flatMap(({ of, path, features }) =>
    readable(features)
      .filter(({ item }) => !builtInFeatures.includes(item))
      .map(({ item, index }): Use => {
        return { ...of, path: [...path, "features", index], value: item, file: featureFile(item) };
      }),
  );
  const { applications: scriptFolder, features: featureFolder } = environment;
  check(applications, scriptFolder, "scripts", "application scripts, and their health checks,");
  check(inMachines, scriptFolder, "scripts", "post_create_scripts, and their health checks,");
  checkHooks(context);
  for (const report of [lxcReport, hypervisorReport]) {
    const own = features.filter((use) => use.report === report);
    check(own, featureFolder, "features", "features that are not built in");
  }
};

function tellFault({ report, path, value }: Use, file: string, fault: ScriptFault | undefined): void {
  if (fault === undefined) return;
  report.mistake(path, `leads to ${file}, which ${fault.message}`, fault.remedy.replace("FILE", file), value);
}

/** Hooks that will be run: those that are executable. */
function checkHooks({ containers, environment, lxcReport: report }: Context): void {
  const { hooks } = environment;
  if (hooks === undefined) return;
  for (const { id } of containers) {
    const file = `${hookName(id)}.sh`;
    const path = join(hooks.path, file);
    if (!hooks.files.has(file) || !isExecutable(path)) continue;
    const fault = scriptFault(path, scriptLimit.host);
    if (fault)
      report.mistake(
        ["lxc_configs", id],
        `has the hook hooks/${file}, which ${fault.message}`,
        fault.remedy.replace("FILE", `hooks/${file}`),
      );
  }
}

/**
 * A folder that is there must hold every script. Without the folder there are only the two files, and what
 * they name is left out: one warning for all of it.
 */
function check(uses: Use[], folder: ScriptFolder | undefined, name: string, what: string): void {
  const leftOut: Use[] = [];
  for (const use of uses) {
    const { report, path, value, file } = use;
    const meant = name === "features" ? nearest(value, builtInFeatures) : undefined;
    if (folder?.files.has(file)) {
      const limit = path[0] === "vms" ? scriptLimit.machine : scriptLimit.container;
      tellFault(use, `${name}/${file}`, scriptFault(join(folder.path, file), limit));
      continue;
    }
    if (meant !== undefined) {
      report.mistake(path, "is the name of no feature", `did you mean ${meant}?`, value);
    } else if (folder) {
      const remedy = "put the script there, or remove the entry";
      const beside = path[0] === "vms" ? "the container file" : "this file";
      report.mistake(path, `has no script ${name}/${file} beside ${beside}`, remedy, value);
    } else {
      leftOut.push(use);
    }
  }
  const [first] = leftOut;
  if (first === undefined) return;
  const guests = [...new Set(leftOut.map(({ guest }) => guest))].join(", ");
  const [beside, who] = first.path[0] === "vms" ? ["the container file", "VM"] : ["this file", "CT"];
  first.report.warning(
    first.path,
    `there is no folder ${name} beside ${beside}, so ${what} are left out (${who} ${guests})`,
    `make the folder ${name} with ${[...new Set(leftOut.map(({ file }) => file))].join(", ")} in it`,
    first.value,
  );
}
